import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { DevnetError } from '../shared/errors.ts';
import { parseTopology, type Topology, TopologyError } from './index.ts';

/**
 * Reads a topology file; a file without a name is named after itself.
 * @throws DevnetError `file_unreadable`, `topology_invalid` with every mistake of the file in its message
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
    const topology = parseTopology(text, { file, name: nameFromFile(file) });
    return name === undefined ? topology : { ...topology, name };
  } catch (cause) {
    if (!(cause instanceof TopologyError)) throw cause;
    throw new DevnetError('topology_invalid', cause.message, { cause });
  }
}

/** `devnet/Small World.yaml` is called `small-world`. */
function nameFromFile(file: string): string {
  const stem = basename(file).replace(/\.[^.]*$/, '');
  return (
    stem
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-+|-+$/g, '') || 'devnet'
  );
}
