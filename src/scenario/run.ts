import { randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { DevnetError } from '../errors.ts';
import type { Actions, Clock, LogLine } from './actions.ts';
import type { Happened, Happening, Outcome, RunResult } from './happening.ts';
import { InForce } from './in-force.ts';
import { Journal } from './journal.ts';
import { judge } from './judge.ts';
import type { TimedStep } from './step.ts';
import { Stopwatch } from './stopwatch.ts';
import { isUnreachable } from './unreachable.ts';

export interface RunOptions {
  clock: Clock;
  /** Its reason becomes the error; all faults are taken back first. */
  signal?: AbortSignal;
  /** Told of everything as it happens. */
  tell?: (happening: Happening) => void;
  /** Makes ids for news; by default random ones. */
  newId?: () => string;
}

/** Lines of the log that a missed expectation is told with. */
const TOLD = 12;

/**
 * Carries out a scenario: each step at its time, one after the other, and expectations beside them. Time stands still while
 * a fault is injected or healed, so that on a slow machine too each lasts as long as it says. However it ends, every fault
 * is taken back first, the last one injected first.
 * @throws DevnetError when something could not be done; the reason of the signal when it aborts
 */
export async function runScenario(
  steps: readonly TimedStep[],
  actions: Actions,
  options: RunOptions,
): Promise<RunResult> {
  return new Run(actions, options).through(steps);
}

class Run {
  readonly #actions: Actions;
  readonly #clock: Clock;
  readonly #time: Stopwatch;
  readonly #tell: (happened: Happened) => void;
  readonly #newId: () => string;
  readonly #journal = new Journal();
  readonly #outcomes: Outcome[] = [];
  readonly #inForce: InForce;
  /** Aborts when the run is over or cannot go on. */
  readonly #over = new AbortController();

  constructor(actions: Actions, { clock, signal, tell = () => {}, newId = randomUUID }: RunOptions) {
    this.#actions = actions;
    this.#clock = clock;
    this.#time = new Stopwatch(clock);
    this.#tell = (happened) => tell({ at: this.#time.now(), ...happened });
    this.#inForce = new InForce(actions, clock, this.#tell);
    this.#newId = newId;
    setMaxListeners(0, this.#over.signal); // One for each expectation that waits, and that is no leak.
    const abort = () => this.#over.abort(signal?.reason);
    if (signal?.aborted) abort();
    else signal?.addEventListener('abort', abort, { once: true, signal: this.#over.signal });
  }

  async through(steps: readonly TimedStep[]): Promise<RunResult> {
    const beside: Promise<void>[] = [];
    const expectations: Promise<void>[] = [];
    let failure: unknown;
    try {
      this.#over.signal.throwIfAborted();
      await this.#actions.prepare(steps.flatMap((step) => (step.do === 'inject' ? step.faults : [])));
      // Before the first step, so that what that does is in it.
      const log = await this.#actions.log(this.#clock.now(), this.#over.signal);
      this.#time.restart();
      beside.push(this.#readLog(log));
      for (const step of steps) {
        await this.#time.until(step.at, this.#over.signal);
        if (step.do === 'expect') expectations.push(this.#guarded(this.#expect(step)));
        else await this.#do(step);
      }
      await Promise.all(expectations);
      this.#over.signal.throwIfAborted();
    } catch (cause) {
      failure = cause;
    }
    const took = this.#time.now();
    this.#over.abort(failure);
    await Promise.all([...expectations, ...beside]);
    await this.#inForce.healAll(failure);
    return { passed: this.#outcomes.every(({ met }) => met), outcomes: this.#outcomes, took };
  }

  async #do(step: Exclude<TimedStep, { do: 'expect' }>): Promise<void> {
    switch (step.do) {
      case 'inject':
        await this.#time.standing(() => this.#inForce.inject(step));
        break;
      case 'heal':
        await this.#time.standing(async () => {
          for (const name of step.names.toReversed()) await this.#inForce.heal(name, false);
        });
        break;
      case 'gossip': {
        const { from, data } = step;
        const id = this.#newId();
        const news = { id, ...(data === undefined ? {} : { data }) };
        await this.#saying(from, 'gossip', async () => {
          await this.#actions.gossip(from, news);
          this.#tell({ what: 'gossiped', from, id });
        });
        break;
      }
      case 'send': {
        const { to, type, payload } = step;
        await this.#saying(to, type, async () => {
          const message = { message_type: type, ...(payload === undefined ? {} : { payload }) };
          const reply = await this.#actions.send(to, message);
          const said = reply === undefined ? {} : { reply: reply.message_type };
          this.#tell({ what: 'sent', to, type, ...said });
        });
        break;
      }
    }
  }

  async #expect({ name, expectation }: Extract<TimedStep, { do: 'expect' }>): Promise<void> {
    const began = this.#clock.now();
    const scene = {
      actions: this.#actions,
      journal: this.#journal,
      since: this.#time.momentBegan,
      began,
      newId: this.#newId,
    };
    const { met, seen } = await judge(expectation, scene, this.#clock, this.#over.signal);
    const took = Math.min(this.#clock.now() - began, expectation.within);
    const lines = met ? [] : this.#journal.last(TOLD);
    const at = began - this.#time.started;
    const outcome = { ...(name === undefined ? {} : { name }), expectation, met, at, took, seen, lines };
    this.#outcomes.push(outcome);
    this.#tell({ what: 'judged', outcome });
  }

  /** Ends the run when this fails; it does not fail itself. */
  async #guarded(work: Promise<void>): Promise<void> {
    try {
      await work;
    } catch (cause) {
      this.#over.abort(cause);
    }
  }

  async #readLog(log: AsyncIterable<readonly LogLine[]>): Promise<void> {
    const read = async () => {
      for await (const lines of log) this.#journal.push(lines);
      if (this.#over.signal.aborted) return;
      throw new DevnetError('no_such_devnet', 'the devnet was taken down while the scenario ran');
    };
    await this.#guarded(read());
  }

  async #saying(to: string, type: string, say: () => Promise<void>): Promise<void> {
    try {
      await say();
    } catch (cause) {
      if (!isUnreachable(cause)) throw cause;
      this.#tell({ what: 'unsent', to, type, why: cause.message });
    }
  }
}
