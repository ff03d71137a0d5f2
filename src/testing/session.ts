import { AsyncLocalStorage } from 'node:async_hooks';
import { setMaxListeners } from 'node:events';
import type { DumpResult } from '../diagnostics/dump.ts';
import type { Fault, FaultHandle } from '../network/fault.ts';
import type { LogEntry } from '../network/log-entry.ts';
import { ReceiptCollector } from '../network/receipt-collector.ts';
import type { RunningNetwork } from '../network/running-network.ts';
import { DevnetError, describeError } from '../shared/errors.ts';
import { anySignal } from '../shared/time/any-signal.ts';
import { type PollResult, poll } from '../shared/time/poll.ts';
import { raceSignal } from '../shared/time/race-signal.ts';
import type { ActionJournal } from './artifacts/action-journal.ts';
import {
  appendToErrorMessage,
  type FailureArtifacts,
  isNetworkFailure,
  printArtifacts,
} from './artifacts/failure-artifacts.ts';
import { readLogExcerpt } from './artifacts/failure-message.ts';
import { addOpenNetwork, type OpenNetwork, recordTestFailure, removeOpenNetwork } from './artifacts/open-networks.ts';
import type { FaultOptions, WaitForOptions, WaitOptions } from './input/options.ts';
import { type LogFilter, readLogEntries } from './read-log-entries.ts';

const DEFAULT_POLL_INTERVAL_MS = 50;

export interface SessionOptions {
  /** Milliseconds for each thing that is waited for. */
  timeoutMs: number;
  /** Ends everything that waits. */
  signal: AbortSignal | undefined;
  /** Writes artifacts when a call fails; otherwise only what the body of `Devnet.run` throws is a failure. */
  reportsFailures: boolean;
  /** Ends the watch for the end of this process, when the network is taken down or stays up on purpose. */
  onEnd: () => void;
}

/** State shared by a `Devnet` and its node handles: the network, its journal, its artifacts and the signals that end waits. */
export class Session implements OpenNetwork {
  readonly network: RunningNetwork;
  readonly journal: ActionJournal;
  readonly receipts = new ReceiptCollector();
  readonly timeoutMs: number;
  readonly #artifacts: FailureArtifacts;
  readonly #reportsFailures: boolean;
  /** True while a condition runs: what it calls may fail without being a failure of the network. */
  readonly #inCondition = new AsyncLocalStorage<true>();
  readonly #downController = new AbortController();
  readonly #signal: AbortSignal;
  readonly #onEnd: () => void;
  /** Artifacts that were written or are being written, by the failure that they are about. */
  readonly #records = new Map<unknown, Promise<string[]>>();
  #down: Promise<void> | undefined;

