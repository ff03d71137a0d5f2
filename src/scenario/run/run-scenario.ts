import { randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { DevnetError } from '../../shared/errors.ts';
import type { TimedStep } from '../model/scenario.ts';
import type { Clock, LogEntry, ScenarioDriver } from '../model/scenario-driver.ts';
import { ActiveFaults } from './active-faults.ts';
import { awaitExpectation } from './await-expectation.ts';
import { LogBuffer } from './log-buffer.ts';
import type { ExpectationResult, ScenarioEvent, ScenarioEventBody, ScenarioResult } from './scenario-events.ts';
import { ScheduleClock } from './schedule-clock.ts';
import { isNodeUnreachable } from './unreachable.ts';

export interface RunScenarioOptions {
  clock: Clock;
  /** Its reason becomes the error; all faults are taken back first. */
  signal?: AbortSignal;
  /** Told of everything as it happens. */
  onEvent?: (happening: ScenarioEvent) => void;
  /** Makes ids for news; by default random ones. */
  newId?: () => string;
}

/** Lines of the log that a missed expectation is told with. */
const MAX_FAILURE_LOG_ENTRIES = 12;

/**
 * Carries out a scenario: each step at its time, one after the other, and expectations beside them. Time stands still while
 * a fault is injected or healed, so that on a slow machine too each lasts as long as it says. However it ends, every fault
 * is taken back first, the last one injected first.
 * @throws DevnetError when something could not be done; the reason of the signal when it aborts
 */
export async function runScenario(
  steps: readonly TimedStep[],
  actions: ScenarioDriver,
  options: RunScenarioOptions,
): Promise<ScenarioResult> {
  return new ScenarioRun(actions, options).execute(steps);
}

class ScenarioRun {
  readonly #driver: ScenarioDriver;
  readonly #clock: Clock;
  readonly #schedule: ScheduleClock;
  readonly #emit: (happened: ScenarioEventBody) => void;
  readonly #newId: () => string;
  readonly #logBuffer = new LogBuffer();
  readonly #results: ExpectationResult[] = [];
  readonly #activeFaults: ActiveFaults;
  /** Aborts when the run is over or cannot go on. */
  readonly #abort = new AbortController();

  constructor(
    actions: ScenarioDriver,
    { clock, signal, onEvent: tell = () => {}, newId = randomUUID }: RunScenarioOptions,
  ) {
    this.#driver = actions;
    this.#clock = clock;
    this.#schedule = new ScheduleClock(clock);
    this.#emit = (happened) => tell({ at: this.#schedule.elapsed(), ...happened });
    this.#activeFaults = new ActiveFaults(actions, clock, this.#emit);
    this.#newId = newId;
    setMaxListeners(0, this.#abort.signal); // One for each expectation that waits, and that is no leak.
    const abort = () => this.#abort.abort(signal?.reason);
    if (signal?.aborted) abort();
    else signal?.addEventListener('abort', abort, { once: true, signal: this.#abort.signal });
  }

  async execute(steps: readonly TimedStep[]): Promise<ScenarioResult> {
    const beside: Promise<void>[] = [];
    const expectations: Promise<void>[] = [];
    let failure: unknown;
    try {
      this.#abort.signal.throwIfAborted();
      await this.#driver.prepare(steps.flatMap((step) => (step.do === 'inject' ? step.faults : [])));
      // Before the first step, so that what that does is in it.
      const log = await this.#driver.followLog(this.#clock.now(), this.#abort.signal);
      this.#schedule.restart();
      beside.push(this.#readLog(log));
      for (const step of steps) {
        await this.#schedule.waitUntil(step.at, this.#abort.signal);
        if (step.do === 'expect') expectations.push(this.#abortOnError(this.#awaitExpectation(step)));
        else await this.#runStep(step);
      }
      await Promise.all(expectations);
      this.#abort.signal.throwIfAborted();
    } catch (cause) {
      failure = cause;
    }
    const took = this.#schedule.elapsed();
    this.#abort.abort(failure);
    await Promise.all([...expectations, ...beside]);
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
        const news = { id, ...(data === undefined ? {} : { data }) };
        await this.#tolerateUnreachable(from, 'gossip', async () => {
          await this.#driver.gossip(from, news);
          this.#emit({ what: 'gossiped', from, id });
        });
        break;
      }
      case 'send': {
        const { to, type, payload } = step;
        await this.#tolerateUnreachable(to, type, async () => {
          const message = { message_type: type, ...(payload === undefined ? {} : { payload }) };
          const reply = await this.#driver.send(to, message);
          const said = reply === undefined ? {} : { reply: reply.message_type };
          this.#emit({ what: 'sent', to, type, ...said });
        });
        break;
      }
    }
  }

  async #awaitExpectation({ name, expectation }: Extract<TimedStep, { do: 'expect' }>): Promise<void> {
    const began = this.#clock.now();
    const scene = {
      driver: this.#driver,
      logBuffer: this.#logBuffer,
      stepStartedAt: this.#schedule.momentStartedAt,
      startedAt: began,
      newId: this.#newId,
    };
    const { met, seen } = await awaitExpectation(expectation, scene, this.#clock, this.#abort.signal);
    const took = Math.min(this.#clock.now() - began, expectation.within);
    const lines = met ? [] : this.#logBuffer.last(MAX_FAILURE_LOG_ENTRIES);
    const at = began - this.#schedule.startedAt;
    const outcome = { ...(name === undefined ? {} : { name }), expectation, met, at, took, seen, lines };
    this.#results.push(outcome);
    this.#emit({ what: 'judged', outcome });
  }

  /** Ends the run when this fails; it does not fail itself. */
  async #abortOnError(work: Promise<void>): Promise<void> {
    try {
      await work;
    } catch (cause) {
      this.#abort.abort(cause);
    }
  }

  async #readLog(log: AsyncIterable<readonly LogEntry[]>): Promise<void> {
    const read = async () => {
      for await (const lines of log) this.#logBuffer.push(lines);
      if (this.#abort.signal.aborted) return;
      throw new DevnetError('no_such_devnet', 'the devnet was taken down while the scenario ran');
    };
    await this.#abortOnError(read());
  }

  async #tolerateUnreachable(to: string, type: string, say: () => Promise<void>): Promise<void> {
    try {
      await say();
    } catch (cause) {
      if (!isNodeUnreachable(cause)) throw cause;
      this.#emit({ what: 'unsent', to, type, why: cause.message });
    }
  }
}
