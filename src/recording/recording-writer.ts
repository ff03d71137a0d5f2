import { type FileHandle, open, rm } from 'node:fs/promises';
import { LineChunks } from '../shared/files/line-chunks.ts';
import { PRIVATE_FILE_MODE } from '../shared/files/private-folder.ts';
import type { LiveRecording } from './live-recording.ts';
import type { RecordingEvent, RecordingStarted, Snapshot } from './recording-event.ts';
import { type IndexEnd, type IndexEntry, isIndexed } from './recording-index.ts';
import { formatEvent } from './recording-lines.ts';
import { indexPath, segmentPath } from './segment-files.ts';

/** Limits of a recording. */
export interface RecordingLimits {
  /** Size from which the next segment is begun, bytes. */
  segmentBytes: number;
  /** Number of segments that are kept; the oldest ones are removed. */
  maxSegments: number;
  /** Shortest time between two snapshots, milliseconds. */
  snapshotIntervalMs: number;
  /** Events after which a snapshot is written even before that, bytes. */
  maxSnapshotDistanceBytes: number;
  /** Events that wait to be written, bytes; more are left out, and a gap says so. */
  maxPendingBytes: number;
}

export const DEFAULT_RECORDING_LIMITS: RecordingLimits = {
  segmentBytes: 16 * 1024 * 1024,
  maxSegments: 16,
  snapshotIntervalMs: 5_000,
  maxSnapshotDistanceBytes: 4 * 1024 * 1024,
  maxPendingBytes: 32 * 1024 * 1024,
};

/** Events are written together this long after the first of them, milliseconds. */
const FLUSH_DELAY_MS = 50;

export interface RecordingWriterOptions {
  limits?: Partial<RecordingLimits>;
  /** Called once, when the recording cannot be written; nothing is written from then on. */
  onFailure?: (cause: unknown) => void;
}

/** What is written next to one segment. */
interface PendingSegment {
  number: number;
  lines: LineChunks;
  index: (IndexEntry | IndexEnd)[];
}

interface OpenSegment {
  number: number;
  segment: FileHandle;
  index: FileHandle;
}

/**
 * Writes a live recording into the segments of a folder. Never makes who records wait: what the disk does not take in time is left
 * out. Begins a segment with what it needs to be read alone: the header and a snapshot.
 */
export class RecordingWriter {
  readonly #folder: string;
  readonly #live: LiveRecording;
  readonly #limits: RecordingLimits;
  readonly #onFailure: (cause: unknown) => void;
  readonly #unsubscribe: () => void;
  /** Header of the recording; that of each segment has its own number. */
  #header: RecordingStarted | undefined;
  #pending: PendingSegment[] = [];
  #pendingBytes = 0;
  #segment: PendingSegment = newSegment(1);
  #segmentBytes = 0;
  /** Times at which the segments began, by number. */
  readonly #segmentTimes = new Map<number, string>();
  /** Offset at which the last snapshot ended; the first one comes some time after the header. */
  #lastSnapshot = { timeMs: Number.NaN, bytes: 0, at: 0 };
  /** Time since which events are left out. */
  #gapSince: string | undefined;
  #files: OpenSegment | undefined;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> | undefined;
  #isOver = false;

  private constructor(folder: string, live: LiveRecording, { limits, onFailure = () => {} }: RecordingWriterOptions) {
    this.#folder = folder;
    this.#live = live;
    this.#limits = { ...DEFAULT_RECORDING_LIMITS, ...limits };
    this.#onFailure = onFailure;
    this.#pending.push(this.#segment);
    this.#unsubscribe = live.subscribe((event, snapshot) => this.#add(event, snapshot));
  }

  /**
   * Begins a recording in an empty folder, before its first event, which is `recording`.
   * @throws NodeJS.ErrnoException when the folder cannot be written
   */
  static async open(
    folder: string,
    live: LiveRecording,
    options: RecordingWriterOptions = {},
  ): Promise<RecordingWriter> {
    const files = await openSegment(folder, 1);
    const writer = new RecordingWriter(folder, live, options);
    writer.#files = files;
    return writer;
  }

