import { setImmediate as afterIo } from 'node:timers/promises';
import pLimit from 'p-limit';
import type { Engine } from '../../engine/connection/engine.ts';
import { leadingHost, loseHostOf } from '../../engine/connection/engine-hosts.ts';
import { LOG_FILE_BYTES } from '../../engine/containers.ts';
import type { ContainerEvent } from '../../engine/events.ts';
import { readLastLineTime } from '../../engine/logs.ts';
import type { ContainerLogLine } from '../../engine/streams/log-demuxer.ts';
import { CONTROLLER, concernsNodes, type LogEntry } from '../../network/log-entry.ts';
import { LABEL } from '../state/labels.ts';
import { observe } from '../state/network-state.ts';
import { EngineClock } from './engine-clock.ts';
import { type FollowOptions, followContainerLog } from './follow-container-log.ts';
import { LogMerger } from './log-merger.ts';
import { LogPosition } from './log-position.ts';
import { createLogSource, type LogSource, NETEM_SOURCE } from './log-source.ts';
import { MergeWindow } from './merge-window.ts';
import {
  countOf,
  parseSourceLine,
  type QueuedItem,
  queuedEvent,
  queuedGap,
  queuedHostLoss,
  queuedLine,
} from './queued-item.ts';

/** Options of the merged log. */
export interface TailOptions {
  /** Continue with new lines and with what happens to the nodes. */
  follow: boolean;
  /** Only the log of these nodes, and what the controller says of them; with `CONTROLLER`, all that it says. @default all */
  nodes?: readonly string[];
  /** Omit lines before this time, seconds since the epoch. @default none omitted */
  since?: number;
  /** Omit all but the last lines of each node. @default none omitted */
  tail?: number;
  /**
   * With `follow`, how old a line is when it is shown, by the engine's clock, so that earlier ones of quiet nodes come before it;
   * milliseconds. @default what the slowest line of the last seconds took, 300 at most
   */
  windowMs?: number;
  /** Ends the log. @default none */
  signal?: AbortSignal;
}

/** Bytes that are read of nodes that are ahead of the others, of all together. */
const READ_AHEAD_BYTES = 16 * 1024 * 1024;
const MIN_READ_AHEAD_BYTES = 64 * 1024;
/** Lines of a node that wait to be merged. Few: in the heap, a line takes several times what it takes as bytes. */
const MAX_QUEUED_LINES = 20;
const MAX_BATCH_ENTRIES = 500;

/** Silence of a node that is not up to date, from which the engine is asked whether it has more of its log. */
const SILENCE_MS = 50;
/** Time between two such questions about one node. */
const QUESTION_INTERVAL_MS = 250;
/** The engine is asked about so many nodes at a time. */
const MAX_QUESTIONS = 8;
/** The engine has more of a log for so long and does not send it: its stream is stuck. */
const STUCK_MS = 2_000;
/** The same for a stream that has not begun: the engine reads all of a log to find where to begin. */
const STUCK_AT_START_MS = 60_000;
/** Longest time from when a node notes the time of a line until the engine has read the line, unless the machine is busy. */
const WRITE_DELAY_MS = 20;

/** Progress of reading a node's log. */
interface ReadLog {
  containerId: string;
  position: LogPosition;
  /** Engine's time when the log was first opened, milliseconds since the epoch. */
  openedAtMs: number | undefined;
}

/** Reads the logs of a network's containers into a {@link LogMerger}. */
export class LogTail {
  readonly #engine: Engine;
  readonly #signal: AbortSignal;
  readonly #options: TailOptions;
  /** Nodes, or the controller, whose entries are wanted; undefined for all. */
  readonly #chosen: ReadonlySet<string> | undefined;
  readonly #window: MergeWindow;
  readonly #readAheadBytes: number;
  readonly #merger = new LogMerger<QueuedItem>();
  readonly #clock = new EngineClock();
  readonly #ask = pLimit(MAX_QUESTIONS);
  /** Sources that are read. */
  readonly #sources = new Map<string, LogSource>();
  #eventsAreOpen = false;
  /** Logs that were read, to be continued after a restart, by node. */
  readonly #readLogs = new Map<string, ReadLog>();
  /** Container ids of nodes that restarted before their log was read to its end. */
  readonly #pendingRestarts = new Map<string, string>();
  #failure: unknown;
  #wake: () => void = () => {};

