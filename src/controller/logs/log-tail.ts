import { setMaxListeners } from 'node:events';
import type { Engine } from '../../engine/engine.ts';
import { type ContainerEvent, watchContainers } from '../../engine/events.ts';
import type { ContainerLogLine } from '../../engine/log-demuxer.ts';
import { readContainerLogs } from '../../engine/logs.ts';
import { CONTROLLER, concernsNodes, currentLogTime, type LogEntry, parseLogLine } from '../../network/log-entry.ts';
import { LABEL } from '../state/labels.ts';
import { type NetworkState, observe } from '../state/network-state.ts';
import { LogMerger } from './log-merger.ts';

/** Options of {@link tailLogs}. */
export interface TailOptions {
  /** Continue with new lines and with what happens to the nodes. */
  follow: boolean;
  /** Only the log of these nodes, and what the controller says of them; with `CONTROLLER`, all that it says. @default all */
  nodes?: readonly string[];
  /** Omit lines before this time, seconds since the epoch. @default none omitted */
  since?: number;
  /** Omit all but the last lines of each node. @default none omitted */
  tail?: number;
  /** With `follow`, longest wait of a line for an earlier one of another node, milliseconds. @default 300 */
  windowMs?: number;
  /** Ends the log. @default none */
  signal?: AbortSignal;
}

/** The engine delivers within a few milliseconds. */
const DEFAULT_WINDOW_MS = 300;
/** Lines that a node may be ahead of the others before it is not read further, so that memory stays bounded. */
const MAX_PENDING_LINES = 5_000;

/** Source of the netem agent's lines, which are the controller's in the merged log. */
const NETEM_SOURCE = '.links';

/** Names of container events in the merged log, by the engine's word. */
const EVENT_NAMES: Record<string, string> = {
  die: 'node_ended',
  start: 'node_started',
  pause: 'node_paused',
  unpause: 'node_unpaused',
  oom: 'node_out_of_memory',
};

/**
 * Yields the merged log of a network, in batches, ordered by the lines' times. With backpressure: the engine waits while the
 * reader is busy. With `follow`, the log also has what happens to the nodes, continues after a node's restart where it was,
 * and ends when the network is removed.
 * @throws DevnetError `engine_gone`, `engine_failed`
 */
export async function* tailLogs(
  engine: Engine,
  devnet: NetworkState,
  options: TailOptions,
): AsyncGenerator<LogEntry[]> {
  yield* await openLogTail(engine, devnet, options);
}

/**
 * As {@link tailLogs}. Resolves when the log will contain all that happens from then on. A caller that does not read the log
 * must abort the signal.
 */
export async function openLogTail(
  engine: Engine,
  devnet: NetworkState,
  options: TailOptions,
): Promise<AsyncGenerator<LogEntry[]>> {
  const closed = new AbortController();
  const signal = options.signal ? AbortSignal.any([closed.signal, options.signal]) : closed.signal;
  setMaxListeners(0, signal); // One for each node.
  const tail = new LogTail(
    engine,
    options.follow ? (options.windowMs ?? DEFAULT_WINDOW_MS) : Number.POSITIVE_INFINITY,
    options.nodes && new Set(options.nodes),
    signal,
  );
  if (options.follow) {
    tail.openSource(CONTROLLER);
    await watchContainers(
      engine,
      `${LABEL.run}=${devnet.run}`,
      signal,
      (event) => tail.handleContainerEvent(event),
      (failure) => tail.fail(failure),
    );
    // It may have been removed before the events were watched.
    tail.endIfGone(devnet.name);
  }
  for (const { name, containerId } of devnet.nodes) tail.readLog(name, containerId, options);
  if (devnet.netemId !== undefined) tail.readLog(NETEM_SOURCE, devnet.netemId, options);
  return readBatches(tail, closed);
}

async function* readBatches(tail: LogTail, closed: AbortController): AsyncGenerator<LogEntry[]> {
  try {
    yield* tail.batches();
  } finally {
    closed.abort();
  }
}

