import { setMaxListeners } from 'node:events';
import type { Engine } from '../../engine/engine.ts';
import { type ContainerEvent, watchContainers } from '../../engine/events.ts';
import type { ContainerLogLine } from '../../engine/log-demuxer.ts';
import { readContainerLogs } from '../../engine/logs.ts';
import { CONTROLLER, currentLogTime, type LogEntry, parseLogLine } from '../../network/log-entry.ts';
import { LABEL } from '../state/labels.ts';
import { type NetworkState, observe } from '../state/network-state.ts';
import { LogMerger } from './log-merger.ts';

export interface TailOptions {
  /** Go on with what is written from now on. */
  follow: boolean;
  /** Only these nodes. */
  nodes?: readonly string[];
  /** Seconds since the epoch. */
  since?: number;
  /** Per node, this many lines of what there is. */
  tail?: number;
  /** When following, how long a line may wait for an earlier one of another node, milliseconds; by default 300. */
  window?: number;
  signal?: AbortSignal;
}

/** The engine delivers within a few milliseconds. */
const DEFAULT_WINDOW_MS = 300;
/** A node this many lines ahead of the others is not read further until they come closer: memory stays bounded. */
const MAX_PENDING_LINES = 5_000;

/** The source that what was done to the links is read from; in the log, these are the controller's own. */
const NETEM_SOURCE = '.links';

/** What happens to a node's container, in the log's words. */
const EVENT_NAMES: Record<string, string> = {
  die: 'node_ended',
  start: 'node_started',
  pause: 'node_paused',
  unpause: 'node_unpaused',
  oom: 'node_out_of_memory',
};

/**
 * The nodes' logs as one, in the order of the lines' own times, in batches. With backpressure: while the reader is busy no
 * more is read from the engine. When following, nodes that are restarted are followed again from where they were, what
 * happens to their containers is in the log too, and the log ends when the devnet is taken down.
 */
export async function* tailLogs(
  engine: Engine,
  devnet: NetworkState,
  options: TailOptions,
): AsyncGenerator<LogEntry[]> {
  yield* await openLogTail(engine, devnet, options);
}

/**
 * As {@link tailLogs}; resolves when whatever happens from then on will be in the log. Whoever does not come to read it
 * has to abort the signal.
 */
export async function openLogTail(
  engine: Engine,
  devnet: NetworkState,
  options: TailOptions,
): Promise<AsyncGenerator<LogEntry[]>> {
  const over = new AbortController();
  const signal = options.signal ? AbortSignal.any([over.signal, options.signal]) : over.signal;
  setMaxListeners(0, signal); // One for each node, and that is no leak.
  const pump = new LogTail(
    engine,
    options.follow ? (options.window ?? DEFAULT_WINDOW_MS) : Number.POSITIVE_INFINITY,
    signal,
  );
  const chosen = devnet.nodes.filter(({ name }) => options.nodes === undefined || options.nodes.includes(name));
  if (options.follow) {
    const names = new Set(chosen.map(({ name }) => name));
    pump.openSource(CONTROLLER);
    await watchContainers(
      engine,
      `${LABEL.run}=${devnet.run}`,
      signal,
      (event) => pump.handleContainerEvent(event, names),
      (failure) => pump.fail(failure),
    );
    // It may have been taken down before there was anything that would have told of it.
    pump.endIfGone(devnet.name);
  }
  for (const { name, containerId } of chosen) pump.readLog(name, containerId, options);
  if (devnet.netemId !== undefined && options.nodes === undefined) pump.readLog(NETEM_SOURCE, devnet.netemId, options);
  return readBatches(pump, over);
}

async function* readBatches(pump: LogTail, over: AbortController): AsyncGenerator<LogEntry[]> {
  try {
    yield* pump.batches();
  } finally {
    over.abort();
  }
}

/** How far a log was read. */
interface LogPosition {
  /** Of the last line, as the engine counts it: to the nanosecond, or, with Podman, to the second. */
  time: string;
  /** Lines of that very time. */
  lines: number;
}

function positionAfter(lines: readonly ContainerLogLine[], before: LogPosition | undefined): LogPosition {
  const { time } = lines[lines.length - 1] as ContainerLogLine;
  const alike = lines.filter((line) => line.time === time).length;
  return { time, lines: before?.time === time ? before.lines + alike : alike };
}