  constructor(
    network: RunningNetwork,
    journal: ActionJournal,
    artifacts: FailureArtifacts,
    { timeoutMs, signal, reportsFailures, onEnd }: SessionOptions,
  ) {
    this.network = network;
    this.journal = journal;
    this.timeoutMs = timeoutMs;
    this.#artifacts = artifacts;
    this.#reportsFailures = reportsFailures;
    this.#onEnd = onEnd;
    this.#signal = signal ? anySignal([this.#downController.signal, signal]) : this.#downController.signal;
    setMaxListeners(0, this.#signal, this.#downController.signal); // One listener for each wait.
    signal?.addEventListener('abort', () => this.#recordAbort(signal.reason), { signal: this.#downController.signal });
    addOpenNetwork(this);
  }

  get name(): string {
    return this.network.name;
  }

  get failureCount(): number {
    return this.#records.size;
  }

  /** Returns a signal that aborts with the session's, or with `own`. */
  anySignal(own?: AbortSignal): AbortSignal {
    return own ? anySignal([this.#signal, own]) : this.#signal;
  }

  /** Follows the log, so that receipts are collected until the network is down. */
  async collectReceipts(): Promise<ReceiptCollector> {
    await this.receipts.follow(this.network, this.#downController.signal);
    return this.receipts;
  }

  /** Runs a condition of the test, in which calls may fail. */
  runCondition<T>(condition: () => T): T {
    return this.#inCondition.run(true, condition);
  }

  /**
   * Does work on the network until it is done or a signal aborts, and writes artifacts when it fails because of the network.
   * @throws what the work throws, or the reason of the signal
   */
  async run<T>(work: (signal: AbortSignal) => Promise<T> | T, own?: AbortSignal): Promise<T> {
    try {
      const signal = this.anySignal(own);
      signal.throwIfAborted();
      return await raceSignal(work(signal), signal);
    } catch (cause) {
      if (this.#reportsFailures && isNetworkFailure(cause) && !this.#inCondition.getStore())
        await this.reportFailure(cause);
      throw cause;
    }
  }

  /** Injects a fault, and writes it into the journal. */
  async inject(fault: Fault, { name, signal }: FaultOptions): Promise<FaultHandle> {
    const id = name === undefined ? undefined : { name };
    const injected = await this.run(() => this.network.inject(fault, id), signal);
    this.journal.add('fault_injected', { fault: injected.name, ...fault });
    const heal = async () => {
      await this.run(() => injected.heal());
      this.journal.add('fault_healed', { fault: injected.name });
    };
    return { ...injected, heal };
  }

  /** Reads the merged log entry by entry, filtered. @throws DevnetError `interrupted` when the network is down already */
  logs(filter: LogFilter): AsyncGenerator<LogEntry, void, undefined> {
    const signal = this.anySignal(filter.signal);
    signal.throwIfAborted();
    return readLogEntries(this.network, filter, signal);
  }

  /** Writes artifacts about a failure, and adds to its message where they are. Never throws. */
  async reportFailure(cause: unknown): Promise<void> {
    const isNew = !this.#records.has(cause);
    const lines = await this.recordFailure(cause);
    if (isNew) appendToErrorMessage(cause, lines);
  }

  /** Writes artifacts about a failure, once, unless the network is being taken down. Never throws. */
  async recordFailure(cause: unknown): Promise<string[]> {
    let record = this.#records.get(cause);
    if (record === undefined) {
      if (this.#down) return [];
      this.journal.add('failed', { message: describeError(cause) });
      record = this.#artifacts.report(cause, this.network);
      this.#records.set(cause, record);
    }
    return record;
  }

  /** The signal that the network was started with is the test's: its runner has given the test up. */
  async #recordAbort(reason: unknown): Promise<void> {
    printArtifacts(
      `"${this.name}" was up when its signal aborted: ${firstLineOf(describeError(reason))}`,
      await this.recordFailure(reason),
    );
  }

  /** @throws DevnetError `no_such_devnet` when the network is down */
  async dump(folder?: string): Promise<DumpResult> {
    if (!this.#down) return this.#artifacts.write(this.network, folder);
    throw new DevnetError('no_such_devnet', `the network "${this.network.name}" is down: there is nothing to dump`, {
      hint: 'Devnet.run writes a dump before it takes the network down, when its body throws',
    });
  }

  poll<T>(look: () => Promise<T> | T, accept: (seen: T) => boolean, options: WaitForOptions): Promise<PollResult<T>> {
    return poll(look, accept, {
      timeoutMs: options.timeout ?? this.timeoutMs,
      intervalMs: options.every ?? DEFAULT_POLL_INTERVAL_MS,
      signal: this.anySignal(options.signal),
    });
  }

  /** Returns the error for a wait that timed out, with the end of the log. @param seen lines that tell what was seen last */
  async timeoutError(
    awaited: string,
    seen: readonly string[],
    { timeout = this.timeoutMs }: WaitOptions,
    cause?: unknown,
  ): Promise<DevnetError> {
    const excerpt = await readLogExcerpt(this.network);
    const lines = [`timed out after ${timeout / 1_000} s waiting for ${awaited}`, ...seen, excerpt];
    return new DevnetError('not_verified', lines.join('\n  '), {
      hint: 'the option `timeout` waits longer',
      ...(cause === undefined ? {} : { cause }),
    });
  }

  down(): Promise<void> {
    this.#down ??= this.#takeDown();
    return this.#down;
  }

  /** Leaves the network up when this process ends. */
  async keep(): Promise<void> {
    this.#end();
    await this.network.keep();
  }

  /** Takes the network down, unless something failed and the network is to be kept then. */
  async dispose(keepOnFailure: boolean): Promise<void> {
    if (keepOnFailure && this.failureCount > 0) await this.keep();
    else await this.down();
  }

  async #takeDown(): Promise<void> {
    const recording = recordTestFailure(this);
    this.#downController.abort(new DevnetError('interrupted', `the network "${this.name}" was taken down`));
    await Promise.all([recording, ...this.#records.values()]);
    this.#end();
    await this.network.down();
    await this.#artifacts.capture?.discard();
  }

  #end(): void {
    this.#onEnd();
    removeOpenNetwork(this);
  }
}

function firstLineOf(text: string): string {
  return text.split('\n', 1)[0] as string;
}
