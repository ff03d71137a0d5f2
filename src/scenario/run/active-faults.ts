import type { Fault } from '../../network/fault.ts';
import { DevnetError, describeError } from '../../shared/errors.ts';
import type { TimedStep } from '../model/scenario.ts';
import type { ActiveFault, Clock, ScenarioDriver } from '../model/scenario-driver.ts';
import type { ScenarioEventBody } from './scenario-events.ts';

/** What a fault has beyond twice its time before it heals by itself, should this process not live to do it, milliseconds. */
const HEAL_FALLBACK_MS = 30_000;

/** The faults that are in force: injected by a name, taken back by it. */
export class ActiveFaults {
  readonly #driver: Pick<ScenarioDriver, 'inject'>;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #emit: (happened: ScenarioEventBody) => void;
  /** By name, in the order in which they were injected. */
  readonly #faults = new Map<string, ActiveFault[]>();
  /** Names of those that are of links alone: they come and go at once. */
  readonly #linkFaultNames = new Set<string>();

  constructor(
    actions: Pick<ScenarioDriver, 'inject'>,
    clock: Pick<Clock, 'now'>,
    tell: (happened: ScenarioEventBody) => void,
  ) {
    this.#driver = actions;
    this.#clock = clock;
    this.#emit = tell;
  }

  async inject({ at, name, faults, until }: Extract<TimedStep, { do: 'inject' }>): Promise<void> {
    const injected: ActiveFault[] = [];
    this.#faults.set(name, injected);
    if (faults.every(isLinkFault)) this.#linkFaultNames.add(name);
    // Longer than it lasts if all goes well: injecting others meanwhile takes its time.
    const latest = until === undefined ? {} : { until: this.#clock.now() + 2 * (until - at) + HEAL_FALLBACK_MS };
    const tag = { name, ...latest };
    const inject = (fault: Fault) => this.#driver.inject(fault, tag);
    if (faults.every(isLinkFault)) await awaitAll(faults.map(inject), (one) => injected.push(one));
    else for (const fault of faults) injected.push(await inject(fault));
    this.#emit({ what: 'injected', name, faults });
    // A restart is over when it has happened.
    if (faults.every(({ kind }) => kind === 'restart')) this.#faults.delete(name);
  }

  async heal(name: string, atEnd: boolean): Promise<void> {
    const injected = this.#faults.get(name) ?? [];
    const heal = (one: ActiveFault) => one.heal().then(() => one);
    if (this.#linkFaultNames.has(name))
      await awaitAll(injected.map(heal), (one) => injected.splice(injected.indexOf(one), 1));
    // One by one, so that what could not be healed is tried again at the end.
    for (let last = injected.at(-1); last !== undefined; last = injected.at(-1)) {
      await last.heal();
      injected.pop();
    }
    this.#faults.delete(name);
    this.#emit({ what: 'healed', name, atEnd });
  }

  /** Heals what is left, all that can be, and then fails with what the run failed with, or with what could not be healed. */
  async healAll(failure: unknown): Promise<void> {
    const remains: { name: string; cause: unknown }[] = [];
    for (const [name, injected] of [...this.#faults].reverse()) {
      if (injected.length === 0) continue; // It was the one that could not be injected.
      try {
        await this.heal(name, true);
      } catch (cause) {
        remains.push({ name, cause });
      }
    }
    const [first] = remains;
    if (first === undefined && failure === undefined) return;
    if (first === undefined) throw failure;
    const names = remains.map(({ name }) => name).join(', ');
    const before = failure === undefined ? '' : `${describeError(failure)}\n  and `;
    const decisive = failure ?? first.cause;
    throw new DevnetError(
      decisive instanceof DevnetError ? decisive.code : 'engine_failed',
      `${before}these faults could not be taken back: ${names}: ${describeError(first.cause)}`,
      { hint: 'devnet heal, once the engine answers; or devnet down removes all', cause: decisive },
    );
  }
}

/** Asked for at once, such faults are one change of the rules, be they of a hundred links; nodes come and go one by one. */
function isLinkFault({ kind }: Fault): boolean {
  return kind === 'messages' || kind === 'link';
}

/** Waits for all, and then fails with what the first of those that failed did. */
async function awaitAll<T>(works: readonly Promise<T>[], done: (value: T) => void): Promise<void> {
  const all = await Promise.allSettled(works);
  for (const one of all) if (one.status === 'fulfilled') done(one.value);
  for (const one of all) if (one.status === 'rejected') throw one.reason;
}
