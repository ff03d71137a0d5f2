import { down } from '../../controller/lifecycle/down.ts';
import { startReaper } from '../../controller/lifecycle/reaper-container.ts';
import { observe } from '../../controller/state/network-state.ts';
import type { Engine } from '../../engine/engine.ts';
import type { RuntimeName } from '../../network/capabilities.ts';
import type { RunningNetwork } from '../../network/running-network.ts';
import type { UpStep } from '../../network/up-step.ts';
import { startContainerNetwork } from '../../runtimes/containers/container-network.ts';
import { startProcessNetwork } from '../../runtimes/process/process-network.ts';
import { DevnetError } from '../../shared/errors.ts';
import type { Topology } from '../../topology/index.ts';

export interface StartNetworkOptions {
  /** Milliseconds for nodes to listen and for links to stand. */
  timeoutMs: number;
  signal: AbortSignal;
  onProgress: (step: UpStep) => void;
}

/** Starts and removes the networks of an experiment, one at a time, all under the same name. */
export interface ExperimentRuntime {
  readonly name: RuntimeName;
  /** Runtime with its version, for the record. */
  readonly version: string;
  /** Starts a network, or changes the one that was left running for this run. */
  start(topology: Topology, options: StartNetworkOptions): Promise<RunningNetwork>;
  /** Ends the use of a network. @param reuse the next run may have its nodes */
  release(network: RunningNetwork, reuse: boolean): Promise<void>;
  /** Removes the network of this name, if there is one, whoever left it. */
  remove(name: string): Promise<void>;
  /**
   * Keeps other processes from running an experiment, which would remove its networks and write to its results.
   * @returns a function that ends this
   * @throws DevnetError `name_taken` when another process runs it
   */
  lock(experiment: string): Promise<() => Promise<void>>;
}

/** The network of an experiment has a name that no topology file has by accident. */
export const experimentNetworkName = (experiment: string): string => `experiment-${experiment}`;

/** Runs networks in containers. Nodes keep running between runs that allow it; only their links change. */
export function containerRuntime(engine: Engine): ExperimentRuntime {
  return {
    name: 'containers',
    version: `${engine.flavour} ${engine.version}`,
    start: (topology, options) => startContainerNetwork(topology, { engine, ...options }),
    release: async (network, reuse) => {
      if (reuse) network.close();
      else await network.down();
    },
    remove: async (name) => {
      const left = await observe(engine, name);
      if (left) await down(engine, left);
    },
    lock: async (experiment) => {
      try {
        // The engine makes only one reaper of a name. It goes with the process that holds it, even one killed by SIGKILL.
        const reaper = await startReaper(engine, experimentNetworkName(experiment));
        return () => reaper.cancel();
      } catch (cause) {
        if (!(cause instanceof DevnetError) || cause.code !== 'name_taken') throw cause;
        throw new DevnetError('name_taken', `experiment "${experiment}" is already running in another process`, {
          hint: 'wait until it ends, or set another "name"; after a crash the lock is released within seconds',
          cause,
        });
      }
    },
  };
}

/** Runs networks in this process, each run on new nodes. Nothing outlives the process. */
export function processRuntime(): ExperimentRuntime {
  return {
    name: 'process',
    version: 'process',
    start: (topology, { timeoutMs, signal }) => startProcessNetwork(topology, { timeoutMs, signal }),
    release: (network) => network.down(),
    remove: async () => {},
    lock: async () => async () => {},
  };
}
