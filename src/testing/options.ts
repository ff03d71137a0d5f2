import type { RuntimeName } from '../network/capabilities.ts';
import type { Drift } from '../network/drift.ts';
import type { Fault } from '../network/fault.ts';
import type { NodeState } from '../network/network-status.ts';
import type { Link } from '../topology/index.ts';
import type { WaitOptions } from './node-handle.ts';

export interface DevnetOptions {
  /** Name of the devnet; by default one that no other has. */
  name?: string;
  /** What runs the nodes: a container each, or all of them this process, on loopback. */
  engine?: RuntimeName;
  /** How long each thing that is waited for may take, milliseconds, unless it is told otherwise: by default 30,000. */
  timeout?: number;
  /** Ends the bringing up, and afterwards everything that is waited for. The devnet is still to be taken down. */
  signal?: AbortSignal;
  /** `keep`: a devnet that something went wrong with is left up, to look at; the error says how. */
  onFailure?: 'remove' | 'keep';
  /**
   * Folder below which all that is known of the devnet is written when something goes wrong with it, in `NAME/dump-TIME`; by
   * default `.devnet`. False: nothing is written.
   */
  artifacts?: string | false;
}

/** The graph as the nodes themselves tell it. */
export interface DevnetGraph<Name extends string = string> {
  nodes: { name: Name; state: NodeState; address: string }[];
  /** Who dials whom; `to` is an address where no node of the devnet has it. */
  links: Link[];
  /** What differs from the declared graph. */
  drift: Drift;
}

export interface WaitForOptions extends WaitOptions {
  /** Milliseconds between two looks. */
  every?: number;
}

export interface GossipOptions<Name extends string = string> extends WaitOptions {
  /** Of the piece of news; by default one that no other has. */
  id?: string;
  /** Whom to wait for; by default every node that runs. */
  to?: readonly Name[];
}

/** What happens to messages: of one type or of any, with a chance, and in `delay` by how many milliseconds. */
export type MessageFaultInput = Omit<Extract<Fault, { kind: 'messages' }>, 'kind' | 'from' | 'to'>;
