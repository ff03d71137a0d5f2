import type { RuntimeName } from '../../network/capabilities.ts';
import type { Drift } from '../../network/links/drift.ts';
import type { NodeState } from '../../network/network-status.ts';
import type { Link } from '../../topology/index.ts';

// Times are milliseconds and have no unit in their names, as in the test runners that these options stand beside.

/** Options of `Devnet.up`. */
export interface DevnetOptions {
  /** Name of the network, which no other one on the engine has. @default the topology's, with a random end */
  name?: string;
  /**
   * Runtime of the nodes: a container for each, also on the hosts of a swarm, a network namespace for each, or this process on
   * loopback. @default that of the topology, else 'containers'
   */
  engine?: RuntimeName;
  /** Milliseconds for each thing that is waited for, unless the call says otherwise. @default 30,000 */
  timeout?: number;
  /** Ends the start, and afterwards everything that waits. The network still has to be taken down. @default none */
  signal?: AbortSignal;
  /** `'keep'` leaves a network up when something failed; the error says how to look at it. @default 'remove' */
  onFailure?: 'remove' | 'keep';
  /** Folder for dumps of networks in which something failed, in `NAME/dump-TIME`; false: none. @default '.devnet' */
  artifacts?: string | false;
}

/** Options of everything that waits. */
export interface WaitOptions {
  /** Milliseconds. @default the network's `timeout` */
  timeout?: number;
  /** Ends the wait, which rejects with the signal's reason. @default none */
  signal?: AbortSignal;
}

/** Options of `Devnet.waitFor`. */
export interface WaitForOptions extends WaitOptions {
  /** Milliseconds between two calls of the condition. @default 50 */
  every?: number;
}

/** Options of `Devnet.gossip`. */
export interface GossipOptions<Name extends string = string> extends WaitOptions {
  /** Id of the message, 1 to 256 characters. @default a new one */
  id?: string;
  /** Nodes to wait for. @default every node that runs */
  to?: readonly Name[];
}

/** Options of every fault. */
export interface FaultOptions {
  /** Name of the fault, for the log and for `Devnet.heal`. @default a new one */
  name?: string;
  /** Ends the wait for the fault, which may come into force all the same. @default none */
  signal?: AbortSignal;
}

/** Options of faults on a link. */
export interface LinkFaultOptions extends FaultOptions {
  /** Only from the first node to the second, or from earlier groups to later ones. @default false */
  oneway?: boolean;
}

/** Options of `Devnet.partition`. */
export interface PartitionOptions extends LinkFaultOptions {
  /** Seed of a random order of the nodes, which a preset then divides. @default none: the topology's order */
  seed?: number;
}

/** The graph as the nodes report it. */
export interface DevnetGraph<Name extends string = string> {
  /** In the topology's order; `address` is `host:port`. */
  nodes: { name: Name; state: NodeState; address: string }[];
  /**
   * Links, as `from` dials `to`, in the topology's order of nodes; `to` is an address where no node of the network has it.
   */
  links: Link[];
  /** Differences from the declared graph. */
  drift: Drift;
}
