import type { Topology } from '../../topology/model/topology.ts';
import type { Drift } from '../links/drift.ts';
import type { PlanStep } from '../plan-step.ts';
import type { RunningNetwork } from '../running-network.ts';
import type { UpStep } from '../runtime.ts';

export interface ChangeOptions {
  /** Milliseconds for each node to listen, and for the links to stand. */
  timeoutMs: number;
  signal: AbortSignal;
  onProgress: (step: UpStep) => void;
}

export interface NetworkChange {
  /** The steps from the running network to the declared one. */
  steps: readonly PlanStep[];
  /** Undefined when the network has to be replaced as a whole: nothing was done. */
  drift: Drift | undefined;
}

/** A network that the process that runs it can change into another one of its name. */
export interface ChangeableNetwork extends RunningNetwork {
  /**
   * Changes the network into the declared one, and returns once every link was read back.
   * @throws DevnetError `name_taken` while another process changes it; `node_died`, `node_silent`, `not_verified`, after which
   *   another change continues
   */
  change(topology: Topology, options: ChangeOptions): Promise<NetworkChange>;
}
