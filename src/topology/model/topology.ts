/**
 * A declared network, as the rest of devnet sees it: every default filled in, every shape expanded, every name checked.
 * It is plain JSON, so that it can be stored in an engine's label and read back by any later process.
 */
export interface Topology {
  /** Name of the devnet: lower-case letters, digits and hyphens; it starts and ends every name on the engine. */
  name: string;
  /** In declared order; names are unique. */
  nodes: TopologyNode[];
  /** In declared order, without repetitions and without a link from a node to itself. */
  links: Link[];
  /** Names of nodes by the name of each set of them: those of the file, and its counted nodes. */
  groups: Record<string, string[]>;
  /** One for each ordered pair of nodes that has any, in the order of the nodes; only pairs with a link, either way. */
  conditions: DirectedLinkConditions[];
  shaping: Shaping;
  /** The steps as the file has them, unchecked; absent when it has none. */
  scenario?: unknown;
  network: TopologyNetwork;
}

/** A declared node. */
export interface TopologyNode {
  name: string;
  /** Image to run; absent means the bundled node. */
  image?: string;
  /** Replaces the image's command. */
  command?: string[];
  env: Record<string, string>;
  /** TCP port the node listens on, 1–65535. */
  port: number;
  /** Memory limit in bytes. */
  memory: number;
  /** Processor limit in cores; absent means none. */
  cpus?: number;
  labels: Record<string, string>;
  /** What this node is allowed beyond the closed default. */
  open: NodePermissions;
}

/** Exceptions from "closed by default"; each one is absent unless the file names it. */
export interface NodePermissions {
  /** User (name, uid or uid:gid) to run as instead of the default unprivileged one. */
  user?: string;
  /** The root file system can be written to. */
  writable?: boolean;
  /** Linux capabilities to keep, as `NET_RAW`. */
  capabilities?: string[];
  /** Limit of processes and threads instead of the default. */
  pids?: number;
}

/** `from` dials `to`. A two-way link is two of these. */
export interface Link {
  from: string;
  to: string;
}

/** How packets from one node to another fare; the way back has a condition of its own. */
export interface DirectedLinkConditions extends LinkConditions {
  /** Names of nodes. */
  from: string;
  to: string;
}

/** What is absent is as the network is by itself; nothing here is 0. */
export interface LinkConditions {
  /** One way, milliseconds, to the microsecond. */
  delay?: number;
  /** Delays vary by up to this much either way, milliseconds; at most the delay. */
  jitter?: number;
  /** Chance (0–1) of a packet to be lost. */
  loss?: number;
  /** Bits a second. */
  rate?: number;
  /** Chances (0–1) of a packet to come twice, to overtake those before it, or to come with a bit turned. */
  duplicate?: number;
  reorder?: number;
  corrupt?: number;
}

/** What carries delay, jitter and rate: the kernel, relays between the nodes, or `auto`: the kernel where it can. */
export type Shaping = 'auto' | 'kernel' | 'relay';

export interface TopologyNetwork {
  /** IPv4 subnet in CIDR form; absent means that one is chosen when the network is made. */
  subnet?: string;
  /** True (the default): the network has no way out of the machine. */
  internal: boolean;
}
