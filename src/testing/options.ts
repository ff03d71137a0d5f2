import type { RuntimeName } from '../network/capabilities.ts';
import type { Drift } from '../network/drift.ts';
import type { Fault } from '../network/fault.ts';
import type { NodeState } from '../network/network-status.ts';
import type { Link } from '../topology/index.ts';

/** Options of `Devnet.up`. */
export interface DevnetOptions {
  /** Name of the network, which no other one on the engine has. @default the topology's, with a random end */
  name?: string;
  /** Runtime of the nodes: a container for each, or this process on loopback. @default 'containers' */
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
  /** Id of the message. @default a new one */
  id?: string;
  /** Nodes to wait for. @default every node that runs */
  to?: readonly Name[];
}

/** The graph as the nodes report it. */
export interface DevnetGraph<Name extends string = string> {
  /** In the topology's order; `address` is `host:port`. */
  nodes: { name: Name; state: NodeState; address: string }[];
  /** Links, as `from` dials `to`; `to` is an address where no node of the network has it. */
  links: Link[];
  /** Differences from the declared graph. */
  drift: Drift;
}

/** A fault on messages: of one type or of any, with a `probability` (0–1), and for `'delay'` a `delay` in milliseconds. */
export type MessageFaultInput = Omit<Extract<Fault, { kind: 'messages' }>, 'kind' | 'from' | 'to'>;