/** End of what was read of a log. */
interface LogPosition {
  /** Time of the last line: in nanoseconds, or, with Podman, in seconds. */
  time: string;
  /** Number of lines of that time. */
  lines: number;
}

function positionAfter(lines: readonly ContainerLogLine[], before: LogPosition | undefined): LogPosition {
  const { time } = lines[lines.length - 1] as ContainerLogLine;
  const sameTime = lines.filter((line) => line.time === time).length;
  return { time, lines: before?.time === time ? before.lines + sameTime : sameTime };
}

function parseLines(source: string, lines: readonly ContainerLogLine[]): LogEntry[] {
  const node = source === NETEM_SOURCE ? CONTROLLER : source;
  return lines.map((line) => parseLogLine(node, line));
}

type ReadOptions = Pick<TailOptions, 'follow' | 'since' | 'tail'>;

/** Reads logs into a {@link LogMerger}. */
class LogTail {
  readonly #engine: Engine;
  readonly #signal: AbortSignal;
  readonly #merger: LogMerger<LogEntry>;
  /** Nodes, or the controller, whose entries are wanted; undefined for all. */
  readonly #chosen: ReadonlySet<string> | undefined;
  /** Sources that are read. */
  readonly #openSources = new Set<string>();
  /** Position to continue from after a restart, by node. */
  readonly #positions = new Map<string, LogPosition>();
  /** Container ids of nodes that restarted before their log was read to its end. */
  readonly #pendingRestarts = new Map<string, string>();
  #failure: unknown;
  #wake: () => void = () => {};
  readonly #waitingForRoom = new Set<() => void>();

