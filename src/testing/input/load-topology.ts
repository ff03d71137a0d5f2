import { randomBytes } from 'node:crypto';
import { DevnetError } from '../../shared/errors.ts';
import { formatList } from '../../shared/text.ts';
import { type Link, parseTopologyObject, type Topology } from '../../topology/index.ts';
import { loadTopology } from '../../topology/load-topology-file.ts';
import { MAX_NAME_LENGTH } from '../../topology/model/limits.ts';
import type { LinkInput, TopologyInput } from './topology-input.ts';

/** Name of a topology object that has none. */
const DEFAULT_NAME = 'net';
const NAME_SUFFIX_BYTES = 4;

/**
 * Loads a topology from a file, or from the content of one as an object.
 * @throws DevnetError `file_unreadable`, `topology_invalid` with every mistake
 */
export async function loadTopologyInput(source: string | TopologyInput): Promise<Topology> {
  return typeof source === 'string' ? loadTopology(source) : parseTopologyObject(source, { name: DEFAULT_NAME });
}

/**
 * Loads links, for the nodes of a topology where they come without nodes.
 * @throws DevnetError `file_unreadable`, `topology_invalid` with every mistake
 */
export async function loadLinks(
  { nodes }: Topology,
  target: string | TopologyInput | readonly (Link | LinkInput)[],
): Promise<{ nodes: readonly { name: string }[]; links: readonly Link[] }> {
  if (!isList(target)) return loadTopologyInput(target);
  if (target.every(isPlainLink)) return { nodes, links: target };
  return loadTopologyInput({ nodes: nodes.map(({ name }) => name), links: target });
}

function isList(
  target: string | TopologyInput | readonly (Link | LinkInput)[],
): target is readonly (Link | LinkInput)[] {
  return Array.isArray(target);
}

/** Returns whether a link has two names and nothing else. */
function isPlainLink(link: Link | LinkInput): link is Link {
  if (typeof link !== 'object' || link === null || Object.keys(link).length !== 2) return false;
  const { from, to } = link as Partial<Link>;
  return typeof from === 'string' && typeof to === 'string';
}

/** Returns a name that no other network has, with the topology's name in front. */
export function uniqueNetworkName(name: string): string {
  const suffix = randomBytes(NAME_SUFFIX_BYTES).toString('hex');
  return `${name.slice(0, MAX_NAME_LENGTH - suffix.length - 1)}-${suffix}`;
}

/** @throws DevnetError `usage`, with the nodes that are not in both, unless `target` has the nodes of the topology */
export function assertSameNodes(
  { name, nodes }: Topology,
  target: { nodes: readonly { name: string }[]; links: readonly Link[] },
): void {
  const own = new Set(nodes.map((node) => node.name));
  const named = new Set([
    ...target.nodes.map((node) => node.name),
    ...target.links.flatMap(({ from, to }) => [from, to]),
  ]);
  const different = [...[...named].filter((one) => !own.has(one)), ...[...own].filter((one) => !named.has(one))];
  if (different.length === 0) return;
  throw new DevnetError('usage', `relink cannot add or remove nodes; not in both: ${formatList(different)}`, {
    hint: `the nodes of "${name}": ${formatList([...own])}`,
  });
}
