import type { ContainerLogLine } from '../../engine/streams/log-demuxer.ts';

/** Lines that the engine had dropped before they could be read. */
export interface LogGap {
  /** Engine's time of the last line before the gap, milliseconds since the epoch. */
  afterMs: number;
  /** Time between the lines around it. */
  durationMs: number;
  /** Number of lines, by the rate and size of those before. */
  linesAbout: number;
}

/** Result of {@link LogPosition.accept}. */
export interface AcceptedLines {
  fresh: ContainerLogLine[];
  /** Gap before the fresh lines. */
  gap?: LogGap;
  /** The stream can no longer be relied on: the log must be opened again from the position. */
  isBroken: boolean;
}

/** Last line of a stream, and the number of lines of that time. */
interface LastLine {
  time: string;
  timeMs: number;
  lines: number;
}

/** Fastest that an engine writes a log: a file takes some time to fill, and shorter pauses and steps back have other causes. */
const MAX_BYTES_PER_MS = 200_000;
/** Part of a file that a program would have written in a pause, from which the pause is suspicious. */
const SUSPICIOUS_FILE_PART = 0.25;
/** Pause that is suspicious of any program: it may have been slow before. */
const SUSPICIOUS_PAUSE_MS = 2_000;
/** Time before the position from which a log is read again: lines of the two streams may be in another order than their times. */
const REOPEN_MARGIN_MS = 100;
/** Bytes around a line in the engine's file. */
const ENCODED_OVERHEAD_BYTES = 71;
/** Time over which the rate of lines is measured. */
const RATE_PERIOD_MS = 1_000;

/**
 * How far a container's log was read, and whether its stream can be relied on. Docker's streams cannot when a program writes faster
 * than they are read: 20.10 goes from the end of one file to the newest, whatever was rotated in between, and then may read that one
 * again from its beginning. Both show in the times of lines.
 */
export class LogPosition {
  readonly #fileBytes: number;
  /** Shortest time in which a file is filled. */
  readonly #fillMs: number;
  readonly #last: Partial<Record<ContainerLogLine['stream'], LastLine>> = {};
  /** Lines of the last time that were seen since the log was opened again. */
  #seenAgain: Record<ContainerLogLine['stream'], number> = { stdout: 0, stderr: 0 };
  #lastTime = '';
  #lastTimeMs = 0;
  #lastArrivalMs = 0;
  /** Engine's time when the log was opened. */
  #openedAtMs = 0;
  /** `first`: no line came yet since the log was opened again; `joining`: none that is new. */
  #state: 'first' | 'joining' | 'following' = 'following';
  /** Line that broke the stream. */
  #brokenAt: ContainerLogLine | undefined;
  /** Times of the lines of at least the last {@link LogPosition.#fillMs}: of those before `sinceMs`, and of those after. */
  #recent: { sinceMs: number; before: string[]; after: string[] } = { sinceMs: 0, before: [], after: [] };
  #lineCount = 0;
  #byteCount = 0;
  #rate = { perMs: 0, sinceMs: 0, lines: 0 };

  /** @param fileBytes size at which the engine rotates a file */
  constructor(fileBytes: number) {
    this.#fileBytes = fileBytes;
    this.#fillMs = fileBytes / MAX_BYTES_PER_MS;
  }

  /** Engine's time of the last line; empty before the first. */
  get lastTime(): string {
    return this.#lastTime;
  }

