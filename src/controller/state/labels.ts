import { gunzipSync, gzipSync } from 'node:zlib';
import type { Topology } from '../../topology/index.ts';

/**
 * A network's state is in the engine's labels, so that any process can find, change and remove it without the file it came
 * from. Every container and network carries `devnet.name`, `devnet.run` and `devnet.role`.
 */
export const LABEL = {
  name: 'devnet.name',
  /** Id that the first `up` chose: two networks that had one name, one after the other, differ in it. */
  run: 'devnet.run',
  role: 'devnet.role',
  /** On a node: its name in the topology. */
  node: 'devnet.node',
  /** On a node: the TCP port it listens on. */
  port: 'devnet.port',
  /** On a node: its address, which the engine itself forgets while the container does not run. */
  address: 'devnet.address',
  /** On a node: hash of the settings that it was created with, see ./node-config.ts. */
  config: 'devnet.config',
  /** On a record: its topology, see {@link encodeTopology}. */
  topology: 'devnet.topology',
  /** On the record, the network and the nodes of a network over several hosts: `swarm`. */
  runtime: 'devnet.runtime',
  /** On a node of such a network: the name of its host. */
  host: 'devnet.host',
  /** On the record of such a network: the host of each node, see {@link encodeHosts}. A host that is gone cannot say it itself. */
  hosts: 'devnet.hosts',
} as const;

/** See ./network-record.ts for `record`. */
export type ResourceRole = 'record' | 'network' | 'node' | 'relay' | 'links' | 'probe' | 'capture' | 'reaper';

export function labelsFor(name: string, run: string, role: ResourceRole): Record<string, string> {
  return { [LABEL.name]: name, [LABEL.run]: run, [LABEL.role]: role };
}

// Dots separate the parts, since no name of a network or node may contain one. Two dots: no node can have that name.
export const recordContainerName = (devnet: string): string => `devnet.${devnet}`;
export const draftRecordName = (devnet: string): string => `devnet.${devnet}..applying`;
export const failedRecordName = (devnet: string): string => `devnet.${devnet}..failed`;
export const tunnelContainerName = (devnet: string): string => `devnet.${devnet}..relay`;
export const netemContainerName = (devnet: string): string => `devnet.${devnet}..links`;
/** Its name has the run, so that an earlier network's state is never taken for this one's. */
export const linkStateVolumeName = (devnet: string, run: string): string => `devnet.${devnet}..links.${run}`;
export const probeContainerName = (devnet: string, node: string): string => `devnet.${devnet}..probe.${node}`;
/** Its name has a random part: any number of captures may run at a time. */
export const captureContainerName = (devnet: string, id: string): string => `devnet.${devnet}..capture.${id}`;
export const engineNetworkName = (devnet: string): string => `devnet.${devnet}`;
export const nodeContainerName = (devnet: string, node: string): string => `devnet.${devnet}.${node}`;

/** Labels of what belongs to a network over several hosts. */
export const SWARM_LABELS: Record<string, string> = { [LABEL.runtime]: 'swarm' };

/** Packs the host of each node into a label's value. */
export function encodeHosts(hosts: ReadonlyMap<string, string>): string {
  return gzipSync(JSON.stringify([...hosts])).toString('base64');
}

/** @throws Error when the label was not written by {@link encodeHosts} */
export function decodeHosts(label: string): Map<string, string> {
  return new Map(JSON.parse(gunzipSync(Buffer.from(label, 'base64')).toString()) as [string, string][]);
}

/** Packs a topology into a label's value. Compressed: a thousand nodes with their links are a megabyte of JSON. */
export function encodeTopology(topology: Topology): string {
  return gzipSync(JSON.stringify(topology)).toString('base64');
}

/** @throws Error when the label was not written by {@link encodeTopology} */
export function decodeTopology(label: string): Topology {
  return JSON.parse(gunzipSync(Buffer.from(label, 'base64')).toString()) as Topology;
}
