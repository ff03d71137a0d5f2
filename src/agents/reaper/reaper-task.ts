import type { EngineAccess } from '../../engine/connection/engine-client.ts';

/** Variable of the environment that holds a reaper's task. Not an argument: others could see its keys. */
export const REAPER_TASK_ENV = 'DEVNET_REAPER';

/** Task of a reaper: the things to remove, and their engine. Plain JSON. */
export interface ReaperTask {
  engine: EngineAccess;
  /** The run whose containers, networks and volumes are removed. */
  run: string;
  /** Name of the container that the engine has for this reaper, by which the reaper knows that it reached that engine. */
  container: string;
  /** True where the reaper is a process beside its owner: it removes that container in the end, which never ran. */
  removesContainer: boolean;
  /** Name of the agents on the hosts of a swarm, which the reaper on its manager removes if no network of the swarm is left. */
  agents?: string;
}

/** Written to standard output once the reaper has reached its engine: from then on it holds. */
export const HOLDING = 'holding';

/** Written to its standard input by an owner that ends in order, and has taken care of the agents itself. */
export const RELEASED = 'released';
