import { DevnetError } from '../../shared/errors.ts';
import { formatList } from '../../shared/text.ts';
import type { Topology, TopologyNode } from '../../topology/index.ts';
import { DEFAULT_MEMORY_BYTES } from '../../topology/model/limits.ts';

/**
 * What a topology asks for that nodes in this process cannot have.
 * @throws DevnetError `usage`, naming all of it
 */
export function assertSupportedByProcess({ nodes, network, conditions }: Topology): void {
  const asked = [
    ...(network.subnet === undefined ? [] : [`subnet ${network.subnet}`]),
    ...((conditions ?? []).length > 0 ? ['conditions of links'] : []),
    ...nodes.flatMap(({ name, ...node }) => unsupportedNodeSettings(node).map((what) => `${what} of ${name}`)),
  ];
  if (asked.length > 0) throw unsupportedError(formatList(asked));
}

/** The refusal of one thing, which only containers can do. */
export function unsupportedError(what: string): DevnetError {
  return new DevnetError('usage', `nodes in this process cannot have: ${what}`, {
    hint: "engine: 'containers' can",
  });
}

function unsupportedNodeSettings({ image, command, cpus, memory, open }: Omit<TopologyNode, 'name'>): string[] {
  return [
    ...(image === undefined ? [] : [`image ${image}`]),
    ...(command === undefined ? [] : ['command']),
    ...(cpus === undefined ? [] : ['cpus']),
    ...(memory === DEFAULT_MEMORY_BYTES ? [] : ['memory']),
    ...Object.keys(open),
  ];
}