  constructor(engine: Engine, options: TailOptions, nodeCount: number, signal: AbortSignal) {
    this.#engine = engine;
    this.#options = options;
    this.#window = new MergeWindow(options.windowMs);
    this.#chosen = options.nodes && new Set(options.nodes);
    this.#readAheadBytes = Math.max(MIN_READ_AHEAD_BYTES, READ_AHEAD_BYTES / nodeCount);
    this.#signal = signal;
    signal.addEventListener('abort', () => this.#notify(), { once: true });
  }

  fail(cause: unknown): void {
    this.#failure ??= cause;
    this.#notify();
  }

  /**
   * Reads a node's log, if it is wanted; while it is still read, again after its end.
   * @param options what is wanted of what is there; absent for a container that was started just now
   * @returns when it is open
   */
  readLog(node: string, containerId: string, options?: Pick<TailOptions, 'since' | 'tail'>): Promise<void> {
    if (node !== NETEM_SOURCE && this.#chosen?.has(node) === false) return Promise.resolve();
    if (this.#sources.has(node)) {
      this.#pendingRestarts.set(node, containerId);
      return Promise.resolve();
    }
    let log = this.#readLogs.get(node);
    if (log?.containerId !== containerId) {
      log = { containerId, position: new LogPosition(LOG_FILE_BYTES), openedAtMs: undefined };
      this.#readLogs.set(node, log);
    }
    const clockAheadMs = this.#clockAheadOf(containerId);
    const sinceMs = options ? options.since && options.since * 1_000 + clockAheadMs : log.openedAtMs;
    const source = createLogSource(
      node,
      containerId,
      log.position,
      {
        ...(sinceMs === undefined ? {} : { since: (sinceMs / 1_000).toFixed(9) }),
        ...(options?.tail === undefined ? {} : { tail: options.tail }),
      },
      clockAheadMs,
    );
    this.#sources.set(node, source);
    this.#merger.open(node);
    const opened = new Promise<void>((resolve) => {
      source.onOpened = resolve;
    });
    this.#readLogToEnd(source)
      .catch((cause: unknown) => {
        // Who watches the events of its host notes that.
        if (!this.#options.follow || loseHostOf(this.#engine, containerId, cause) === undefined) this.fail(cause);
      })
      .finally(() => {
        this.#sources.delete(node);
        this.#merger.end(node);
        const restarted = this.#pendingRestarts.get(node);
        this.#pendingRestarts.delete(node);
        if (restarted !== undefined) void this.readLog(node, restarted);
        source.onOpened();
        this.#notify();
      });
    return opened;
  }

  #clockAheadOf(containerId: string): number {
    return this.#engine.hosts?.hostOf(containerId)?.clockAheadMs ?? 0;
  }

  /** Opens the source of what happens to containers. */
  openEventSource(): void {
    this.#eventsAreOpen = true;
    this.#merger.open(CONTROLLER);
  }

  /** Logs an event of a node, and follows containers that start. */
  handleContainerEvent(event: ContainerEvent): void {
    const { action, id, labels } = event;
    const node = labels[LABEL.node];
    if (node === undefined) {
      // The agents of a swarm's hosts log the same.
      const isAgent = labels[LABEL.role] === 'links' && labels[LABEL.host] === leadingHost(this.#engine)?.name;
      if (action === 'start' && isAgent) void this.readLog(NETEM_SOURCE, id);
      // The record is removed last, unless another one has replaced it.
      if (action === 'destroy' && labels[LABEL.role] === 'record') this.endIfGone(labels[LABEL.name] as string);
      return;
    }
    const item = queuedEvent(node, event, this.#clockAheadOf(id));
    if (!item || !this.#eventsAreOpen) return;
    this.#clock.observe(item.timeMs, performance.now());
    this.#merger.push(CONTROLLER, [item]);
    if (action === 'start') void this.readLog(node, id);
    this.#notify();
  }

  /** Logs that a host is gone, whose nodes cannot be followed any more. */
  handleLostHost(host: string, reason: string): void {
    const nowMs = this.#clock.at(performance.now()) ?? Date.now();
    this.#merger.push(CONTROLLER, [queuedHostLoss(host, reason, nowMs)]);
    this.#notify();
  }

  /** Ends the log if the network is gone. */
  endIfGone(name: string): void {
    observe(this.#engine, name).then(
      (rest) => {
        if ((rest?.recordIds.length ?? 0) > 0) return;
        this.#eventsAreOpen = false;
        this.#merger.end(CONTROLLER);
        this.#notify();
      },
      (failure: unknown) => this.fail(failure),
    );
  }

  async *batches(): AsyncGenerator<LogEntry[]> {
    while (!this.#signal.aborted) {
      const changed = new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      const taken = this.#take();
      if (taken.length > 0) {
        const batch = taken.filter((entry) => this.#isWanted(entry));
        if (batch.length > 0) yield batch;
        continue;
      }
      if (this.#failure !== undefined) throw this.#failure;
      if (this.#sources.size === 0 && !this.#eventsAreOpen && this.#merger.queuedCount === 0) return;
      const timer = this.#options.follow ? this.#wakeLater() : undefined;
      await changed;
      clearTimeout(timer);
      // What other nodes have sent meanwhile is read first: larger batches are cheaper.
      await afterIo();
    }
  }

  #take(): LogEntry[] {
    const dueMs = (this.#clock.at(performance.now()) ?? Number.NEGATIVE_INFINITY) - this.#window.ms;
    // Events come by themselves, and nobody can be asked for them.
    if (this.#eventsAreOpen) this.#merger.completeUntil(CONTROLLER, dueMs);
    const taken = this.#merger.take(this.#isTimely ? dueMs : Number.NEGATIVE_INFINITY, MAX_BATCH_ENTRIES);
    return taken.map((item) => {
      const { source, line, entry } = item;
      if (!source) return item.entry;
      source.queuedLines -= countOf(line);
      if (source.resume && source.queuedLines <= MAX_QUEUED_LINES) source.resume();
      // Lines are parsed late where they can be: what waits is less, and what is made of it is soon gone.
      return entry ?? parseSourceLine(source, line);
    });
  }

  /**
   * True while all logs are up to date, so that the engine is known to be quick enough: what is as old as the window is here.
   * Otherwise the engine must be asked about logs that are silent.
   */
  get #isTimely(): boolean {
    return this.#window.ms === 0 || [...this.#sources.values()].every(({ isUpToDate }) => isUpToDate);
  }

  /**
   * Wakes the loop when the next entry is old enough, or when a node that is not known to be up to date has been silent for
   * long enough to ask the engine about it. @returns undefined when nothing waits
   */
  #wakeLater(): NodeJS.Timeout | undefined {
    const now = performance.now();
    const headTimeMs = this.#merger.headTimeMs;
    const engineMs = this.#clock.at(now);
    const isTimely = this.#isTimely;
    const blocking = this.#merger.blockingSources;
    let dueMs = Number.POSITIVE_INFINITY;
    if (headTimeMs !== undefined && engineMs !== undefined && (isTimely || blocking.includes(CONTROLLER)))
      dueMs = headTimeMs + this.#window.ms - engineMs + 1;
    for (const source of this.#sources.values()) {
      const { stream, isUpToDate, isAsked, nextQuestionAtMs } = source;
      const silentSinceMs = stream?.silentSinceMs;
      if (isAsked || silentSinceMs === undefined) continue;
      if (isUpToDate && (isTimely || !blocking.includes(source.id))) continue;
      const leftMs = Math.max(silentSinceMs + SILENCE_MS, nextQuestionAtMs) - now;
      if (leftMs > 0) dueMs = Math.min(dueMs, leftMs);
      else void this.#askForEnd(source);
    }
    return Number.isFinite(dueMs) ? setTimeout(this.#wake, Math.max(1, dueMs)) : undefined;
  }

  /**
   * Asks the engine where a log ends now. Once it was read to there, all that was written before the question is here, and the
   * others need not wait for it.
   */
  async #askForEnd(source: LogSource): Promise<void> {
    const { containerId, position, from } = source;
    const askedAtMs = performance.now();
    source.isAsked = true;
    try {
      const since = position.since ?? from.since;
      const options = { ...(since === undefined ? {} : { since }), signal: this.#signal };
      const time = await this.#ask(() => readLastLineTime(this.#engine, containerId, options));
      // Without the lines from before, there is nothing to wait for.
      source.end = { time: from.tail === 0 ? '' : (time ?? ''), askedAtMs };
    } catch {
      // Who watches the engine reports what is wrong with it.
      source.nextQuestionAtMs = performance.now() + QUESTION_INTERVAL_MS;
    }
    source.isAsked = false;
    if (this.#sources.get(source.id) !== source) return;
    if (this.#hasReachedEnd(source)) {
      source.isUpToDate = true;
    } else if (source.end) this.#waitForEnd(source);
    this.#notify();
  }

  /** True if a log was read to where it ended when the engine was asked last. */
  #hasReachedEnd(source: LogSource): boolean {
    const { id, position, end } = source;
    if (!end || position.lastTime < end.time) return false;
    const engineMs = this.#clock.at(end.askedAtMs);
    if (engineMs !== undefined) this.#merger.completeUntil(id, engineMs - WRITE_DELAY_MS);
    source.end = undefined;
    source.behindSinceMs = undefined;
    return true;
  }

  /** Opens a log again that the engine has more of, and does not send. */
  #waitForEnd(source: LogSource): void {
    const now = performance.now();
    source.nextQuestionAtMs = now + QUESTION_INTERVAL_MS;
    if (source.stream?.silentSinceMs === undefined) return;
    source.behindSinceMs ??= now;
    if (now - source.behindSinceMs < (source.hasBegun ? STUCK_MS : STUCK_AT_START_MS)) return;
    source.behindSinceMs = undefined;
    source.stream.close();
  }

  #isWanted(entry: LogEntry): boolean {
    return this.#chosen === undefined || concernsNodes(entry, this.#chosen);
  }

  async #readLogToEnd(source: LogSource): Promise<void> {
    const { follow } = this.#options;
    const { since, tail } = source.from;
    const options = {
      follow,
      ...(since === undefined ? {} : { since }),
      readAheadBytes: this.#readAheadBytes,
      signal: this.#signal,
    };
    if (tail !== undefined && this.#chosen && source.id === NETEM_SOURCE) {
      await this.#readLastWanted(source, tail, options);
      if (!follow) return;
    }
    const log = followContainerLog(this.#engine, source.containerId, source.position, {
      ...options,
      ...(tail === undefined ? {} : { tail }),
      onOpened: (stream) => {
        const { engineTimeMs } = stream;
        source.stream = stream;
        source.onOpened();
        source.hasBegun = false;
        source.behindSinceMs = undefined;
        if (follow && !source.isAsked) void this.#askForEnd(source);
        if (engineTimeMs === undefined) return;
        const log = this.#readLogs.get(source.id);
        if (log) log.openedAtMs ??= engineTimeMs;
        const networkMs = engineTimeMs - source.clockAheadMs;
        this.#clock.observe(networkMs, performance.now());
        source.liveFromMs = networkMs + 1_000;
      },
    });
    for await (const { fresh, gap } of log) {
      const now = performance.now();
      const lastMs = (fresh.at(-1) as ContainerLogLine).timeMs - source.clockAheadMs;
      this.#clock.observe(lastMs, now);
      source.hasBegun = true;
      source.behindSinceMs = undefined;
      const items = fresh.map((line) => queuedLine(source, line));
      if (gap) items.unshift(queuedGap(source, gap));
      source.queuedLines += fresh.reduce((sum, line) => sum + countOf(line), 0);
      this.#merger.push(source.id, items);
      this.#measureLag(source, items, lastMs, now);
      this.#hasReachedEnd(source);
      this.#notify();
      while (source.queuedLines > MAX_QUEUED_LINES && !this.#signal.aborted) await this.#waitForRoom(source);
    }
  }

  /** Finds out how late lines came. @param lastMs engine's time of the last one */
  #measureLag(source: LogSource, items: readonly QueuedItem[], lastMs: number, now: number): void {
    const isLive = lastMs >= source.liveFromMs;
    const engineMs = this.#clock.at(now) as number;
    source.isUpToDate = isLive && engineMs - lastMs <= this.#window.maxLagMs;
    if (!isLive) return;
    const earliestMs = items.reduce((earliest, { timeMs }) => Math.min(earliest, timeMs), lastMs);
    this.#window.observeLag(engineMs - earliestMs, now);
  }

  /** Reads the last entries of the agent that are wanted: its last lines may be about other nodes. */
  async #readLastWanted(source: LogSource, tail: number, options: Omit<FollowOptions, 'onOpened'>): Promise<void> {
    const { containerId, position } = source;
    const log = followContainerLog(this.#engine, containerId, position, { ...options, follow: false });
    let items: QueuedItem[] = [];
    for await (const { fresh } of log) {
      items.push(
        ...fresh.map((line) => queuedLine(source, line)).filter(({ entry }) => entry && this.#isWanted(entry)),
      );
      items = items.slice(Math.max(0, items.length - tail));
    }
    source.queuedLines += items.reduce((sum, { line }) => sum + (line ? countOf(line) : 0), 0);
    this.#merger.push(source.id, items);
    this.#notify();
  }

  #waitForRoom(source: LogSource): Promise<void> {
    return new Promise((resolve) => {
      source.resume = () => {
        source.resume = undefined;
        resolve();
      };
    });
  }

  #notify(): void {
    this.#wake();
    if (this.#signal.aborted) for (const { resume } of this.#sources.values()) resume?.();
  }
}
