import { randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { resolveHostFaults } from '../../network/faults/host-fault.ts';
import type { LogEntry } from '../../network/log-entry.ts';
import { readNamedLog } from '../../network/node-names.ts';
import { ReceiptCollector } from '../../network/receipt-collector.ts';
import { sendMessage } from '../../network/send-message.ts';
import { DevnetError } from '../../shared/errors.ts';
import { type ClockOffset, earliestTime, SAME_CLOCK } from '../../shared/time/clock-offset.ts';
import type { TimedStep } from '../model/scenario.ts';
import { ActiveFaults } from './active-faults.ts';
import { awaitExpectation, isNodeUnreachable } from './await-expectation.ts';
import { type Clock, ScheduleClock, systemClock } from './clock.ts';
import type { ScenarioNetwork } from './expectation-checks.ts';
import { LogBuffer } from './log-buffer.ts';
import type { ExpectationResult, ScenarioEvent, ScenarioEventBody, ScenarioResult } from './scenario-events.ts';

export interface RunScenarioOptions {
  /** Ends the scenario; its reason is thrown after all faults are healed. */
  signal?: AbortSignal;
  /** Called for every event as it happens. */
  onEvent?: (event: ScenarioEvent) => void;
  /** @default the system's clock */
  clock?: Clock;
  /** Called when the schedule starts: the faults are prepared and the log is open. */
  onStart?: () => void;
  /**
   * False for a schedule without expectations, which then reads no log and does not notice that the network was taken down.
   * @default true
   */
  readLog?: boolean;
  /** Makes the ids of gossip messages. @default random ids */
  newId?: () => string;
}

/** Log entries that a missed expectation is reported with. */
const MAX_FAILURE_LOG_ENTRIES = 12;

/**
 * Runs a scenario on a network: one step after the other at their times, and expectations concurrently. The schedule pauses
 * while a fault is injected or healed, so that each fault lasts as long as it says even on a slow machine. However the run
 * ends, all faults are healed first, the latest first.
 * @throws DevnetError when a step or heal fails; the signal's reason when it aborts
 */
export async function runScenario(
  steps: readonly TimedStep[],
  network: ScenarioNetwork,
  options: RunScenarioOptions = {},
): Promise<ScenarioResult> {
  return new ScenarioRun(network, options).execute(steps);
}

class ScenarioRun {
  readonly #network: ScenarioNetwork;
  readonly #clock: Clock;
  readonly #schedule: ScheduleClock;
  readonly #options: RunScenarioOptions;
  readonly #emit: (event: ScenarioEventBody) => void;
  readonly #newId: () => string;
  readonly #logBuffer = new LogBuffer();
  readonly #receipts = new ReceiptCollector();
  readonly #results: ExpectationResult[] = [];
  readonly #activeFaults: ActiveFaults;
  /** Of the nodes; measured when the log is opened. */
  #clockOffset: ClockOffset = SAME_CLOCK;
  /** Aborts when the run is over or cannot go on. */
  readonly #abort = new AbortController();

  constructor(network: ScenarioNetwork, options: RunScenarioOptions) {
    const { clock = systemClock, signal, onEvent = () => {}, newId = randomUUID } = options;
    this.#network = network;
    this.#options = options;
    this.#clock = clock;
    this.#schedule = new ScheduleClock(clock);
    this.#emit = (event) => onEvent({ at: this.#schedule.elapsed(), ...event });
    this.#activeFaults = new ActiveFaults(network, clock, this.#emit);
    this.#newId = newId;
    setMaxListeners(0, this.#abort.signal); // One for each pending expectation, which is no leak.
    const abort = () => this.#abort.abort(signal?.reason);
    if (signal?.aborted) abort();
    else signal?.addEventListener('abort', abort, { once: true, signal: this.#abort.signal });
  }

  async execute(steps: readonly TimedStep[]): Promise<ScenarioResult> {
    const { signal } = this.#abort;
    const background: Promise<void>[] = [];
    const expectations: Promise<void>[] = [];
    let failure: unknown;
    try {
      signal.throwIfAborted();
      const planned = steps.flatMap((step) => (step.do === 'inject' ? step.faults : []));
      await this.#network.prepareFaults(await resolveHostFaults(this.#network, planned));
      // Open before the first step, so that the log holds what that step does.
      const log = this.#options.readLog !== false && (await this.#openLog());
      this.#schedule.restart();
      this.#options.onStart?.();
      if (log) background.push(this.#abortOnError(this.#readLog(log)));
      for (const step of steps) {
        await this.#schedule.waitUntil(step.at, signal);
        if (step.do === 'expect') expectations.push(this.#abortOnError(this.#awaitExpectation(step)));
        else await this.#runStep(step);
      }
      await Promise.all(expectations);
      signal.throwIfAborted();
    } catch (cause) {
      failure = cause;
    }
    const took = this.#schedule.elapsed();
    this.#abort.abort(failure);
    await Promise.all([...expectations, ...background]);
    await this.#activeFaults.healAll(failure);
    return { passed: this.#results.every(({ met }) => met), outcomes: this.#results, took };
  }

  async #runStep(step: Exclude<TimedStep, { do: 'expect' }>): Promise<void> {
    switch (step.do) {
      case 'inject':
        await this.#schedule.pauseDuring(() => this.#activeFaults.inject(step));
        break;
      case 'heal':
        await this.#schedule.pauseDuring(async () => {
          for (const name of step.names.toReversed()) await this.#activeFaults.heal(name, false);
        });
        break;
      case 'gossip': {
        const { from, data } = step;
        const id = this.#newId();
        await this.#tolerateUnreachable(from, 'gossip', async () => {
          const payload = { id, ...(data === undefined ? {} : { data }) };
          await sendMessage(this.#network, from, { message_type: 'gossip', payload });
          this.#emit({ what: 'gossiped', from, id });
        });
        break;
      }
      case 'send': {
        const { to, type, payload } = step;
        await this.#tolerateUnreachable(to, type, async () => {
          const message = { message_type: type, ...(payload === undefined ? {} : { payload }) };
          const reply = await sendMessage(this.#network, to, message);
          this.#emit({ what: 'sent', to, type, ...(reply === undefined ? {} : { reply: reply.message_type }) });
        });
        break;
      }
    }
  }

  async #awaitExpectation({ name, expectation }: Extract<TimedStep, { do: 'expect' }>): Promise<void> {
    const startedAt = this.#clock.now();
    const context = {
      network: this.#network,
      logBuffer: this.#logBuffer,
      receipts: this.#receipts,
      stepStartedAt: this.#schedule.currentStartedAt,
      startedAt,
      clockOffset: this.#clockOffset,
      newId: this.#newId,
    };
    const { met, seen } = await awaitExpectation(expectation, context, this.#clock, this.#abort.signal);
    const took = Math.min(this.#clock.now() - startedAt, expectation.within);
    const lines = met ? [] : this.#logBuffer.last(MAX_FAILURE_LOG_ENTRIES);
    const at = startedAt - this.#schedule.startedAt;
    const outcome = { ...(name === undefined ? {} : { name }), expectation, met, at, took, seen, lines };
    this.#results.push(outcome);
    this.#emit({ what: 'judged', outcome });
  }

  async #openLog(): Promise<AsyncIterable<readonly LogEntry[]>> {
    this.#clockOffset = await this.#network.clockOffset();
    const since = earliestTime(this.#clock.now(), this.#clockOffset);
    return readNamedLog(this.#network, { follow: true, since, signal: this.#abort.signal });
  }

  /** Ends the run when `work` fails; never rejects. */
  async #abortOnError(work: Promise<void>): Promise<void> {
    try {
      await work;
    } catch (cause) {
      this.#abort.abort(cause);
    }
  }

  async #readLog(log: AsyncIterable<readonly LogEntry[]>): Promise<void> {
    for await (const entries of log) {
      this.#logBuffer.push(entries);
      this.#receipts.add(entries);
    }
    if (this.#abort.signal.aborted) return;
    throw new DevnetError('no_such_devnet', 'the network was taken down while the scenario ran');
  }

  async #tolerateUnreachable(to: string, type: string, send: () => Promise<void>): Promise<void> {
    try {
      await send();
    } catch (cause) {
      if (!isNodeUnreachable(cause)) throw cause;
      this.#emit({ what: 'unsent', to, type, why: cause.message });
    }
  }
}
