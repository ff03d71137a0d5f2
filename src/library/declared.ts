import { randomBytes } from 'node:crypto';
import { loadTopology } from '../devnet/load.ts';
import { DevnetError } from '../errors.ts';
import { parseTopologyObject, type Topology, TopologyError } from '../topology/index.ts';
import { MAX_NAME_LENGTH } from '../topology/limits.ts';
import type { TopologyInput } from './topology-input.ts';

/** Of an object that names itself nothing. */
const NAME = 'net';
/** Random bytes at the end of a name: two of a billion devnets at once would hardly share one. */
const UNIQUE = 4;

/**
 * Reads what a topology is declared by: the path of a file, or a file's content as an object.
 * @throws DevnetError `file_unreadable`, `topology_invalid` with every mistake
 */
export async function readDeclared(source: string | TopologyInput): Promise<Topology> {
  if (typeof source === 'string') return loadTopology(source);
  try {
    return parseTopologyObject(source, { name: NAME });
  } catch (cause) {
    if (!(cause instanceof TopologyError)) throw cause;
    throw new DevnetError('topology_invalid', cause.message, { cause });
  }
}

/** A name that no other devnet has, and that tells people which topology it is of. */
export function uniqueName(name: string): string {
  const ending = randomBytes(UNIQUE).toString('hex');
  return `${name.slice(0, MAX_NAME_LENGTH - ending.length - 1)}-${ending}`;
}
