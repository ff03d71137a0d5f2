import { basename, extname } from 'node:path';
import { DevnetError } from '../shared/errors.ts';
import { displayName, readTextFile } from '../shared/files/text-file.ts';
import { quote, toValidName } from './document/diagnostic-text.ts';
import { parseTopology, type Topology } from './index.ts';
import { DevnetNameSchema } from './schema/index.ts';

/**
 * Loads a topology file, or standard input where `file` is `-`. A topology without a name is named after its file.
 *
 * @param name replaces the name of the topology
 * @throws `DevnetError` `file_unreadable`, `usage` for an invalid name, or a `TopologyError` with every mistake in the file
 */
export async function loadTopology(file: string, name?: string): Promise<Topology> {
  if (name !== undefined && !DevnetNameSchema.safeParse(name).success) {
    const valid = toValidName(name);
    throw new DevnetError('usage', `expected ${DevnetNameSchema.meta()?.expected} for --name, got ${quote(name)}`, {
      ...(DevnetNameSchema.safeParse(valid).success ? { hint: `did you mean ${quote(valid)}?` } : {}),
    });
  }
  const text = await readTextFile(file, 'topology', 'devnet up devnet/ring.yaml, or any other topology file');
  const topology = parseTopology(text, {
    file: displayName(file),
    name: toValidName(basename(file, extname(file))) || 'devnet',
  });
  return name === undefined ? topology : { ...topology, name };
}
