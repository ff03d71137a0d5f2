import type { FileHandle } from 'node:fs/promises';
import { entryToJson, type LogEntry } from '../network/log-entry.ts';
import type { LogWritten, RecordedLogEntry, RecordingEvent, RecordingEventType } from './recording-event.ts';

/** Longest line of log entries, characters; a single entry may be longer. */
const MAX_LOG_LINE_CHARACTERS = 256 * 1024;
const CHUNK_BYTES = 1024 * 1024;
const NEWLINE = 0x0a;
/** Bytes of a line that its type and time are in. */
const HEAD_BYTES = 96;
const HEAD = /^\{"type":"([a-z_]+)","time":"([^"]+)"/;

/**
 * An event of log entries that are there as JSON already: the log file has the same. Its `entries` are made for the first who asks. A
 * class, since each object literal with a getter has a hidden class of its own, which keeps the entries until a full garbage collection.
 */
export class FormattedLogEvent implements LogWritten {
  readonly type = 'log';
  readonly time: string;
  readonly #entries: readonly LogEntry[];
  readonly #formatted: readonly string[];
  #made: RecordedLogEntry[] | undefined;

  /** @param formatted each entry as JSON */
  constructor(time: string, entries: readonly LogEntry[], formatted: readonly string[]) {
    this.time = time;
    this.#entries = entries;
    this.#formatted = formatted;
  }

  get entries(): RecordedLogEntry[] {
    this.#made ??= this.#entries.map(entryToJson) as RecordedLogEntry[];
    return this.#made;
  }

  get formatted(): readonly string[] {
    return this.#formatted;
  }

  toJSON(): LogWritten {
    const { type, time, entries } = this;
    return { type, time, entries };
  }
}

function formatEntries(event: LogWritten): readonly string[] {
  return event instanceof FormattedLogEvent ? event.formatted : event.entries.map((entry) => JSON.stringify(entry));
}

/** Formats an event as lines of JSON: one, or several of few entries each where it has many log entries. */
export function formatEvent(event: RecordingEvent): string[] {
  if (event.type !== 'log') return [`${JSON.stringify(event)}\n`];
  const head = `{"type":"log","time":${JSON.stringify(event.time)},"entries":[`;
  const formatted = formatEntries(event);
  const lines: string[] = [];
  let from = 0;
  let length = 0;
  for (let index = 0; index < formatted.length; index++) {
    const { length: added } = formatted[index] as string;
    if (index > from && length + added > MAX_LOG_LINE_CHARACTERS) {
      lines.push(`${head}${formatted.slice(from, index).join(',')}]}\n`);
      from = index;
      length = 0;
    }
    length += added;
  }
  lines.push(`${head}${(from === 0 ? formatted : formatted.slice(from)).join(',')}]}\n`);
  return lines;
}

/** An event of a recording as its line, without a newline: most need not be parsed to be passed on. */
export interface EventLine {
  type: RecordingEventType;
  bytes: Buffer;
}

/** Returns the lines of an event. */
export function toEventLines(event: RecordingEvent): EventLine[] {
  return formatEvent(event).map((line) => ({ type: event.type, bytes: Buffer.from(line.slice(0, -1)) }));
}

/** A whole line of a file, without its newline. */
export interface Line {
  /** Offset of its beginning, bytes. */
  at: number;
  bytes: Buffer;
}

/**
 * Reads whole lines of a file in batches, from a place where one begins. What follows the last newline is a line that is still
 * written, or was cut off, and is left out.
 */
export async function* readLines(file: FileHandle, from: number): AsyncGenerator<Line[]> {
  let rest = Buffer.alloc(0);
  let at = from;
  for (;;) {
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    const { bytesRead } = await file.read(chunk, 0, CHUNK_BYTES, at + rest.length);
    if (bytesRead === 0) return;
    const bytes =
      rest.length === 0 ? chunk.subarray(0, bytesRead) : Buffer.concat([rest, chunk.subarray(0, bytesRead)]);
    const lines: Line[] = [];
    let start = 0;
    // Only what was read now can hold the next newline.
    for (let end = bytes.indexOf(NEWLINE, rest.length); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
      lines.push({ at: at + start, bytes: bytes.subarray(start, end) });
      start = end + 1;
    }
    rest = bytes.subarray(start);
    at += start;
    if (lines.length > 0) yield lines;
  }
}

/** Type and time of a line. */
export interface LineHead {
  type: RecordingEventType;
  time: string;
}

/** Returns the type and time of a line, without parsing all of it; undefined for one that is damaged. */
export function readHead({ bytes }: Line): LineHead | undefined {
  const match = HEAD.exec(bytes.toString('latin1', 0, HEAD_BYTES));
  if (match) return { type: match[1] as RecordingEventType, time: match[2] as string };
  return parseLine({ bytes });
}

/** Parses a line; undefined for one that is damaged. */
export function parseLine({ bytes }: { bytes: Buffer }): RecordingEvent | undefined {
  try {
    const event = JSON.parse(bytes.toString('utf8')) as Partial<RecordingEvent> | null;
    return typeof event?.type === 'string' && typeof event.time === 'string' ? (event as RecordingEvent) : undefined;
  } catch {
    return undefined; // Half a line, from a process that was killed, and the beginning of another one.
  }
}
