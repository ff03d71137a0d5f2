import type { UnmanagedQueue, VersionedLinkState } from '../../agents/netem/link-controller.ts';
import type { LinkState } from '../../agents/netem/state/link-state.ts';
import type { ClientServer } from '../../agents/netem/state/shaping-plan.ts';
import type { NetworkState } from '../state/network-state.ts';

/** As much of a network of containers as its netem agents depend on. */
export type LinkedNetwork = Pick<NetworkState, 'name' | 'run' | 'netemId' | 'netemIds' | 'network' | 'hosts'>;

/** The link state of a running network, and the netem agent that applies it, wherever that runs. */
export interface LinkAccess {
  /** Id of the network's run. */
  readonly run: string;
  /** Returns the state that the topology declares, without faults. @throws DevnetError `no_such_devnet` */
  declared(): LinkState;
  /** Returns the address of a node. @throws DevnetError `no_such_node` */
  addressOf(node: string): string;
  /** Returns the agent once it answers; starts it where there is none. @throws DevnetError `links_failed` */
  openAgent(): Promise<LinkAgent>;
  /** Has nodes dial anew, so that the connections between these pairs pass through the agent at once. */
  reconnect(pairs: readonly ClientServer[]): Promise<void>;
}

export interface LinkAgent {
  /** Its state when it was asked. */
  current: VersionedLinkState;
  /** Hosts of a swarm that have not applied it. @default none */
  missed?: readonly MissedHost[];
  /**
   * Applies a state in place of the one of `revision`.
   * @param revision absent: in place of any
   * @returns the state in force, as `conflict`, where that is another one by now: nothing was changed
   * @throws DevnetError `links_failed`
   */
  apply(state: LinkState, revision?: string): Promise<AppliedLinkState | { conflict: VersionedLinkState }>;
}

/** Outcome of applying a link state. */
export interface AppliedLinkState {
  /**
   * Pairs of addresses whose connections must pass through the agent's proxy and did not before: the next packet on such a
   * connection resets it, unless it is reconnected first.
   */
  fresh: ClientServer[];
  /** Directions whose delay, jitter and rate the agent's proxy applies: to TCP only. Addresses. */
  proxied: { from: string; to: string }[];
  /** Queues of other programs, in the place of the agent's: nothing is shaped towards these nodes. @default none */
  foreign?: readonly UnmanagedQueue[];
  /** Reason that the agent could not save the state: it is in force, but only until the agent is restarted. */
  unsaved?: string;
  /** Hosts of a swarm that do not answer: the state is in force on the others. @default none */
  missed?: readonly MissedHost[];
}

/** A host of a swarm on which a link state is not in force. */
export interface MissedHost {
  name: string;
  /** Why, in words. */
  reason: string;
}
