import { basename, extname } from 'node:path';
import { DevnetError } from '../shared/errors.ts';
import { displayName, readTextFile } from '../shared/text-file.ts';
import { toValidName } from './document/diagnostic-text.ts';
import { parseTopology, type Topology, TopologyError } from './index.ts';

/**
 * Loads a topology file, or standard input where `file` is `-`. A topology without a name is named after its file.
 *
 * @param name replaces the name of the topology
 * @throws {@link DevnetError} `file_unreadable`, or `topology_invalid` with every mistake of the file in its message
 */
export async function loadTopology(file: string, name?: string): Promise<Topology> {
  const text = await readTextFile(file, 'topology', 'devnet up devnet/ring.yaml, or any other topology file');
  try {
    const topology = parseTopology(text, {
      file: displayName(file),
      name: toValidName(basename(file, extname(file))) || 'devnet',
    });
    return name === undefined ? topology : { ...topology, name };
  } catch (cause) {
    if (!(cause instanceof TopologyError)) throw cause;
    throw new DevnetError('topology_invalid', cause.message, { cause });
  }
}
