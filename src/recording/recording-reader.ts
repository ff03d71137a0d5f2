import { type FileHandle, open, stat } from 'node:fs/promises';
import { isMissingFile } from '../shared/files/file-error.ts';
import { sleep } from '../shared/time/poll.ts';
import { applyEvent, EMPTY_SNAPSHOT } from './apply-event.ts';
import type { RecordedLogEntry, RecordingEvent, Snapshot } from './recording-event.ts';
import { extendIndex, type IndexEntry, readIndexFile, type SegmentIndex } from './recording-index.ts';
import { type EventLine, type Line, parseLine, readHead, readLines } from './recording-lines.ts';
import { listSegments, type SegmentFile } from './segment-files.ts';

/** Time between two looks for new events, milliseconds. */
const POLL_INTERVAL_MS = 100;

export interface ReadEventsOptions {
  /** Only events after this time. @default all */
  after?: string;
  /** Only events up to this time. @default all */
  until?: string;
  /** Go on with what is written from now on, until the recording ends or `signal` aborts. @default false */
  follow?: boolean;
  signal?: AbortSignal;
}

interface IndexedSegment extends SegmentFile {
  index: SegmentIndex;
}

/**
 * Reads a recording: its events from a time on, and the state at any moment. Also one that is still written, or that was cut off:
 * half a line at the end is left out.
 */
export class RecordingReader {
  readonly #path: string;
  #segments: IndexedSegment[];

  private constructor(path: string, segments: IndexedSegment[]) {
    this.#path = path;
    this.#segments = segments;
  }

  /** @param path folder of segments, or one file @throws NodeJS.ErrnoException when it cannot be read */
  static async open(path: string): Promise<RecordingReader> {
    const reader = new RecordingReader(path, []);
    await reader.refresh();
    return reader;
  }

  /** Time of the first event that is left; empty where there is none. */
  get startTime(): string {
    return this.#segments.find(({ index }) => index.entries.length > 0)?.index.entries[0]?.time ?? '';
  }

  /** Time of the last event, as of the last {@link refresh}. */
  get endTime(): string {
    return this.#segments.reduce((last, { index }) => (index.endTime > last ? index.endTime : last), '');
  }

  /** Takes note of what was written since. */
  async refresh(): Promise<void> {
    const known = new Map(this.#segments.map((segment) => [segment.number, segment]));
    const files = await segmentsOf(this.#path);
    const segments = await Promise.all(
      files.map(async (file) => {
        const seen = known.get(file.number)?.index;
        if (seen?.isComplete) return { ...file, index: seen };
        return withFile(file.path, async (handle) => {
          const index = seen ?? (await readIndexFile(file.path, (await handle.stat()).size));
          return { ...file, index: await extendIndex(index, handle) };
        });
      }),
    );
    this.#segments = segments.flatMap((segment) => segment ?? []);
  }

  /** Returns the state at a moment: after all events up to then. */
  async seek(time: string): Promise<Snapshot> {
    const from = this.#segments.findLastIndex(({ index }) => lastSnapshotUntil(index, time));
    let snapshot = EMPTY_SNAPSHOT;
    // A segment that was cut off may have a header and no snapshot.
    for (const [number, { path, index }] of this.#segments.slice(Math.max(0, from)).entries()) {
      const at = number === 0 ? (lastSnapshotUntil(index, time)?.at ?? 0) : 0;
      const isPast = await withFile(path, async (file) => {
        for await (const lines of readLines(file, at)) {
          for (const line of lines) {
            const head = readHead(line);
            if (head && head.time > time) return true;
            const event = head && parseLine(line);
            if (event) snapshot = applyEvent(snapshot, event);
          }
        }
        return false;
      });
      if (isPast) break;
    }
    return snapshot;
  }

  /** Yields events in batches, in their order. */
  async *events({
    after = '',
    until,
    follow = false,
    signal,
  }: ReadEventsOptions = {}): AsyncGenerator<RecordingEvent[]> {
    let segment: SegmentFile | undefined = this.#segmentAt(after) ?? this.#segments[0];
    let from = this.#offsetBefore(segment, after);
    while (segment && !signal?.aborted) {
      const file = await openIfThere(segment.path);
      try {
        // A segment is complete when the next one is there; it has to be looked for before the last read.
        for (let next = await this.#next(segment, follow); file; next = await this.#next(segment, follow)) {
          for await (const lines of readLines(file, from)) {
            const last = lines.at(-1) as Line;
            from = last.at + last.bytes.length + 1;
            const events = selectEvents(lines, after, until);
            if (events.length > 0) yield events;
            if (signal?.aborted || isOver(lines, until) || (follow && events.some(({ type }) => type === 'end')))
              return;
          }
          if (next || !follow) break;
          await sleep(POLL_INTERVAL_MS, signal ?? NEVER).catch(() => {});
          if (signal?.aborted) return;
        }
      } finally {
        await file?.close();
      }
      segment = await this.#next(segment, follow);
      from = 0;
    }
  }

  /** Yields the lines of all events in batches, in their order. */
  async *lines(): AsyncGenerator<EventLine[]> {
    for (const { path } of this.#segments) {
      const file = await openIfThere(path);
      try {
        if (!file) continue;
        for await (const lines of readLines(file, 0))
          yield lines.flatMap((line) => {
            const head = readHead(line);
            return head ? { type: head.type, bytes: line.bytes } : [];
          });
      } finally {
        await file?.close();
      }
    }
  }

  /** Returns the events that a timeline shows: faults, steps, verdicts, gaps and the end. */
  async timeline(): Promise<RecordingEvent[]> {
    const events: RecordingEvent[] = [];
    for (const { path, index } of this.#segments) {
      const marks = index.entries.filter(({ type }) => !NOT_ON_TIMELINE.has(type));
      if (marks.length === 0) continue;
      await withFile(path, async (file) => {
        for (const { at } of marks) {
          const line = await readLineAt(file, at);
          const event = line && parseLine(line);
          if (event) events.push(event);
        }
      });
    }
    return events;
  }

  /** Returns the last log entries up to a moment, oldest first. */
  async entriesUntil(time: string, count: number): Promise<RecordedLogEntry[]> {
    let entries: RecordedLogEntry[] = [];
    for (const { path, index } of this.#segments.toReversed()) {
      const starts = [0, ...index.entries.filter(({ type }) => type === 'snapshot').map(({ at }) => at)];
      const found = await withFile(path, async (file) => {
        for (let i = starts.length - 1; i >= 0 && entries.length < count; i--) {
          const [at, end] = [starts[i] as number, starts[i + 1] ?? Number.POSITIVE_INFINITY];
          entries = [...(await readEntries(file, at, end, time)), ...entries];
        }
        return true;
      });
      if (!found || entries.length >= count) break;
    }
    return entries.slice(Math.max(0, entries.length - count));
  }

  /** Returns the last segment that begins before or at a time; undefined where the recording begins later. */
  #segmentAt(time: string): IndexedSegment | undefined {
    return this.#segments.findLast(({ index: { entries } }) => entries[0] !== undefined && entries[0].time <= time);
  }

  /** Returns where to begin for what comes after a time: at the last snapshot before it. */
  #offsetBefore(segment: SegmentFile | undefined, after: string): number {
    const found = this.#segments.find(({ number }) => number === segment?.number);
    return (found && lastSnapshotUntil(found.index, after)?.at) ?? 0;
  }

