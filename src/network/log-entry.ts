import type { ContainerLogLine } from '../engine/log-demuxer.ts';

export type Level = 'error' | 'warn' | 'info' | 'debug';

/** Most severe first. */
export const LEVELS: readonly Level[] = ['error', 'warn', 'info', 'debug'];

/** One line of the merged log. As JSON it is one object, `fields` beside the other keys: see {@link entryToJson}. */
export interface LogEntry {
  /** ISO 8601, UTC, microseconds: compares as text. */
  time: string;
  /** The node that wrote it, or {@link CONTROLLER}. */
  node: string;
  level: Level;
  /** The node's word for what happened; `output` for a line that is no JSON log line. */
  event: string;
  /** All else the line held; of an `output`, `text` is the line. */
  fields: Record<string, unknown>;
}

/** Writes the controller's own entries: no node can have this name, for it holds a dot. */
export const CONTROLLER = '.devnet';

const UTC_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.(\d{1,9}))?Z$/;

/**
 * What a container wrote, as an entry. A JSON object with an `event` or `message` is read for its level, time and fields;
 * anything else is an `output`. Lines without a readable time of their own have the time the engine read them.
 */
export function parseLogLine(node: string, line: ContainerLogLine): LogEntry {
  const object = parseJsonObject(line.text);
  if (object) {
    const { time, level, event, node: _node, ...fields } = object;
    const named = typeof event === 'string' ? event : undefined;
    if (named !== undefined || typeof fields.message === 'string' || typeof fields.msg === 'string') {
      return {
        time: (typeof time === 'string' ? normalizeTime(time) : undefined) ?? (normalizeTime(line.time) as string),
        node,
        level: parseLevel(level),
        event: named ?? 'message',
        fields,
      };
    }
  }
  const level = line.stream === 'stderr' ? 'warn' : 'info';
  return { time: normalizeTime(line.time) as string, node, level, event: 'output', fields: { text: line.text } };
}

/** Formats the event and fields of an entry: `link_down peer=n3`; of an `output`, its text. */
export function formatLogText({ event, fields }: LogEntry): string {
  if (event === 'output') return String(fields.text);
  const format = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value));
  return [event, ...Object.entries(fields).map(([key, value]) => `${key}=${format(value)}`)].join(' ');
}

export function entryToJson({ time, node, level, event, fields }: LogEntry): Record<string, unknown> {
  return { time, node, level, event, ...fields };
}

/** What {@link entryToJson} wrote, as an entry again; undefined for a line that was cut off in the middle. */
export function entryFromJson(line: string): LogEntry | undefined {
  const object = parseJsonObject(line);
  if (!object) return undefined;
  const { time, node, level, event, ...fields } = object;
  if (typeof time !== 'string' || typeof node !== 'string' || typeof event !== 'string') return undefined;
  return { time, node, level: parseLevel(level), event, fields };
}

/** The present, as an entry's time. */
export function currentLogTime(): string {
  return new Date(performance.timeOrigin + performance.now()).toISOString().replace('Z', '000Z');
}

function parseJsonObject(text: string): Record<string, unknown> | undefined {
  if (!text.startsWith('{')) return undefined;
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return undefined; // A line that only looks like JSON is text.
  }
}

/** Any fraction, brought to six digits, so that times compare as text. */
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
