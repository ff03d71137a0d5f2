import { setTimeout as sleep } from 'node:timers/promises';
import type { Engine } from '../../engine/connection/engine.ts';
import { inspectContainer } from '../../engine/containers.ts';
import { type ContainerLogStream, openContainerLog, readLastLineTime } from '../../engine/logs.ts';
import type { AcceptedLines, LogPosition } from './log-position.ts';

export interface FollowOptions {
  /** Continue with new lines, until the container ends or `signal` aborts. */
  follow: boolean;
  /** Omit lines before this time: seconds since the epoch, with nine digits after the point. @default none omitted */
  since?: string;
  /** Omit all but the last lines of what is there. @default none omitted */
  tail?: number;
  /** Bytes that are read while the reader of the lines is busy. */
  readAheadBytes: number;
  signal: AbortSignal;
  /** Called when the log is opened, also again. @default nothing */
  onOpened?: (log: ContainerLogStream) => void;
}

/** Pause before a log is opened again that ended although its container runs. */
const REOPEN_INTERVAL_MS = 250;

/**
 * Yields the lines of a container's log from a position on, each once and in order, with the gaps between them. Opens the log
 * again where the engine's stream cannot be relied on, or ends before the log does.
 * @throws DevnetError `engine_gone`, `engine_failed`
 */
export async function* followContainerLog(
  engine: Engine,
  id: string,
  position: LogPosition,
  options: FollowOptions,
): AsyncGenerator<Omit<AcceptedLines, 'isBroken'>> {
  const { signal, follow } = options;
  let wasFresh = true;
  /** Time from which all lines are wanted, of a log whose last lines only were asked for. */
  let openedAt: string | undefined;
  while (!signal.aborted) {
    const continuedFrom = position.since ?? openedAt;
    const since = continuedFrom ?? options.since;
    const log = await openContainerLog(engine, id, {
      follow,
      ...(since === undefined ? {} : { since }),
      ...(continuedFrom !== undefined || options.tail === undefined ? {} : { tail: options.tail }),
      readAheadBytes: options.readAheadBytes,
      signal,
    });
    if (!log) return;
    if (options.tail !== undefined && log.engineTimeMs !== undefined)
      openedAt ??= (log.engineTimeMs / 1_000).toFixed(9);
    let isBroken = false;
    let isFresh = false;
    try {
      if (!position.onOpened(log.engineTimeMs)) continue;
      options.onOpened?.(log);
      for await (const { lines, arrivedAtMs } of log.batches) {
        const accepted = position.accept(lines, arrivedAtMs);
        isFresh ||= accepted.fresh.length > 0;
        if (accepted.fresh.length > 0) yield accepted;
        isBroken = accepted.isBroken;
        if (isBroken) break;
      }
    } finally {
      log.close();
    }
    if (isBroken) continue;
    if (!follow || signal.aborted) return;
    const rest = await findRest(engine, id, position, options);
    // What the engine counts as a line and does not send would be looked for again and again.
    if (rest === 'none' || (rest === 'lines' && !isFresh && !wasFresh)) return;
    wasFresh = isFresh;
    if (!isFresh) await sleep(REOPEN_INTERVAL_MS, undefined, { signal }).catch(() => {});
  }
}

/** Finds out whether there is more of a log whose stream has ended. */
async function findRest(
  engine: Engine,
  id: string,
  position: LogPosition,
  { since, signal }: FollowOptions,
): Promise<'lines' | 'container runs' | 'none'> {
  const detail = await inspectContainer(engine, id).catch(() => undefined);
  // If the engine is gone, so is the container as far as this log is concerned; who watches the engine reports it.
  if (detail === undefined) return 'none';
  const from = position.since ?? since;
  const last = await readLastLineTime(engine, id, { ...(from === undefined ? {} : { since: from }), signal });
  if (last !== undefined && last > position.lastTime) return 'lines';
  return detail.state === 'running' || detail.state === 'paused' ? 'container runs' : 'none';
}
