import type { ContainerLogLine } from '../engine/streams/log-demuxer.ts';

/** Severity of a log entry. */
export type Level = 'error' | 'warn' | 'info' | 'debug';

/** Most severe first. */
export const LEVELS: readonly Level[] = ['error', 'warn', 'info', 'debug'];

/** An entry of the merged log. `entryToJson` puts `fields` beside the other keys. */
export interface LogEntry {
  /** ISO 8601, UTC, with microseconds, so that times compare as text. */
  time: string;
  /** The node that wrote it, or {@link CONTROLLER}. */
  node: string;
  /** Severity that the line names; `warn` for plain text on standard error, otherwise `info`. */
  level: Level;
  /** Event, as the node names it; `output` for a line that is not in JSON. */
  event: string;
  /**
   * The rest of the line; `text` is the line of an `output`. Of a line over 1 MiB, each piece but the last has `continues: true`.
   */
  fields: Record<string, unknown>;
}

/** Name in `node` of the controller's own entries. No node can have it, because of the dot. */
export const CONTROLLER = '.devnet';

/** Name of {@link CONTROLLER} in a log that people read. */
export const CONTROLLER_LABEL = 'devnet';

const UTC_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.(\d{1,9}))?Z$/;

/**
 * Parses a line that a node wrote. A JSON object with an `event`, `message` or `msg` gives level, time and fields; any other
 * line becomes an `output`. A line without a readable time gets the time at which the engine read it.
 */
export function parseLogLine(node: string, line: Omit<ContainerLogLine, 'timeMs'>): LogEntry {
  const object = line.continues ? undefined : parseJsonObject(line.text);
  if (object) {
    const { time, level, event, node: _node, ...fields } = object;
    const named = typeof event === 'string' ? event : undefined;
    if (named !== undefined || typeof fields.message === 'string' || typeof fields.msg === 'string') {
      return {
        time: (typeof time === 'string' ? normalizeTime(time) : undefined) ?? toMicroseconds(line.time),
        node,
        level: parseLevel(level),
        event: named ?? 'message',
        fields,
      };
    }
  }
  const level = line.stream === 'stderr' ? 'warn' : 'info';
  const fields = line.continues ? { text: line.text, continues: true } : { text: line.text };
  return { time: toMicroseconds(line.time), node, level, event: 'output', fields };
}

/** Formats the event and fields of an entry: `link_down peer=n3`; of an `output`, its text. */
export function formatLogText({ event, fields }: LogEntry): string {
  if (event === 'output') return String(fields.text);
  const format = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value));
  return [event, ...Object.entries(fields).map(([key, value]) => `${key}=${format(value)}`)].join(' ');
}

/** Fields in which the controller names nodes: the node of an event, the ends of a link, all nodes that a failure is about. */
const NODE_FIELDS = ['of', 'from', 'to', 'nodes'] as const;

/** Returns whether an entry was written by one of `nodes`, or by the controller about one of them. */
export function concernsNodes({ node, fields }: LogEntry, nodes: ReadonlySet<string>): boolean {
  if (nodes.has(node)) return true;
  if (node !== CONTROLLER) return false;
  return NODE_FIELDS.some((key) => [fields[key]].flat().some((name) => nodes.has(name as string)));
}

/** Lines of a log that nobody can read any more. */
export interface MissingLines {
  /** Node or nodes that wrote them. */
  of: string | readonly string[];
  lines: number;
  durationMs: number;
  reason: string;
}

/** Returns the entry that stands for missing lines. */
export function logGapEntry(time: string, { of, lines, durationMs, reason }: MissingLines): LogEntry {
  const fields = { of, lines_about: lines, seconds: Math.round(durationMs) / 1_000, reason };
  return { time, node: CONTROLLER, level: 'warn', event: 'log_gap', fields };
}

export function entryToJson({ time, node, level, event, fields }: LogEntry): Record<string, unknown> {
  return { time, node, level, event, ...fields };
}

/** Formats an entry as one line of JSON. */
export function formatAsJson(entry: LogEntry): string {
  const { time, node, level, event, fields } = entry;
  if (event !== 'output' || fields.continues) return JSON.stringify(entryToJson(entry));
  // The same, three times as fast: a program that prints much prints this.
  return `{"time":"${time}","node":"${node}","level":"${level}","event":"output","text":${JSON.stringify(fields.text)}}`;
}

/** Parses what {@link entryToJson} wrote; undefined for a line that was cut off. */
export function entryFromJson(line: string): LogEntry | undefined {
  const object = parseJsonObject(line);
  if (!object) return undefined;
  const { time, node, level, event, ...fields } = object;
  if (typeof time !== 'string' || typeof node !== 'string' || typeof event !== 'string') return undefined;
  return { time, node, level: parseLevel(level), event, fields };
}

/** Returns the present as an entry's time, by this process's clock. */
export function currentLogTime(): string {
  return toLogTime(performance.timeOrigin + performance.now());
}

/** Formats milliseconds since the epoch, with fraction, as an entry's time. */
export function toLogTime(milliseconds: number): string {
  const whole = Math.floor(milliseconds);
  const microseconds = String(Math.floor((milliseconds - whole) * 1_000)).padStart(3, '0');
  return `${new Date(whole).toISOString().slice(0, -1)}${microseconds}Z`;
}

/** Shortens or extends the time of an engine, which has up to nine digits after the second, to that of an entry. */
export function toMicroseconds(time: string): string {
  return time.length === 30 ? `${time.slice(0, 26)}Z` : (normalizeTime(time) ?? time);
}

function parseJsonObject(text: string): Record<string, unknown> | undefined {
  if (!text.startsWith('{')) return undefined;
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return undefined; // Text that only looks like JSON.
  }
}

/** Gives a time six digits after the second, so that times compare as text; undefined for other formats. */
function normalizeTime(time: string): string | undefined {
  const match = UTC_TIME.exec(time);
  return match ? `${time.slice(0, 19)}.${(match[1] ?? '').padEnd(6, '0').slice(0, 6)}Z` : undefined;
}

function parseLevel(level: unknown): Level {
  if (level === 'warning') return 'warn';
  if (level === 'fatal' || level === 'critical') return 'error';
  if (level === 'trace') return 'debug';
  return LEVELS.includes(level as Level) ? (level as Level) : 'info';
}
