import { nodeContainerSpec } from '../controller/lifecycle/node-container.ts';
import type { ContainerSpec } from '../engine/containers.ts';
import type { TopologyNode } from '../topology/model/topology.ts';

/** Name of the bundled node's image, where none other is named. */
export const NODE_IMAGE = 'devnet-node';

/** Bytes. */
const SEEDER_MEMORY_BYTES = 128 * 1024 ** 2;

/** What devnet would start for a node, less what belongs to one run on one engine: names, labels, where it is put. */
export type ExportedContainer = Pick<
  ContainerSpec,
  'image' | 'command' | 'env' | 'labels' | 'memory' | 'cpus' | 'pidsLimit' | 'writable' | 'capabilities'
> & { user: string };

/**
 * The container of one node, taken from what `devnet up` makes of it, so that the two cannot come to differ.
 * @param admin address whose messages the node trusts; absent: nobody's
 */
export function toExportedContainer(node: TopologyNode, image: string, admin?: string): ExportedContainer {
  const nowhere = { networkId: '', address: '', admins: [] };
  const spec = nodeContainerSpec('', '', node, nowhere, image);
  const { DEVNET_ADMIN: _, ...env } = spec.env;
  return {
    ...spec,
    env: { ...env, ...(admin === undefined ? {} : { DEVNET_ADMIN: admin }), ...node.env },
    labels: node.labels,
    user: spec.user as string,
  };
}

/** What the seeder runs in: as closed as a node. */
export function seederContainer(image: string): ExportedContainer {
  const node = { name: 'seed', env: {}, port: 0, memory: SEEDER_MEMORY_BYTES, labels: {}, open: {} };
  return { ...toExportedContainer(node, image), env: {} };
}

/** Text of bytes with the largest unit that divides them. @param units from bytes upwards, each 1,024 times the one before */
export function formatBinarySize(bytes: number, units: readonly string[]): string {
  let count = bytes;
  let unit = 0;
  while (count % 1024 === 0 && unit < units.length - 1) {
    count /= 1024;
    unit++;
  }
  return `${count}${units[unit]}`;
}
