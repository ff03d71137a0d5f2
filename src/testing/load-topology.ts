import { randomBytes } from 'node:crypto';
import { DevnetError } from '../shared/errors.ts';
import { formatList } from '../shared/text.ts';
import { type Link, parseTopologyObject, type Topology } from '../topology/index.ts';
import { loadTopology } from '../topology/load-topology-file.ts';
import { MAX_NAME_LENGTH } from '../topology/model/limits.ts';
import type { TopologyInput } from './topology-input.ts';

/** Of an object that names itself nothing. */
const DEFAULT_NAME = 'net';
/** Random bytes at the end of a name: two of a billion devnets at once would hardly share one. */
const NAME_SUFFIX_BYTES = 4;

/**
 * Reads what a topology is declared by: the path of a file, or a file's content as an object.
 * @throws DevnetError `file_unreadable`, `topology_invalid` with every mistake
 */
export async function loadTopologyInput(source: string | TopologyInput): Promise<Topology> {
  return typeof source === 'string' ? loadTopology(source) : parseTopologyObject(source, { name: DEFAULT_NAME });
}

/** A name that no other devnet has, and that tells people which topology it is of. */
export function uniqueNetworkName(name: string): string {
  const ending = randomBytes(NAME_SUFFIX_BYTES).toString('hex');
  return `${name.slice(0, MAX_NAME_LENGTH - ending.length - 1)}-${ending}`;
}

/**
 * Links can be changed among the nodes there are, and no others.
 * @throws DevnetError `usage`, with those that are not in both
 */
export function assertSameNodes(
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
  throw new DevnetError('usage', `relink changes links and no nodes; not in both: ${formatList(others)}`, {
    hint: `the nodes of "${name}": ${formatList([...own])}`,
  });
}