  /** Writes what is left, and closes the files. Never throws. */
  async close(): Promise<void> {
    this.#unsubscribe();
    clearTimeout(this.#timer);
    await (this.#writing ?? this.#write());
    if (this.#gapSince !== undefined) {
      this.#endGap();
      const { time, ended } = this.#live.snapshot;
      if (ended !== undefined) this.#append({ type: 'end', time, reason: ended });
    }
    this.#completeSegment();
    clearTimeout(this.#timer);
    await this.#write();
    this.#isOver = true;
    await this.#closeFiles().catch(() => {});
  }

  get #hasPending(): boolean {
    return this.#pending.some(({ lines, index }) => !lines.isEmpty || index.length > 0);
  }

  get #isBusy(): boolean {
    return this.#writing !== undefined || this.#timer !== undefined;
  }

  #add(event: RecordingEvent, snapshot: Snapshot): void {
    if (this.#isOver) return;
    if (this.#gapSince !== undefined) {
      if (!this.#isBusy) this.#endGap();
      return;
    }
    if (event.type === 'recording') {
      this.#header = event;
      this.#lastSnapshot.timeMs = Date.parse(event.time);
    }
    this.#append(event);
    if (this.#pendingBytes > this.#limits.maxPendingBytes) this.#gapSince = event.time;
    else if (event.type !== 'end') this.#makeReadable(event.time, snapshot);
    this.#writeSoon();
  }

  /** Begins the next segment, or writes a snapshot, where it is time to. */
  #makeReadable(time: string, snapshot: Snapshot): void {
    if (this.#segmentBytes >= this.#limits.segmentBytes) this.#beginNextSegment(snapshot);
    else if (this.#isSnapshotDue(time)) this.#appendSnapshot(snapshot);
  }

  #append(event: RecordingEvent): number {
    const at = this.#segmentBytes;
    if (!this.#segmentTimes.has(this.#segment.number)) this.#segmentTimes.set(this.#segment.number, event.time);
    for (const line of formatEvent(event)) {
      const bytes = this.#segment.lines.append(line);
      this.#segmentBytes += bytes;
      this.#pendingBytes += bytes;
    }
    if (isIndexed(event.type)) this.#segment.index.push({ type: event.type, time: event.time, at });
    return this.#segmentBytes - at;
  }

  #appendSnapshot(snapshot: Snapshot): void {
    const { time } = snapshot;
    const bytes = this.#append({ type: 'snapshot', time, snapshot });
    this.#lastSnapshot = { timeMs: Date.parse(time), bytes, at: this.#segmentBytes };
  }

  /**
   * Snapshots are far enough apart to take no more room than the events, and close enough for the events between them to be read in
   * no time.
   */
  #isSnapshotDue(time: string): boolean {
    const distance = this.#segmentBytes - this.#lastSnapshot.at;
    if (distance >= this.#limits.maxSnapshotDistanceBytes) return true;
    const isLater = Date.parse(time) - this.#lastSnapshot.timeMs >= this.#limits.snapshotIntervalMs;
    return isLater && distance >= this.#lastSnapshot.bytes;
  }

  #beginNextSegment(snapshot: Snapshot): void {
    this.#completeSegment();
    const { number } = this.#segment;
    this.#segment = newSegment(number + 1);
    this.#segmentBytes = 0;
    this.#pending.push(this.#segment);
    if (this.#header) this.#append(this.#headerOf(number + 1, snapshot.time));
    this.#appendSnapshot(snapshot);
  }

  #headerOf(segment: number, time: string): RecordingStarted {
    const { type, time: _time, dropped: _dropped, ...header } = this.#header as RecordingStarted;
    const oldest = this.#oldestKept(segment);
    const until = this.#segmentTimes.get(oldest);
    const dropped = oldest > 1 && until !== undefined ? { dropped: { segments: oldest - 1, until } } : {};
    return { type, time, ...header, segment, ...dropped };
  }

  #oldestKept(segment: number): number {
    return Math.max(1, segment - this.#limits.maxSegments + 1);
  }

  #completeSegment(): void {
    this.#segment.index.push({ type: 'complete', time: this.#live.snapshot.time, at: this.#segmentBytes });
  }

  /** Says what was left out while the disk was slow, and goes on. */
  #endGap(): void {
    const { snapshot } = this.#live;
    const since = this.#gapSince as string;
    this.#gapSince = undefined;
    this.#append({ type: 'gap', time: snapshot.time, since, reason: 'the disk was too slow' });
    this.#appendSnapshot(snapshot);
    this.#writeSoon();
  }

  #writeSoon(): void {
    if (this.#isBusy) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#writing = this.#write().finally(() => {
        this.#writing = undefined;
      });
    }, FLUSH_DELAY_MS).unref();
  }

  /** Writes all that waits. Never throws. */
  async #write(): Promise<void> {
    try {
      while (this.#hasPending && !this.#isOver) await this.#writeOnce();
    } catch (cause) {
      this.#isOver = true;
      this.#unsubscribe();
      this.#pending = [];
      await this.#closeFiles().catch(() => {});
      this.#onFailure(cause);
    }
  }

  async #writeOnce(): Promise<void> {
    const pending = this.#pending.map(({ number, lines, index }) => ({ number, lines, chunks: lines.take(), index }));
    this.#segment.index = [];
    this.#pending = [this.#segment];
    for (const { number, lines, chunks, index } of pending) {
      const files = this.#files?.number === number ? this.#files : await this.#openNext(number);
      for (const chunk of chunks) {
        await files.segment.appendFile(chunk);
        this.#pendingBytes -= chunk.length;
        lines.release(chunk);
      }
      if (index.length > 0) await files.index.appendFile(index.map((line) => `${JSON.stringify(line)}\n`).join(''));
    }
  }

  /** Opens the next segment, and removes the oldest one where there is one too many. */
  async #openNext(number: number): Promise<OpenSegment> {
    await this.#closeFiles();
    const files = await openSegment(this.#folder, number);
    this.#files = files;
    const dropped = this.#oldestKept(number) - 1;
    const path = segmentPath(this.#folder, dropped);
    this.#segmentTimes.delete(dropped);
    if (dropped > 0) await Promise.all([path, indexPath(path)].map((file) => rm(file, { force: true })));
    return files;
  }

  async #closeFiles(): Promise<void> {
    const files = this.#files;
    this.#files = undefined;
    await Promise.all([files?.segment.close(), files?.index.close()]);
  }
}

function newSegment(number: number): PendingSegment {
  return { number, lines: new LineChunks(), index: [] };
}

async function openSegment(folder: string, number: number): Promise<OpenSegment> {
  const path = segmentPath(folder, number);
  const segment = await open(path, 'wx', PRIVATE_FILE_MODE);
  try {
    return { number, segment, index: await open(indexPath(path), 'wx', PRIVATE_FILE_MODE) };
  } catch (cause) {
    await segment.close();
    throw cause;
  }
}
