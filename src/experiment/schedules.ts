import { parseScenarioObject, ScenarioError, schedule } from '../scenario/index.ts';
import { DRAWN } from '../scenario/schema/index.ts';
import type { Topology } from '../topology/index.ts';
import type { Reading } from '../topology/reading.ts';
import { found, isMap, quote } from '../topology/wording.ts';
import type { Cell } from './expand.ts';
import type { Load, TimedFault } from './experiment.ts';
import { choiceOf, filledFor, nearest, stepsOf } from './networks.ts';
import { OTHERS } from './schema.ts';

/** Works out the faults of each run, with their times, from steps as a scenario has them. */
export class Schedules {
  readonly #reading: Reading;
  readonly #template: unknown;
  readonly #over: number | undefined;
  readonly #made = new Map<Topology, Map<string, TimedFault[] | undefined>>();

  /** @param template undefined: nothing is done to any network */
  constructor(reading: Reading, template: unknown, load: Load | undefined) {
    this.#reading = reading;
    this.#template = template;
    this.#over = load?.every === undefined ? undefined : (load.messages - 1) * load.every + load.within;
  }

  /** None where there are none; undefined also when they have mistakes, which are then noted. */
  make(cell: Cell, seed: number, topology: Topology | undefined): TimedFault[] | undefined {
    if (this.#template === undefined || topology === undefined) return undefined;
    const steps = filledFor(this.#template, cell, seed);
    if (!Array.isArray(steps)) {
      const got = `${found(steps)}, with ${choiceOf(cell, seed)}`;
      this.#reading.mistake(['faults'], `expected a list of steps such as { at: 1s, kill: n3, for: 5s }, got ${got}`);
      return undefined;
    }
    const seeded = steps.map((step) => withSeed(step, seed));
    const text = JSON.stringify(seeded);
    const made = this.#made.get(topology) ?? new Map<string, TimedFault[] | undefined>();
    this.#made.set(topology, made);
    if (!made.has(text)) made.set(text, this.#schedule(seeded, topology, choiceOf(cell, seed)));
    const faults = made.get(text);
    return faults && faults.length > 0 ? faults : undefined;
  }

  #schedule(steps: unknown[], topology: Topology, choice: string): TimedFault[] | undefined {
    if (steps.length === 0) return [];
    if (steps.map((step, index) => this.#isOther(step, index)).includes(true)) return undefined;
    try {
      const timed = schedule(parseScenarioObject({ scenario: steps }, { topology })) as TimedFault[];
      const late = timed.find(({ at }) => this.#over !== undefined && at >= this.#over);
      if (late) {
        const message = `expected every step before the load is over, after ${this.#over} ms, got one at ${late.at} ms`;
        this.#reading.mistake(['faults'], `${message}, with ${choice}`, { part: 'key' });
      }
      return timed;
    } catch (cause) {
      if (!(cause instanceof ScenarioError)) throw cause;
      for (const { message, path, hint } of cause.mistakes) {
        const [, ...inside] = stepsOf(path);
        const where = nearest(this.#template, inside);
        this.#reading.mistake(['faults', ...where], `${message}, with ${choice}`, { hint });
      }
      return undefined;
    }
  }

  #isOther(step: unknown, index: number): boolean {
    const key = isMap(step) ? OTHERS.find((one) => one in step) : undefined;
    if (key === undefined) return false;
    const where = nearest(this.#template, [index, key]);
    const hint = key === 'expect' ? '"measure" says what is measured' : '"load" says what is sent';
    this.#reading.mistake(['faults', ...where], `expected a fault or a heal, got ${quote(key)}`, { hint, part: 'key' });
    return true;
  }
}

/** What is drawn hangs on the seed of the run, unless the step has one of its own. */
function withSeed(step: unknown, seed: number): unknown {
  if (!isMap(step)) return step;
  return Object.fromEntries(
    Object.entries(step).map(([key, value]) => [
      key,
      DRAWN.includes(key) && isMap(value) && value.seed === undefined ? { ...value, seed } : value,
    ]),
  );
}
