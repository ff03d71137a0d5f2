import type { Link } from '../topology/model/topology.ts';
import type { ActiveFault } from './fault.ts';
import type { Drift } from './links/drift.ts';
import type { NodeReport } from './links/node-report.ts';
import type { NodeCapability } from './peer-control/peer-control.ts';

/** State of a node, in the container engines' words whatever runs it. */
export type NodeState = 'created' | 'running' | 'paused' | 'restarting' | 'removing' | 'exited' | 'dead';

/** Status of a node. */
export interface NodeStatus {
  /** Name in the topology. */
  name: string;
  /** `missing`: declared, and not there at all. */
  state: NodeState | 'missing';
  /** `host:port`; empty when the node is missing. */
  address: string;
  /** Host of a swarm that the node was put on; absent elsewhere. */
  onHost?: string;
  /** Place of the node that is not at its address, such as `off its network`; absent when it is there. */
  misplacement?: string;
  /** Seconds since the node was started, or since it listens if it says so; absent when it does not run. */
  uptime?: number;
  /** Exit code, 0–255; absent unless the node ended. */
  exitCode?: number;
  /** Memory in use, bytes; absent when the node does not run, or the runtime does not measure it. */
  memory?: number;
  /** Declared memory limit, bytes; absent where the runtime has no limits. */
  memoryLimit?: number;
  /** Requests that the node does not answer; absent when it cannot be asked. */
  lacks?: NodeCapability[];
}

/** Status of a link. */
export interface LinkStatus extends Link {
  /**
   * As the dialing node says. `up`: connected; `listed`: it has the peer, and does not say whether it is connected;
   * `broken`: not connected; `missing`: it does not have the peer; `extra`: it has a peer that is not declared; `unknown`: it
   * cannot be asked; `dead`: one of the two nodes does not run.
   */
  state: 'up' | 'listed' | 'broken' | 'missing' | 'extra' | 'unknown' | 'dead';
  /** Name of the fault that cuts the link, in this direction or the other: a TCP connection needs both. Absent: none does. */
  cut?: string;
  /** Round trip, milliseconds; absent when the node did not measure it. */
  rtt?: number;
  /** Age of the round trip, milliseconds; absent as `rtt` is. */
  rttAgeMs?: number;
}

/** Status of a host of a swarm. */
export interface HostStatus {
  /** Name, as `docker node ls` has it. */
  name: string;
  /** Why it cannot be used, so that its nodes count as missing; absent when it can. */
  unavailable?: string;
  /** Time by which its clock is ahead of the manager's, milliseconds; 0 within the error of the measurement. Absent where it is not known. */
  clockAheadMs?: number;
  /** Why the link conditions and faults in force on the other hosts are not in force on it. Absent when they are. */
  linksMissed?: string;
}

/** Nodes and links compared with a topology. */
export interface TopologyStatus {
  /** In the topology's order. */
  nodes: NodeStatus[];
  /** Declared links in the topology's order, then those that are not declared. */
  links: LinkStatus[];
  /** Differences from the declared links. */
  drift: Drift;
}

/** Status of a network, compared with the declared topology. */
export interface NetworkStatus extends TopologyStatus {
  /** Name of the network. */
  name: string;
  /** IPv4, CIDR; empty when the engine network is gone. */
  subnet: string;
  /** True: no route leads out of the network. */
  internal: boolean;
  /** Seconds since the epoch, by the nodes' clock. */
  created: number;
  /** Time by which the nodes' clock is ahead of that of the process that read the status, milliseconds; 0 when it is the same. */
  clockOffsetMs: number;
  /** Faults in force on links, in the order in which they were injected. Nodes that a fault ended or froze say so by their state. */
  faults: ActiveFault[];
  /** Hosts of the swarm; absent elsewhere. */
  hosts?: HostStatus[];
  /** Why the faults are not known. @default absent: they are */
  faultsUnknown?: string;
  /**
   * The same compared with the topology of an `up` that did not finish; `changing` while that `up` may still run. Absent once
   * an `up` succeeded.
   */
  wanted?: TopologyStatus & { changing: boolean };
}

/**
 * Returns the state of every declared link, and then the links that are not declared.
 * @param names of the nodes, by `host:port`
 */
export function linkStatuses(
  links: readonly Link[],
  names: ReadonlyMap<string, string>,
  reports: readonly NodeReport[],
  drift: Drift,
): LinkStatus[] {
  const key = ({ from, to }: Link) => `${from} ${to}`;
  const states = new Map<string, LinkStatus['state']>();
  for (const [state, list] of [
    ['broken', drift.broken],
    ['missing', drift.missing],
    ['unknown', drift.unknown],
  ] as const) {
    for (const link of list) states.set(key(link), state);
  }
  const down = new Set(drift.down);
  const peers = new Map(
    reports.flatMap(({ node, peers }) => peers.map((peer) => [`${node} ${names.get(peer.address)}`, peer])),
  );
  const declared = links.map((link): LinkStatus => {
    const peer = peers.get(key(link));
    const stands = peer?.connected === undefined ? 'listed' : 'up';
    const isDead = down.has(link.from) || down.has(link.to);
    const state = isDead ? 'dead' : (states.get(key(link)) ?? stands);
    const { rtt, rttAgeMs } = peer ?? {};
    return { ...link, state, ...(rtt === undefined ? {} : { rtt }), ...(rttAgeMs === undefined ? {} : { rttAgeMs }) };
  });
  return [...declared, ...drift.extra.map((link): LinkStatus => ({ ...link, state: 'extra' }))];
}
