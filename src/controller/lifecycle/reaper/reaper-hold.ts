import type { Duplex, Writable } from 'node:stream';

/** A reaper that has reached the engine's API and waits for its owner to end. */
export interface ReaperHold {
  /**
   * Connection that the reaper waits for. A process that inherits it keeps the reaper waiting after this process has ended.
   */
  readonly connection: Duplex | Writable;
  /**
   * Set where no container reaches the engine's API, so that a process on this machine is the reaper. It holds as well, but not
   * when this machine itself ends.
   * @default a container is the reaper
   */
  readonly fallback?: ReaperFallback;
  /** Resolves when the reaper has ended, for whatever reason. */
  readonly ended: Promise<void>;
  /** Makes it remove what is left of the run, and then itself. The agents of a swarm are left to this process. */
  release(): void;
  /** Removes the reaper. The run's containers stay. @throws DevnetError `engine_gone`, `engine_failed` */
  cancel(): Promise<void>;
}

/** The process that is the reaper, and why no container is. */
export interface ReaperFallback {
  /** Process id of the reaper. */
  pid: number;
  /** For each path that the engine's socket might have, why no container reaches it there. */
  reasons: readonly string[];
}
