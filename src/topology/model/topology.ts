/** Name of the runtime that runs the nodes of a network. */
export type RuntimeName = 'containers' | 'namespaces' | 'process' | 'swarm';

/**
 * A declared network: every default filled in, every shape expanded, every name checked. It is plain JSON, so that it can be
 * stored in a label of the engine and read back by any later process.
 */
export interface Topology {
  /** Name of the network: lower-case letters, digits and hyphens. Every name on the engine contains it. */
  name: string;
  /** In declared order; names are unique. */
  nodes: TopologyNode[];
  /** In declared order, without repetitions and without a link from a node to itself. */
  links: Link[];
  /** Names of the nodes in each group: the groups of the file, and its counted nodes. */
  groups: Record<string, string[]>;
  /** One for each ordered pair of nodes that has conditions, in the order of the nodes; only pairs with a link, either way. */
  conditions: DirectedLinkConditions[];
  /** Runtime of the nodes; a command's option or a test's own choice is stronger. @default 'containers' */
  engine?: RuntimeName;
  /** Implementation of delays and rates. @default 'auto' */
  shaping: Shaping;
  /** Packets are captured for as long as a command or test stays with the network. @default absent: they are not */
  capture?: true;
  /** Steps of the scenario as the file has them, unchecked; absent when it has none. */
  scenario?: unknown;
  /** Subnet, and whether the network is closed. */
  network: TopologyNetwork;
}

/** HTTP endpoint at which a program gives its metrics in Prometheus' format. */
export interface MetricsEndpoint {
  /** TCP port, 1–65535. */
  port: number;
  /** Begins with a slash. @default '/metrics' */
  path: string;
}

/** A declared node. */
export interface TopologyNode {
  /** Unique in the network: lower-case letters, digits and inner hyphens. */
  name: string;
  /** Image to run; absent means the bundled node. */
  image?: string;
  /** Program and arguments that replace the image's command; absent means the image's own. */
  command?: string[];
  /** Working directory of the program; absent means that of the process that starts the network. */
  cwd?: string;
  /** Environment variables, on top of those that every node gets. */
  env: Record<string, string>;
  /** TCP port the node listens on, 1–65535. */
  port: number;
  /** Memory limit in bytes. */
  memory: number;
  /** Host of a swarm that the node runs on; absent means that one with room is chosen. */
  host?: string;
  /** Label of a swarm's hosts over whose values the nodes that have it are spread evenly; absent means by what is free. */
  spread?: string;
  /** Conditions on the labels of its host, such as `region==eu`; absent means none. Never beside `host`. */
  constraints?: string[];
  /** Processor limit in cores; absent means none. */
  cpus?: number;
  /** Endpoint of its own for Prometheus; absent means none. */
  metrics?: MetricsEndpoint;
  /** Labels of the container, besides devnet's own. */
  labels: Record<string, string>;
  /** Permissions beyond the closed default. */
  open: NodePermissions;
}

/** Exceptions from "closed by default". Each is absent unless the file names it. */
export interface NodePermissions {
  /** User (name, uid or uid:gid) to run as. @default an unprivileged one */
  user?: string;
  /** True if the root file system is writable. @default false */
  writable?: boolean;
  /** Linux capabilities to keep, such as `NET_RAW`. @default none */
  capabilities?: string[];
  /** Limit of processes and threads. @default 64 */
  pids?: number;
}

/** A directed link: `from` dials `to`. `a <-> b` is two of these. */
export interface Link {
  /** Name of the node that dials. */
  from: string;
  /** Name of the node that is dialed. */
  to: string;
}

/** Conditions of the packets from one node to another; the opposite direction has its own. */
export interface DirectedLinkConditions extends LinkConditions {
  /** Name of the sending node. */
  from: string;
  /** Name of the receiving node. */
  to: string;
}

/** Conditions of packets in one direction. Omitted conditions leave the network unchanged; no value is 0. */
export interface LinkConditions {
  /** One-way delay, milliseconds, to the microsecond. @default none */
  delay?: number;
  /** Delays vary by up to this much in either direction, milliseconds; at most the delay. @default none */
  jitter?: number;
  /** Probability (0–1) that a packet is lost. @default none is */
  loss?: number;
  /** Rate limit, bits per second. @default unlimited */
  rate?: number;
  /** Probability (0–1) that a packet arrives twice. @default none does */
  duplicate?: number;
  /** Probability (0–1) that a packet skips the delay and overtakes those before it. @default none does */
  reorder?: number;
  /** Probability (0–1) that a packet arrives with a flipped bit. @default none does */
  corrupt?: number;
}

/** Implementation of delay, jitter and rate: the kernel, a relay between the nodes, or `auto`: the kernel where it can. */
export type Shaping = 'auto' | 'kernel' | 'relay';

/** Settings of the network that the nodes are on. */
export interface TopologyNetwork {
  /** IPv4 subnet in CIDR form; absent means that a free one is chosen. */
  subnet?: string;
  /**
   * True: the network has no route out of the machine.
   * @default true
   */
  internal: boolean;
  /** True: traffic between the hosts of a swarm is encrypted. @default false */
  encrypted?: boolean;
}
