import { randomBytes } from 'node:crypto';
import { loadTopology } from '../devnet/load.ts';
import { DevnetError } from '../errors.ts';
import { type Link, parseTopologyObject, type Topology, TopologyError } from '../topology/index.ts';
import { MAX_NAME_LENGTH } from '../topology/limits.ts';
import type { TopologyInput } from './topology-input.ts';
import { abridged } from './wording.ts';

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

/**
 * Links can be changed among the nodes there are, and no others.
 * @throws DevnetError `usage`, with those that are not in both
 */
export function refuseOthers(
  { name, nodes }: Topology,
  target: { nodes: readonly { name: string }[]; links: readonly Link[] },
): void {
  const own = new Set(nodes.map((node) => node.name));
  const named = new Set([
    ...target.nodes.map((node) => node.name),
    ...target.links.flatMap(({ from, to }) => [from, to]),
  ]);
  const others = [...[...named].filter((one) => !own.has(one)), ...[...own].filter((one) => !named.has(one))];
  if (others.length === 0) return;
  throw new DevnetError('usage', `relink changes links and no nodes; not in both: ${abridged(others)}`, {
    hint: `the nodes of "${name}": ${abridged([...own])}`,
  });
}
