import { randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { DevnetError } from '../errors.ts';
import type { Actions, Clock, Injected, LogLine } from './actions.ts';
import { beginCheck, type Check } from './check.ts';
import type { Expectation } from './expectation.ts';
import type { Fault } from './fault.ts';
import { Journal } from './journal.ts';
import type { TimedStep } from './step.ts';

export interface RunOptions {
  clock: Clock;
  /** Its reason becomes the error; all faults are taken back first. */
  signal?: AbortSignal;
  /** Told of everything as it happens. */
  tell?: (happening: Happening) => void;
  /** Makes ids for news; by default random ones. */
  newId?: () => string;
}

/** Something that happened, so many milliseconds after the start. */
export type Happening = { at: number } & (
  | { what: 'injected'; name: string; faults: Fault[] }
  /** Of a fault that was to last to the end, when the scenario is over: `atEnd`. */
  | { what: 'healed'; name: string; atEnd: boolean }
  | { what: 'gossiped'; from: string; id: string }
  | { what: 'sent'; to: string; type: string; reply?: string }
  /** A node was not there to be told: in a scenario with faults that is no failure. */
  | { what: 'unsent'; to: string; type: string; why: string }
  | { what: 'judged'; outcome: Outcome }
);

/** What became of an expectation. */
export interface Outcome {
  /** As the file names it. */
  name?: string;
  expectation: Expectation;
  met: boolean;
  /** When it began and how long it took to be met or missed, milliseconds. */
  at: number;
  took: number;
  /** What was seen last. */
  seen: string;
  /** The last lines of the merged log when it was missed; none when it was met. */
  lines: LogLine[];
}

export interface RunResult {
  passed: boolean;
  /** In the order in which they were decided. */
  outcomes: Outcome[];
  /** Milliseconds from the first step to the last. */
  took: number;
}

/** Time between two looks, milliseconds. */
const LOOK = 200;
/** How long a line of the log may take from where it was written, milliseconds. */
const LATE = 1_000;
/** What a fault has beyond twice its time before it heals by itself, should this process not live to do it, milliseconds. */
const AFTERLIFE = 30_000;
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
  readonly #tell: (happening: Happening) => void;
  readonly #newId: () => string;
  readonly #journal = new Journal();
  readonly #outcomes: Outcome[] = [];
  /** Faults in force, by name, in the order in which they were injected. */
  readonly #faults = new Map<string, Injected[]>();
  /** Names of those that are of links alone: they come and go at once. */
  readonly #ofLinks = new Set<string>();
  /** Aborts when the run is over or cannot go on. */
  readonly #over = new AbortController();
  #start: number;
  /** How long time stood still, milliseconds. */
  #delay = 0;
  /** When the steps of the present moment began, milliseconds since the epoch. */
  #moment = { at: -1, began: 0 };

  constructor(actions: Actions, { clock, signal, tell = () => {}, newId = randomUUID }: RunOptions) {
    this.#actions = actions;
    this.#clock = clock;
    this.#tell = tell;
    this.#newId = newId;
    this.#start = clock.now();
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
      this.#start = this.#clock.now();
      beside.push(this.#readLog());
      for (const step of steps) {
        await this.#until(step.at);
        if (step.do === 'expect') expectations.push(this.#guarded(this.#expect(step)));
        else await this.#do(step);
      }
      await Promise.all(expectations);
      this.#over.signal.throwIfAborted();
    } catch (cause) {
      failure = cause;
    }
    const took = this.#now();
    this.#over.abort(failure);
    await Promise.all([...expectations, ...beside]);
    await this.#healAll(failure);
    return { passed: this.#outcomes.every(({ met }) => met), outcomes: this.#outcomes, took };
  }

  async #do(step: Exclude<TimedStep, { do: 'expect' }>): Promise<void> {
    switch (step.do) {
      case 'inject':
        await this.#standing(() => this.#inject(step));
        break;
      case 'heal':
        await this.#standing(async () => {
          for (const name of step.names.toReversed()) await this.#heal(name, false);
        });
        break;
      case 'gossip': {
        const { from, data } = step;
        const id = this.#newId();
        const news = { id, ...(data === undefined ? {} : { data }) };
        await this.#saying(from, 'gossip', async () => {
          await this.#actions.gossip(from, news);
          this.#tell({ at: this.#now(), what: 'gossiped', from, id });
        });
        break;
      }
      case 'send': {
        const { to, type, payload } = step;
        await this.#saying(to, type, async () => {
          const message = { message_type: type, ...(payload === undefined ? {} : { payload }) };
          const reply = await this.#actions.send(to, message);
          const said = reply === undefined ? {} : { reply: reply.message_type };
          this.#tell({ at: this.#now(), what: 'sent', to, type, ...said });
        });
        break;
      }
    }
  }

  async #inject({ at, name, faults, until }: Extract<TimedStep, { do: 'inject' }>): Promise<void> {
    const injected: Injected[] = [];
    this.#faults.set(name, injected);
    if (faults.every(isOfLink)) this.#ofLinks.add(name);
    // Longer than it lasts if all goes well: injecting others meanwhile takes its time.
    const latest = until === undefined ? {} : { until: this.#clock.now() + 2 * (until - at) + AFTERLIFE };
    const tag = { name, ...latest };
    const inject = (fault: Fault) => this.#actions.inject(fault, tag);
    if (faults.every(isOfLink)) await settled(faults.map(inject), (one) => injected.push(one));
    else for (const fault of faults) injected.push(await inject(fault));
    this.#tell({ at: this.#now(), what: 'injected', name, faults });
    // A restart is over when it has happened.
    if (faults.every(({ kind }) => kind === 'restart')) this.#faults.delete(name);
  }

  async #heal(name: string, atEnd: boolean): Promise<void> {
    const injected = this.#faults.get(name) ?? [];
    const heal = (one: Injected) => one.heal().then(() => one);
    if (this.#ofLinks.has(name)) await settled(injected.map(heal), (one) => injected.splice(injected.indexOf(one), 1));
    // One by one, so that what could not be healed is tried again at the end.
    for (let last = injected.at(-1); last !== undefined; last = injected.at(-1)) {
      await last.heal();
      injected.pop();
    }
    this.#faults.delete(name);
    this.#tell({ at: this.#now(), what: 'healed', name, atEnd });
  }

  /** Heals what is left, all that can be, and then fails with what the run failed with, or with what could not be healed. */
  async #healAll(failure: unknown): Promise<void> {
    const remains: { name: string; cause: unknown }[] = [];
    for (const [name, injected] of [...this.#faults].reverse()) {
      if (injected.length === 0) continue; // It was the one that could not be injected.
      try {
        await this.#heal(name, true);
      } catch (cause) {
        remains.push({ name, cause });
      }
    }
    const [first] = remains;
    if (first === undefined && failure === undefined) return;
    if (first === undefined) throw failure;
    const names = remains.map(({ name }) => name).join(', ');
    const before = failure === undefined ? '' : `${messageOf(failure)}\n  and `;
    const decisive = failure ?? first.cause;
    throw new DevnetError(
      decisive instanceof DevnetError ? decisive.code : 'engine_failed',
      `${before}these faults could not be taken back: ${names}: ${messageOf(first.cause)}`,
      { hint: 'devnet heal, once the engine answers; or devnet down removes all', cause: decisive },
    );
  }

  async #expect({ name, expectation }: Extract<TimedStep, { do: 'expect' }>): Promise<void> {
    const began = this.#clock.now();
    const scene = {
      actions: this.#actions,
      journal: this.#journal,
      since: this.#moment.began,
      began,
      newId: this.#newId,
    };
    const settle = (met: boolean, seen: string) => {
      // Judged by the log, it is known only when the last line can be here.
      const took = Math.min(this.#clock.now() - began, expectation.within);
      const lines = met ? [] : this.#journal.last(TOLD);
      const outcome = { expectation, met, at: began - this.#start, took, seen, lines };
      this.#outcomes.push(name === undefined ? outcome : { name, ...outcome });
      this.#tell({ at: this.#now(), what: 'judged', outcome: this.#outcomes.at(-1)! });
    };
    let check: Check;
    try {
      check = await beginCheck(expectation, scene);
    } catch (cause) {
      if (!isUnreachable(cause)) throw cause;
      settle(false, cause.message);
      return;
    }
    try {
      const deadline = began + expectation.within + (check.byLog ? LATE : 0);
      for (;;) {
        const now = this.#clock.now();
        const standing = await check.look();
        if (standing.state !== 'open') return settle(standing.state === 'met', standing.seen);
        if (now >= deadline) return settle(standing.inTheEnd === 'met', standing.seen);
        await this.#clock.sleep(Math.min(LOOK, deadline - now), this.#over.signal);
      }
    } finally {
      check.end();
    }
  }

  /** Ends the run when this fails; it does not fail itself. */
  async #guarded(work: Promise<void>): Promise<void> {
    try {
      await work;
    } catch (cause) {
      this.#over.abort(cause);
    }
  }

  async #readLog(): Promise<void> {
    const { signal } = this.#over;
    const read = async () => {
      for await (const lines of this.#actions.log(this.#start, signal)) this.#journal.push(lines);
      if (signal.aborted) return;
      throw new DevnetError('no_such_devnet', 'the devnet was taken down while the scenario ran');
    };
    await this.#guarded(read());
  }

  async #saying(to: string, type: string, say: () => Promise<void>): Promise<void> {
    try {
      await say();
    } catch (cause) {
      if (!isUnreachable(cause)) throw cause;
      this.#tell({ at: this.#now(), what: 'unsent', to, type, why: cause.message });
    }
  }

  /** Waits for a time of the schedule. What comes late makes all that follows later, so that nothing is hurried. */
  async #until(at: number): Promise<void> {
    this.#over.signal.throwIfAborted();
    const left = this.#start + this.#delay + at - this.#clock.now();
    if (left > 0) await this.#clock.sleep(left, this.#over.signal);
    else this.#delay -= left;
    if (at !== this.#moment.at) this.#moment = { at, began: this.#clock.now() };
  }

  /** Does something while time stands still. */
  async #standing(work: () => Promise<void>): Promise<void> {
    const before = this.#clock.now();
    await work();
    this.#delay += this.#clock.now() - before;
  }

  #now(): number {
    return this.#clock.now() - this.#start;
  }
}

/** Asked for at once, such faults are one change of the rules, be they of a hundred links; nodes come and go one by one. */
function isOfLink({ kind }: Fault): boolean {
  return kind === 'messages' || kind === 'link';
}

/** Waits for all, and then fails with what the first of those that failed did. */
async function settled<T>(works: readonly Promise<T>[], done: (value: T) => void): Promise<void> {
  const all = await Promise.allSettled(works);
  for (const one of all) if (one.status === 'fulfilled') done(one.value);
  for (const one of all) if (one.status === 'rejected') throw one.reason;
}

function isUnreachable(cause: unknown): cause is DevnetError {
  return cause instanceof DevnetError && cause.code === 'node_unreachable';
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
