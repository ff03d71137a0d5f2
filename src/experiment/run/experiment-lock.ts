import type { Runtime } from '../../network/runtime.ts';
import { DevnetError } from '../../shared/errors.ts';

/** The network of an experiment has a name that no topology file has by accident. */
export const experimentNetworkName = (experiment: string): string => `experiment-${experiment}`;

/**
 * Keeps other processes from running an experiment, which would remove its networks and write to its results.
 * @returns a function that ends this
 * @throws DevnetError `name_taken` when another process runs it
 */
export async function lockExperiment(runtime: Runtime, experiment: string): Promise<() => Promise<void>> {
  try {
    return await runtime.lock(experimentNetworkName(experiment));
  } catch (cause) {
    if (!(cause instanceof DevnetError) || cause.code !== 'name_taken') throw cause;
    throw new DevnetError('name_taken', `experiment "${experiment}" is already running in another process`, {
      hint: 'wait until it ends, or set another "name"; after a crash the lock is released within seconds',
      cause,
    });
  }
}
