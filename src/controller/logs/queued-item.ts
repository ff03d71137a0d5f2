import { parseEngineTime } from '../../engine/connection/engine-time.ts';
import type { ContainerEvent } from '../../engine/events.ts';
import type { ContainerLogLine } from '../../engine/streams/log-demuxer.ts';
import { CONTROLLER, type LogEntry, logGapEntry, parseLogLine, toLogTime } from '../../network/log-entry.ts';
import type { LogGap } from './log-position.ts';
import { type LogSource, nameOf } from './log-source.ts';

/** A line that is longer counts as several. */
const LINE_CHARACTERS = 8 * 1024;
/** A node's own time of a line is ordered by if it is at most this long before the engine's. */
const MAX_WRITE_DELAY_MS = 10_000;
/** And at most this long after it: clocks of programs are not exact. */
const MAX_CLOCK_AHEAD_MS = 100;

/** Names of container events in the merged log, by the engine's word. */
const EVENT_NAMES: Record<string, string> = {
  die: 'node_ended',
  start: 'node_started',
  pause: 'node_paused',
  unpause: 'node_unpaused',
  oom: 'node_out_of_memory',
};

/** A line or an entry that waits to be merged. */
export type QueuedItem = {
  /** Time that it is ordered by. */
  timeMs: number;
  time: string;
} & (
  | { source: LogSource; line: ContainerLogLine; entry?: LogEntry }
  /** An entry of the controller's. */
  | { source?: undefined; line?: undefined; entry: LogEntry }
);

/** Returns the number of lines that a line counts as. */
export function countOf({ text }: ContainerLogLine): number {
  return 1 + Math.floor(text.length / LINE_CHARACTERS);
}

/** Returns a line of a source, parsed if its own time may be the one that it is ordered by. */
export function queuedLine(source: LogSource, line: ContainerLogLine): QueuedItem {
  const { clockAheadMs } = source;
  const lineMs = line.timeMs - clockAheadMs;
  const lineTime = clockAheadMs === 0 ? line.time : toLogTime(lineMs);
  if (!line.text.startsWith('{')) return { timeMs: lineMs, time: lineTime, source, line };
  const entry = parseSourceLine(source, line);
  const timeMs = orderingTimeMs(entry, lineMs);
  return { timeMs, time: timeMs === lineMs ? lineTime : entry.time, source, line, entry };
}

/** Parses a line. Its time is by the clock of the network, not by that of the node's host. */
export function parseSourceLine(source: LogSource, line: ContainerLogLine): LogEntry {
  const entry = parseLogLine(nameOf(source), line);
  return source.clockAheadMs === 0 ? entry : { ...entry, time: shiftTime(entry.time, -source.clockAheadMs) };
}

const shiftTime = (time: string, milliseconds: number): string => toLogTime(parseEngineTime(time) + milliseconds);

/** Returns the time that an entry is ordered by: the node's own, unless its clock cannot be right; then the engine's. */
function orderingTimeMs({ time }: LogEntry, lineMs: number): number {
  const ownMs = parseEngineTime(time);
  return ownMs <= lineMs + MAX_CLOCK_AHEAD_MS && ownMs >= lineMs - MAX_WRITE_DELAY_MS ? ownMs : lineMs;
}

/** Returns the entry that stands for lines that the engine dropped. */
export function queuedGap(source: LogSource, { afterMs: hostMs, durationMs, linesAbout }: LogGap): QueuedItem {
  const afterMs = hostMs - source.clockAheadMs;
  const entry = logGapEntry(toLogTime(afterMs), {
    of: nameOf(source),
    lines: linesAbout,
    durationMs,
    reason: 'the engine rotated these lines away before they were read',
  });
  return { timeMs: afterMs, time: entry.time, entry };
}

/** Returns the entry for a host of a swarm whose engine is gone. */
export function queuedHostLoss(host: string, reason: string, timeMs: number): QueuedItem {
  const time = toLogTime(timeMs);
  const entry: LogEntry = { time, node: CONTROLLER, level: 'warn', event: 'host_lost', fields: { host, reason } };
  return { timeMs, time, entry };
}

/**
 * Returns the entry for what happened to the container of a node; undefined for what the log does not have.
 * @param clockAheadMs of its host
 */
export function queuedEvent(
  node: string,
  { action, exitCode, time: hostTime }: ContainerEvent,
  clockAheadMs = 0,
): QueuedItem | undefined {
  const time = clockAheadMs === 0 ? hostTime : shiftTime(hostTime, -clockAheadMs);
  const event = EVENT_NAMES[action];
  if (event === undefined) return undefined;
  const isFailure = action === 'oom' || (action === 'die' && exitCode !== 0);
  const fields = { of: node, ...(exitCode === undefined ? {} : { exit_code: exitCode }) };
  const entry: LogEntry = { time, node: CONTROLLER, level: isFailure ? 'warn' : 'info', event, fields };
  return { timeMs: parseEngineTime(time), time, entry };
}
