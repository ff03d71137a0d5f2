import type { NodeReport } from '../links/node-report.ts';

/** A change of the peers that a node dials. */
export interface PeerChange {
  type: 'add' | 'remove';
  /** `host:port` of the peer. */
  address: string;
}

export type PeerChangeResult =
  | { status: 'accepted' }
  /** The node may have got the change, and did not reply. */
  | { status: 'unanswered' }
  /** The node did not get the change. */
  | { status: 'unreachable'; reason: string }
  | { status: 'refused'; reason: unknown };

/** Requests that a node may support beyond `add_peer`. Nodes without some of them are used as they are. */
export type NodeCapability = 'get_status' | 'get_peers' | 'remove_peer';

/** The names of the nodes of a network. */
export type NodeNames = Pick<ReadonlySet<string>, 'has'>;

export interface ListPeersOptions {
  /** Has the node measure its round trips first, where it can. @default false */
  measureRoundTrips?: boolean;
}

/** Controls which peers one node dials. Its methods report a node that does not answer; they do not throw. */
export interface PeerControl {
  /** Returns whether the node accepts connections. */
  connect(timeoutMs: number): Promise<boolean>;
  /** Sends changes, in one go where the node can take that. @returns a result for each, in order */
  change(changes: readonly PeerChange[]): Promise<PeerChangeResult[]>;
  /** Asks the node for its peers. */
  list(options?: ListPeersOptions): Promise<NodeReport>;
  /** Asks the node for its own report, the payload of `status`; undefined where it gives none. */
  readStatus(): Promise<unknown>;
  /** Finds out what the node lacks; undefined when it does not run. */
  missingCapabilities(): Promise<NodeCapability[] | undefined>;
  close(): void;
}