/** Reads many logs into one {@link LogMerger} and hands out what that lets go. */
class LogTail {
  readonly #engine: Engine;
  readonly #signal: AbortSignal;
  readonly #merger: LogMerger<LogEntry>;
  /** Sources being read. */
  readonly #openSources = new Set<string>();
  /** How far each node's log was read: where to go on after a restart. */
  readonly #positions = new Map<string, LogPosition>();
  /** Nodes that were started again before their log of the time before was read to its end. */
  readonly #pendingRestarts = new Map<string, string>();
  #failure: unknown;
  #wake: () => void = () => {};
  readonly #waitingForRoom = new Set<() => void>();

  constructor(engine: Engine, window: number, signal: AbortSignal) {
    this.#engine = engine;
    this.#signal = signal;
    this.#merger = new LogMerger(window);
    signal.addEventListener('abort', () => this.#notify(), { once: true });
  }

  fail(cause: unknown): void {
    this.#failure ??= cause;
    this.#notify();
  }

  /** Starts reading a node's log; where it is still being read, once more when that ends. */
  readLog(node: string, id: string, options: { follow: boolean; since?: number; tail?: number }): void {
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
        const id = this.#pendingRestarts.get(node);
        this.#pendingRestarts.delete(node);
        if (id !== undefined) this.readLog(node, id, { follow: true });
      });
  }

  /** Opens a source that is not a node's log. */
  openSource(id: string): void {
    this.#openSources.add(id);
    this.#merger.open(id);
  }

  /** Takes in something that happened to a container of the devnet; only that of `nodes` is logged. */
  handleContainerEvent({ action, id, labels, exitCode }: ContainerEvent, nodes: ReadonlySet<string>): void {
    const node = labels[LABEL.node];
    if (node === undefined) {
      if (action === 'start' && labels[LABEL.role] === 'links') this.readLog(NETEM_SOURCE, id, { follow: true });
      // The record goes last: nothing more will come, unless another has taken its place.
      if (action === 'destroy' && labels[LABEL.role] === 'record') this.endIfGone(labels[LABEL.name] as string);
      return;
    }
    const event = EVENT_NAMES[action];
    if (event === undefined || !nodes.has(node)) return;
    const bad = action === 'oom' || (action === 'die' && exitCode !== 0);
    const fields = { of: node, ...(exitCode === undefined ? {} : { exit_code: exitCode }) };
    this.#merger.push(
      CONTROLLER,
      [{ time: currentLogTime(), node: CONTROLLER, level: bad ? 'warn' : 'info', event, fields }],
      Date.now(),
    );
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

  async #readLogToEnd(
    node: string,
    id: string,
    options: { follow: boolean; since?: number; tail?: number },
  ): Promise<void> {
    const last = this.#positions.get(node);
    const since = last === undefined ? options.since : Math.floor(Date.parse(last.time) / 1000);
    let known = last?.lines ?? 0;
    const { follow, tail } = options;
    const from = { ...(since === undefined ? {} : { since }), ...(tail === undefined ? {} : { tail }) };
    for await (const lines of readContainerLogs(this.#engine, id, { follow, ...from, signal: this.#signal })) {
      // After a restart the engine is asked from a whole second on; what was read of it before is left out.
      const fresh =
        last === undefined
          ? lines
          : lines.filter(({ time }) => time > last.time || (time === last.time && known-- <= 0));
      if (fresh.length === 0) continue;
      this.#positions.set(node, positionAfter(fresh, this.#positions.get(node)));
      this.#merger.push(
        node,
        fresh.map((line) => parseLogLine(node === NETEM_SOURCE ? CONTROLLER : node, line)),
        Date.now(),
      );
      this.#notify();
      while (this.#merger.queuedCountOf(node) > MAX_PENDING_LINES && !this.#signal.aborted) await this.#waitForRoom();
    }
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

  /** Ends the log if the devnet is no longer there. */
  endIfGone(name: string): void {
    observe(this.#engine, name).then(
      (left) => (left?.recordIds.length ?? 0) === 0 && this.#closeSource(CONTROLLER),
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