  constructor(engine: Engine, windowMs: number, chosen: ReadonlySet<string> | undefined, signal: AbortSignal) {
    this.#engine = engine;
    this.#chosen = chosen;
    this.#signal = signal;
    this.#merger = new LogMerger(windowMs);
    signal.addEventListener('abort', () => this.#notify(), { once: true });
  }

  fail(cause: unknown): void {
    this.#failure ??= cause;
    this.#notify();
  }

  /** Reads a node's log, if it is wanted; while it is still read, again after its end. */
  readLog(node: string, id: string, options: ReadOptions): void {
    if (node !== NETEM_SOURCE && this.#chosen?.has(node) === false) return;
    if (this.#openSources.has(node)) {
      this.#pendingRestarts.set(node, id);
      return;
    }
    this.#openSources.add(node);
    this.#merger.open(node);
    this.#readLogToEnd(node, id, options)
      .catch((cause: unknown) => this.fail(cause))
      .finally(() => {
        this.#closeSource(node);
        const restarted = this.#pendingRestarts.get(node);
        this.#pendingRestarts.delete(node);
        if (restarted !== undefined) this.readLog(node, restarted, { follow: true });
      });
  }

  /** Opens a source that is not a node's log. */
  openSource(id: string): void {
    this.#openSources.add(id);
    this.#merger.open(id);
  }

  /** Logs an event of a node, and follows containers that start. */
  handleContainerEvent({ action, id, labels, exitCode }: ContainerEvent): void {
    const node = labels[LABEL.node];
    if (node === undefined) {
      if (action === 'start' && labels[LABEL.role] === 'links') this.readLog(NETEM_SOURCE, id, { follow: true });
      // The record is removed last, unless another one has replaced it.
      if (action === 'destroy' && labels[LABEL.role] === 'record') this.endIfGone(labels[LABEL.name] as string);
      return;
    }
    const event = EVENT_NAMES[action];
    if (event === undefined) return;
    const isFailure = action === 'oom' || (action === 'die' && exitCode !== 0);
    const fields = { of: node, ...(exitCode === undefined ? {} : { exit_code: exitCode }) };
    const entry: LogEntry = {
      time: currentLogTime(),
      node: CONTROLLER,
      level: isFailure ? 'warn' : 'info',
      event,
      fields,
    };
    this.#merger.push(CONTROLLER, [entry].filter(this.#isWanted), Date.now());
    if (action === 'start') this.readLog(node, id, { follow: true });
    this.#notify();
  }

  async *batches(): AsyncGenerator<LogEntry[]> {
    while (!this.#signal.aborted) {
      const changed = new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      const batch = this.#merger.take(Date.now());
      if (batch.length > 0) {
        for (const resume of this.#waitingForRoom) resume();
        yield batch;
        continue;
      }
      if (this.#failure !== undefined) throw this.#failure;
      if (this.#openSources.size === 0 && this.#merger.queuedCount === 0) return;
      const { nextDueTime: due } = this.#merger;
      const timer =
        due === undefined || due === Number.POSITIVE_INFINITY
          ? undefined
          : setTimeout(this.#wake, due - Date.now() + 1);
      await changed;
      clearTimeout(timer);
    }
  }

  readonly #isWanted = (entry: LogEntry): boolean => this.#chosen === undefined || concernsNodes(entry, this.#chosen);

  async #readLogToEnd(node: string, id: string, options: ReadOptions): Promise<void> {
    // The last lines of the agent may not be wanted.
    if (node === NETEM_SOURCE && this.#chosen && options.tail !== undefined) {
      await this.#readLastEntries(node, id, options.since, options.tail);
      if (!options.follow) return;
    }
    const last = this.#positions.get(node);
    const since = last === undefined ? options.since : Math.floor(Date.parse(last.time) / 1000);
    let known = last?.lines ?? 0;
    const { follow, tail } = options;
    const from = { ...(since === undefined ? {} : { since }), ...(tail === undefined ? {} : { tail }) };
    for await (const lines of readContainerLogs(this.#engine, id, { follow, ...from, signal: this.#signal })) {
      // After a restart the log is read from a whole second on, without the lines that were read before.
      const fresh =
        last === undefined
          ? lines
          : lines.filter(({ time }) => time > last.time || (time === last.time && known-- <= 0));
      if (fresh.length === 0) continue;
      this.#positions.set(node, positionAfter(fresh, this.#positions.get(node)));
      this.#merger.push(node, parseLines(node, fresh).filter(this.#isWanted), Date.now());
      this.#notify();
      while (this.#merger.queuedCountOf(node) > MAX_PENDING_LINES && !this.#signal.aborted) await this.#waitForRoom();
    }
  }

  /** Reads the last wanted entries of what is there. */
  async #readLastEntries(node: string, id: string, since: number | undefined, tail: number): Promise<void> {
    const from = since === undefined ? {} : { since };
    let entries: LogEntry[] = [];
    for await (const lines of readContainerLogs(this.#engine, id, { follow: false, ...from, signal: this.#signal })) {
      this.#positions.set(node, positionAfter(lines, this.#positions.get(node)));
      entries.push(...parseLines(node, lines).filter(this.#isWanted));
      entries = entries.slice(Math.max(0, entries.length - tail));
    }
    this.#merger.push(node, entries, Date.now());
    this.#notify();
  }

  #waitForRoom(): Promise<void> {
    return new Promise((resolve) => {
      const resume = () => {
        this.#waitingForRoom.delete(resume);
        resolve();
      };
      this.#waitingForRoom.add(resume);
    });
  }

  /** Ends the log if the network is gone. */
  endIfGone(name: string): void {
    observe(this.#engine, name).then(
      (rest) => (rest?.recordIds.length ?? 0) === 0 && this.#closeSource(CONTROLLER),
      (failure: unknown) => this.fail(failure),
    );
  }

  #closeSource(source: string): void {
    this.#openSources.delete(source);
    this.#merger.end(source);
    this.#notify();
  }

  #notify(): void {
    this.#wake();
    if (this.#signal.aborted) for (const resume of this.#waitingForRoom) resume();
  }
}