  /** Returns the segment after one; where that was removed meanwhile, the oldest one that is left. */
  async #next({ number }: SegmentFile, looks: boolean): Promise<SegmentFile | undefined> {
    const segments = looks ? await segmentsOf(this.#path).catch(() => []) : this.#segments;
    return segments.find((other) => other.number > number);
  }
}

const NEVER = new AbortController().signal;
const NOT_ON_TIMELINE: ReadonlySet<string> = new Set(['recording', 'topology', 'snapshot']);
const FIRST_READ_BYTES = 4 * 1024;

async function segmentsOf(path: string): Promise<SegmentFile[]> {
  return (await stat(path)).isDirectory() ? listSegments(path) : [{ number: 1, path }];
}

/** Returns undefined where the file is gone: the oldest segments of a recording are removed while it is written. */
async function openIfThere(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path);
  } catch (cause) {
    if (isMissingFile(cause)) return undefined;
    throw cause;
  }
}

/** Returns undefined where the file is gone. */
async function withFile<T>(path: string, use: (file: FileHandle) => Promise<T>): Promise<T | undefined> {
  const file = await openIfThere(path);
  try {
    return file && (await use(file));
  } finally {
    await file?.close();
  }
}

function lastSnapshotUntil({ entries }: SegmentIndex, time: string): IndexEntry | undefined {
  return entries.findLast((entry) => entry.type === 'snapshot' && entry.time <= time);
}

function selectEvents(lines: readonly Line[], after: string, until: string | undefined): RecordingEvent[] {
  return lines.flatMap((line) => {
    const head = readHead(line);
    if (!head || head.time <= after || (until !== undefined && head.time > until)) return [];
    return parseLine(line) ?? [];
  });
}

function isOver(lines: readonly Line[], until: string | undefined): boolean {
  if (until === undefined) return false;
  const head = readHead(lines.at(-1) as Line);
  return head !== undefined && head.time > until;
}

async function readLineAt(file: FileHandle, at: number): Promise<Line | undefined> {
  for (let size = FIRST_READ_BYTES; ; size *= 8) {
    const buffer = Buffer.allocUnsafe(size);
    const { bytesRead } = await file.read(buffer, 0, size, at);
    const end = buffer.subarray(0, bytesRead).indexOf('\n');
    if (end >= 0) return { at, bytes: buffer.subarray(0, end) };
    if (bytesRead < size) return undefined;
  }
}

async function readEntries(file: FileHandle, from: number, to: number, until: string): Promise<RecordedLogEntry[]> {
  const entries: RecordedLogEntry[] = [];
  for await (const lines of readLines(file, from)) {
    for (const line of lines) {
      if (line.at >= to) return entries;
      const head = readHead(line);
      if (!head) continue;
      if (head.time > until) return entries;
      const event = head.type === 'log' ? parseLine(line) : undefined;
      if (event?.type === 'log') entries.push(...event.entries);
    }
  }
  return entries;
}
