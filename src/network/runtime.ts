import type { NodeImage } from '../engine/images/node-image.ts';
import type { ClockOffset } from '../shared/time/clock-offset.ts';
import type { Topology } from '../topology/model/topology.ts';
import type { Requirement, RuntimeName } from './capabilities.ts';
import type { Drift } from './links/drift.ts';
import type { PlanStep } from './plan-step.ts';
import type { NetworkSummary, RunningNetwork } from './running-network.ts';

/** A runtime, connected: starts networks, and finds those that run. */
export interface Runtime {
  readonly name: RuntimeName;
  /** Program that runs the nodes, with its version, for the record: `docker 20.10.24`. */
  readonly version: string;
  /**
   * Refuses what will be asked of a network, before there is one. A runtime may be able to do what its engine is not.
   * @throws UnsupportedError
   */
  assertSupports(requirements: readonly Requirement[]): Promise<void>;
  /**
   * Starts a network; where one of its name runs, applies the difference if the runtime can. Returns once every link was read
   * back from the nodes.
   * @throws UnsupportedError, before anything starts; DevnetError `name_taken`, `host_limit`, `node_died`, `not_verified`, …
   */
  start(topology: Topology, options?: StartOptions): Promise<StartedNetwork>;
  /** Finds the networks that run, whoever started them. @param name only the one of this name */
  find(name?: string): Promise<FoundNetwork[]>;
  /**
   * Takes a name that only one process can have, until it is released or the process ends.
   * @returns a function that releases it
   * @throws DevnetError `name_taken` when another process has it
   */
  lock(name: string): Promise<() => Promise<void>>;
}

export interface StartOptions {
  /** Milliseconds for each node to listen, and for the links to stand. @default 30,000 */
  timeoutMs?: number;
  signal?: AbortSignal;
  /** Leaves what was made when the start fails. Needs the capability `keep`. @default false */
  keepOnFailure?: boolean;
  /** Removes a new network when this process ends, however it ends, until `keep` is called. @default false on containers, elsewhere true */
  ownedByProcess?: boolean;
  /** Called when a new network fails to come up, before what was made of it is removed. */
  onFailed?: StartFailureHandler;
  onProgress?: (step: UpStep) => void;
}

/**
 * Receives a network that failed to come up, with what there is of it, before that is removed.
 * @param network its `down` and `close` are the caller's to call
 */
export type StartFailureHandler = (cause: unknown, network: RunningNetwork) => Promise<void>;

export interface StartedNetwork {
  network: RunningNetwork;
  /** The steps that were done; none where the network was as declared. */
  steps: readonly PlanStep[];
  /** Without differences; `unknown` has the links that no node reports. */
  drift: Drift;
  /** Sentences for the user: what is not as usual, and why. Absent where all is. */
  notes?: readonly string[];
}

/** A network that runs, whoever started it. */
export interface FoundNetwork extends NetworkSummary {
  /** @throws DevnetError `no_such_devnet` when only remains of it are left */
  attach(): Promise<RunningNetwork>;
  /** As `clockOffset` of {@link RunningNetwork}. */
  clockOffset(): Promise<ClockOffset>;
  /** Removes it, also where only parts of it are left. */
  remove(): Promise<void>;
}

/** Networks that run, and what kept others from being found. */
export interface FindResult {
  networks: FoundNetwork[];
  failures: unknown[];
}

/**
 * Progress of `up`. `done` counts from 1: nodes that were started (up to the number to create), nodes that listen, links that
 * were sent and links that were read back (up to those of the topology). `why` is the failure because of which a new network
 * is removed.
 */
export type UpStep =
  | { step: 'image'; image: NodeImage }
  /** A host of a swarm gets an image that it lacks; `sent` when it is there. */
  | {
      step: 'image to host';
      image: string;
      host: string;
      sent: boolean;
      /** Registry that the host pulls it from, by its digest. @default none: the manager sends it */
      registry?: string;
      /** Why the host could not pull it, so that the manager sends it. @default none */
      refusal?: string;
    }
  /** `change`: the network exists, and these steps change it into the declared one. */
  | { step: 'plan'; steps: readonly PlanStep[]; change: boolean }
  | { step: 'network'; subnet: string; internal: boolean }
  | { step: 'started'; done: number }
  | { step: 'listening'; done: number }
  | { step: 'seeded'; done: number }
  /** `listed`: of these links, those that a node lists without saying whether they are connected. */
  | { step: 'verified'; done: number; listed: number }
  | { step: 'removing'; why: Error };
