import type { ContainerLogStream } from '../../engine/logs.ts';
import { CONTROLLER } from '../../network/log-entry.ts';
import type { LogPosition } from './log-position.ts';

/** Source of the netem agent's lines, which are the controller's in the merged log. */
export const NETEM_SOURCE = '.links';

/** Start of the reading of a log. */
export interface LogStart {
  /** Seconds since the epoch, as the engine takes them. @default the beginning */
  since?: string;
  /** Only so many of the last lines. @default all */
  tail?: number;
}

/** A container whose log is read. */
export interface LogSource {
  readonly id: string;
  readonly containerId: string;
  readonly position: LogPosition;
  /** Time by which its host's clock is ahead of that of the network, milliseconds. Entries have the network's time, all else its host's. */
  readonly clockAheadMs: number;
  /** Start of its reading, unless the position has one. */
  readonly from: LogStart;
  /** Number of its lines that wait to be merged. */
  queuedLines: number;
  /** Resumes its reading, which waits until less of it is queued. */
  resume: (() => void) | undefined;
  /** Its log, once it is open. */
  stream: ContainerLogStream | undefined;
  /** Called when it is open, or has ended. */
  onOpened: () => void;
  /** Time from which the engine may be asked about it again. */
  nextQuestionAtMs: number;
  /** True while the engine is asked whether it has more of it. */
  isAsked: boolean;
  /** True if all that the engine had of it when it was last asked is here, and all since as far as times of lines tell. */
  isUpToDate: boolean;
  /** Engine's time of its last line when the engine was asked. */
  end: { time: string; askedAtMs: number } | undefined;
  /** Time since which the engine has more of it than it sent. */
  behindSinceMs: number | undefined;
  /** True once a line has come since the log was opened. */
  hasBegun: boolean;
  /** The network's time from which a line shows that all older ones are here. */
  liveFromMs: number;
}

/** Returns a source of which nothing was read yet. */
export function createLogSource(
  id: string,
  containerId: string,
  position: LogPosition,
  from: LogStart,
  clockAheadMs = 0,
): LogSource {
  return {
    id,
    containerId,
    position,
    clockAheadMs,
    from,
    queuedLines: 0,
    resume: undefined,
    stream: undefined,
    onOpened: () => {},
    nextQuestionAtMs: 0,
    isAsked: false,
    isUpToDate: false,
    end: undefined,
    behindSinceMs: undefined,
    hasBegun: false,
    liveFromMs: Number.POSITIVE_INFINITY,
  };
}

/** Returns the name that a source's entries have. */
export function nameOf({ id }: LogSource): string {
  return id === NETEM_SOURCE ? CONTROLLER : id;
}
