import { stringify } from 'yaml';
import { nodeContainerSpec } from '../controller/lifecycle/node-container.ts';
import type { ContainerSpec } from '../engine/containers.ts';
import { DevnetError } from '../shared/errors.ts';
import type { Topology, TopologyNode } from '../topology/model/topology.ts';

/** Image of the bundled node, unless the topology or the caller names another. */
export const NODE_IMAGE = 'devnet-node';
/** Image of the link agent, unless the caller names another. */
export const LINKS_IMAGE = 'devnet-links';

const SEEDER_MEMORY_BYTES = 128 * 1024 ** 2;

/** Container of a node as devnet would start it, without what belongs to one run: names, labels, placement. */
export type ExportedContainer = Pick<
  ContainerSpec,
  'image' | 'command' | 'env' | 'labels' | 'memory' | 'cpus' | 'pidsLimit' | 'writable' | 'capabilities'
> & { user: string };

/** @throws DevnetError `usage` for a command without an image, which is a program of this machine */
export function assertHasImages({ nodes }: Topology): void {
  const local = nodes.find(({ command, image }) => command !== undefined && image === undefined);
  if (!local) return;
  const { name } = local;
  throw new DevnetError(
    'usage',
    `a container cannot run the command of ${name}: it has no image that the program is in`,
    {
      hint: `image of ${name}: devnet build FOLDER makes one of a Dockerfile; or --image for all nodes that name none`,
    },
  );
}

/**
 * Returns the container of a node, derived from what `devnet up` makes of it, so that the two cannot differ.
 *
 * @param admin address whose messages the node trusts; absent for none
 */
export function toExportedContainer(node: TopologyNode, image: string, admin?: string): ExportedContainer {
  const spec = nodeContainerSpec('', '', node, { networkId: '', address: '', admins: [] }, image);
  const { DEVNET_ADMIN: _, DEVNET_NETWORK: _name, DEVNET_NETWORK_ID: _id, ...env } = spec.env;
  return {
    ...spec,
    env: { ...env, ...(admin === undefined ? {} : { DEVNET_ADMIN: admin }), ...node.env },
    labels: node.labels,
    user: spec.user as string,
  };
}

/** Returns the container of the seeder, as restricted as a node's. */
export function seederContainer(image: string): ExportedContainer {
  const node = { name: 'seed', env: {}, port: 0, memory: SEEDER_MEMORY_BYTES, labels: {}, open: {} };
  return { ...toExportedContainer(node, image), env: {} };
}

/**
 * Formats a size with the largest unit that divides it.
 *
 * @param units from bytes upwards, each 1,024 times the one before
 */
export function formatBinarySize(bytes: number, units: readonly string[]): string {
  let count = bytes;
  let unit = 0;
  while (count % 1024 === 0 && unit < units.length - 1) {
    count /= 1024;
    unit++;
  }
  return `${count}${units[unit]}`;
}

/** Doubles dollar signs, which Compose and Kubernetes would take for variables. */
export function escapeDollars(text: string): string {
  return text.replaceAll('$', '$$$$');
}

/**
 * Formats documents as YAML under a comment. Text that YAML 1.1 or 1.2 would read as something else is quoted, since
 * docker-compose 1.29 and Kubernetes read 1.1, where `on` is true and `12:30` is a number.
 */
export function formatYamlDocuments(heading: readonly string[], documents: readonly object[]): string {
  const comment = heading.map((line) => `# ${line}`.trimEnd()).join('\n');
  const texts = documents.map((document) =>
    stringify(document, { compat: 'yaml-1.1', lineWidth: 0, aliasDuplicateObjects: false, indentSeq: true }),
  );
  return `${comment}\n\n${texts.join('---\n')}`;
}
