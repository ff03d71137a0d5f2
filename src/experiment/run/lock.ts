import { startReaper } from '../../controller/lifecycle/reaper-container.ts';
import type { Engine } from '../../engine/engine.ts';
import { DevnetError } from '../../shared/errors.ts';
import { experimentNetworkName } from './runner.ts';

/**
 * Takes an experiment for this process: another that carried it out at the same time would take its devnet away, and write
 * into its results. The lock is a reaper, of which the engine makes one of a name only: it goes with whoever held it, were it
 * by SIGKILL, and a moment after.
 * @returns call it to give the experiment back
 * @throws DevnetError `name_taken` when somebody else has it; what making a container fails with
 */
export async function lockExperiment(engine: Engine, name: string): Promise<() => Promise<void>> {
  try {
    const lock = await startReaper(engine, experimentNetworkName(name));
    return () => lock.cancel();
  } catch (cause) {
    if (!(cause instanceof DevnetError) || cause.code !== 'name_taken') throw cause;
    throw new DevnetError('name_taken', `the experiment "${name}" is being carried out by somebody else`, {
      hint: 'wait for them; or give this one another "name"; if they were killed, it is free in some seconds',
      cause,
    });
  }
}
