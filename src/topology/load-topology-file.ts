import { readFile } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import { DevnetError } from '../shared/errors.ts';
import { toValidName } from './document/diagnostic-text.ts';
import { parseTopology, type Topology, TopologyError } from './index.ts';

/**
 * Loads a topology file. A topology without a name is named after its file.
 *
 * @param name replaces the name of the topology
 * @throws {@link DevnetError} `file_unreadable`, or `topology_invalid` with every mistake of the file in its message
 */
export async function loadTopology(file: string, name?: string): Promise<Topology> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const what = code === 'ENOENT' ? 'there is no such file' : code === 'EISDIR' ? 'it is a folder' : message;
    throw new DevnetError('file_unreadable', `cannot read the topology ${file}: ${what}`, {
      hint: 'devnet up devnet/ring.yaml, or any other topology file',
      cause,
    });
  }
  try {
    const topology = parseTopology(text, { file, name: toValidName(basename(file, extname(file))) || 'devnet' });
    return name === undefined ? topology : { ...topology, name };
  } catch (cause) {
    if (!(cause instanceof TopologyError)) throw cause;
    throw new DevnetError('topology_invalid', cause.message, { cause });
  }
}
