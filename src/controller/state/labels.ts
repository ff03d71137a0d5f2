import { gunzipSync, gzipSync } from 'node:zlib';
import type { Topology } from '../../topology/model/topology.ts';

/**
 * All of a devnet's state is in labels, so that any process can find, ask and remove it without the file it came from.
 * Every container and network carries `devnet.name` and `devnet.run`; `devnet.role` says what it is there for.
 */
export const LABEL = {
  name: 'devnet.name',
  /** Of one `up`; tells two devnets of one name apart in time. */
  run: 'devnet.run',
  role: 'devnet.role',
  /** On a node: its name in the topology. */
  node: 'devnet.node',
  /** On a node: the TCP port it listens on. */
  port: 'devnet.port',
  /** On a node: its address in the network, which it has only while it runs. */
  address: 'devnet.address',
  /** On the record: the topology as applied, see {@link encodeTopology}. */
  topology: 'devnet.topology',
} as const;

/**
 * `record` is a container that never starts. It is made first and removed last, and holds the topology, which no later edit
 * of the file can change. The engine gives a container's name away once, so it is the lock as well.
 */
export type ResourceRole = 'record' | 'network' | 'node' | 'relay' | 'links' | 'probe' | 'reaper';

export function labelsFor(name: string, run: string, role: ResourceRole): Record<string, string> {
  return { [LABEL.name]: name, [LABEL.run]: run, [LABEL.role]: role };
}

// Names on the engine take dots as separators, which no name of a devnet or node may contain: they cannot collide.
export const recordContainerName = (devnet: string): string => `devnet.${devnet}`;
/** The record's name while what it says is being brought about: the lock against a second `up` at the same time. */
export const draftRecordName = (devnet: string): string => `devnet.${devnet}..applying`;
/** Two dots: no node can be called that. */
export const tunnelContainerName = (devnet: string): string => `devnet.${devnet}..relay`;
export const netemContainerName = (devnet: string): string => `devnet.${devnet}..links`;
export const probeContainerName = (devnet: string, node: string): string => `devnet.${devnet}..probe.${node}`;
export const networkName = (devnet: string): string => `devnet.${devnet}`;
export const nodeContainerName = (devnet: string, node: string): string => `devnet.${devnet}.${node}`;

/** A topology as a label's value: JSON, packed, because a thousand nodes with their links are a megabyte of text. */
export function encodeTopology(topology: Topology): string {
  return gzipSync(JSON.stringify(topology)).toString('base64');
}

/** @throws Error when the label was not written by {@link encodeTopology} */
export function decodeTopology(label: string): Topology {
  return JSON.parse(gunzipSync(Buffer.from(label, 'base64')).toString()) as Topology;
}