  /** Time to read the log from, as the engine takes it; undefined before the first line. */
  get since(): string | undefined {
    if (this.#lastTime === '') return undefined;
    return (Math.max(0, this.#lastTimeMs - REOPEN_MARGIN_MS) / 1_000).toFixed(9);
  }

  /**
   * The log was opened, at the time of {@link LogPosition.since} if there is one.
   * @param engineTimeMs engine's time, to a second
   * @returns false if the log must be opened once more: the engine's clock was set back, so that new lines have earlier times
   */
  onOpened(engineTimeMs: number | undefined): boolean {
    this.#openedAtMs = engineTimeMs ?? 0;
    this.#seenAgain = { stdout: 0, stderr: 0 };
    const { stdout: { time: stdoutTime = '' } = {}, stderr: { time: stderrTime = '' } = {} } = this.#last;
    this.#state = stdoutTime === '' && stderrTime === '' ? 'following' : 'first';
    const brokenAt = this.#brokenAt;
    this.#brokenAt = undefined;
    if (brokenAt === undefined || engineTimeMs === undefined || engineTimeMs + 1_000 > this.#lastTimeMs) return true;
    delete this.#last.stdout;
    delete this.#last.stderr;
    this.#lastTime = brokenAt.time;
    this.#lastTimeMs = brokenAt.timeMs;
    return false;
  }

  /** Takes the next lines of the stream. @param now milliseconds of a clock that does not go back */
  accept(lines: readonly ContainerLogLine[], now: number): AcceptedLines {
    const fresh: ContainerLogLine[] = [];
    let gap: LogGap | undefined;
    for (const line of lines) {
      if (this.#state === 'first') {
        this.#state = 'joining';
        if (line.time > this.#lastTime) gap = this.#measureGap(line);
      }
      if (this.#state === 'joining' && this.#isKnown(line)) continue;
      if (this.#state === 'following' && this.#breaks(line, now)) {
        this.#brokenAt = line;
        return { fresh, ...(gap === undefined ? {} : { gap }), isBroken: true };
      }
      this.#advance(line, now);
      fresh.push(line);
    }
    return { fresh, ...(gap === undefined ? {} : { gap }), isBroken: false };
  }

  #isKnown({ stream, time }: ContainerLogLine): boolean {
    const last = this.#last[stream];
    if (last === undefined || time > last.time) return false;
    return time < last.time || this.#seenAgain[stream]++ < last.lines;
  }

  #breaks({ stream, time, timeMs }: ContainerLogLine, now: number): boolean {
    const last = this.#last[stream];
    if (last !== undefined && time < last.time) {
      const { before, after } = this.#recent;
      // A fast program fills a file within the time that the clock may be corrected by.
      return last.timeMs - timeMs > this.#fillMs || after.includes(time) || before.includes(time);
    }
    const pauseMs = timeMs - this.#lastTimeMs - (now - this.#lastArrivalMs);
    // What was there when the log was opened is read file by file.
    if (pauseMs < this.#fillMs || this.#lastTime === '' || timeMs < this.#openedAtMs) return false;
    const isFilePart = this.#linesPerMs * pauseMs > SUSPICIOUS_FILE_PART * this.#fileLines;
    return isFilePart || pauseMs >= SUSPICIOUS_PAUSE_MS;
  }

  #advance({ stream, time, timeMs, text }: ContainerLogLine, now: number): void {
    const last = this.#last[stream];
    if (last !== undefined && last.time === time) last.lines++;
    else this.#last[stream] = { time, timeMs, lines: 1 };
    if (time > this.#lastTime) {
      if (this.#state === 'joining') this.#state = 'following';
      this.#lastTime = time;
      this.#lastTimeMs = timeMs;
    }
    if (Math.abs(timeMs - this.#recent.sinceMs) > this.#fillMs) {
      this.#recent = { sinceMs: timeMs, before: this.#recent.after, after: [] };
    }
    this.#recent.after.push(time);
    this.#lastArrivalMs = now;
    this.#lineCount++;
    this.#byteCount += text.length + ENCODED_OVERHEAD_BYTES;
    this.#measureRate();
  }

  #measureRate(): void {
    const { sinceMs, lines } = this.#rate;
    const elapsedMs = this.#lastTimeMs - sinceMs;
    if (elapsedMs < RATE_PERIOD_MS && sinceMs > 0) return;
    const perMs = sinceMs === 0 ? 0 : (this.#lineCount - lines) / elapsedMs;
    this.#rate = { perMs, sinceMs: this.#lastTimeMs, lines: this.#lineCount };
  }

  /** Rate of lines in the last period, or in this one if that is higher. */
  get #linesPerMs(): number {
    const { perMs, sinceMs, lines } = this.#rate;
    const elapsedMs = this.#lastTimeMs - sinceMs;
    return elapsedMs < this.#fillMs ? perMs : Math.max(perMs, (this.#lineCount - lines) / elapsedMs);
  }

  /** Number of lines in one of the engine's files, by the size of those so far. */
  get #fileLines(): number {
    return (this.#fileBytes * this.#lineCount) / this.#byteCount;
  }

  /** Returns the gap between the position and a line; undefined if the line may be the next one. */
  #measureGap({ timeMs }: ContainerLogLine): LogGap | undefined {
    const gapMs = timeMs - this.#lastTimeMs;
    // The next line of a file that is there follows sooner.
    if (gapMs < this.#fillMs / 4) return undefined;
    // The engine drops whole files.
    const files = Math.max(1, Math.round((this.#linesPerMs * gapMs) / this.#fileLines));
    return { afterMs: this.#lastTimeMs, durationMs: gapMs, linesAbout: Math.round(files * this.#fileLines) };
  }
}
