import { parseScenarioObject, ScenarioError, schedule } from '../../scenario/index.ts';
import { RANDOM_ACTIONS } from '../../scenario/schema/steps.ts';
import { describeValue, isMap, quote } from '../../topology/document/diagnostic-text.ts';
import type { ParseContext } from '../../topology/document/parse-context.ts';
import type { Topology } from '../../topology/index.ts';
import type { TimedFault, WorkloadOptions } from './experiment.ts';
import type { MatrixCell } from './matrix.ts';
import { NON_FAULT_ACTIONS } from './schema.ts';
import { describeCell, fillForCell, nearestTemplatePath, parsePath } from './topology-cache.ts';

/** Works out the faults of each run, with their times, from steps as a scenario has them. */
export class FaultScheduleCache {
  readonly #context: ParseContext;
  readonly #template: unknown;
  readonly #loadEndMs: number | undefined;
  readonly #cache = new Map<Topology, Map<string, TimedFault[] | undefined>>();

  /** @param template undefined: nothing is done to any network */
  constructor(reading: ParseContext, template: unknown, load: WorkloadOptions | undefined) {
    this.#context = reading;
    this.#template = template;
    this.#loadEndMs = load?.every === undefined ? undefined : (load.messages - 1) * load.every + load.within;
  }

  /** None where there are none; undefined also when they have mistakes, which are then noted. */
  faultsFor(cell: MatrixCell, seed: number, topology: Topology | undefined): TimedFault[] | undefined {
    if (this.#template === undefined || topology === undefined) return undefined;
    const steps = fillForCell(this.#template, cell, seed);
    if (!Array.isArray(steps)) {
      const got = `${describeValue(steps)}, with ${describeCell(cell, seed)}`;
      this.#context.report(['faults'], `expected a list of steps such as { at: 1s, kill: n3, for: 5s }, got ${got}`);
      return undefined;
    }
    const seeded = steps.map((step) => seedRandomFault(step, seed));
    const text = JSON.stringify(seeded);
    const made = this.#cache.get(topology) ?? new Map<string, TimedFault[] | undefined>();
    this.#cache.set(topology, made);
    if (!made.has(text)) made.set(text, this.#schedule(seeded, topology, describeCell(cell, seed)));
    const faults = made.get(text);
    return faults && faults.length > 0 ? faults : undefined;
  }

  #schedule(steps: unknown[], topology: Topology, choice: string): TimedFault[] | undefined {
    if (steps.length === 0) return [];
    if (steps.map((step, index) => this.#rejectNonFault(step, index)).includes(true)) return undefined;
    try {
      const timed = schedule(parseScenarioObject({ scenario: steps }, { topology })) as TimedFault[];
      const late = timed.find(({ at }) => this.#loadEndMs !== undefined && at >= this.#loadEndMs);
      if (late) {
        const message = `expected every step before the load is over, after ${this.#loadEndMs} ms, got one at ${late.at} ms`;
        this.#context.report(['faults'], `${message}, with ${choice}`, { span: 'key' });
      }
      return timed;
    } catch (cause) {
      if (!(cause instanceof ScenarioError)) throw cause;
      for (const { message, path, hint } of cause.diagnostics) {
        const [, ...inside] = parsePath(path);
        const where = nearestTemplatePath(this.#template, inside);
        this.#context.report(['faults', ...where], `${message}, with ${choice}`, { hint });
      }
      return undefined;
    }
  }

  #rejectNonFault(step: unknown, index: number): boolean {
    const key = isMap(step) ? NON_FAULT_ACTIONS.find((one) => one in step) : undefined;
    if (key === undefined) return false;
    const where = nearestTemplatePath(this.#template, [index, key]);
    const hint = key === 'expect' ? '"measure" says what is measured' : '"load" says what is sent';
    this.#context.report(['faults', ...where], `expected a fault or a heal, got ${quote(key)}`, { hint, span: 'key' });
    return true;
  }
}

/** What is drawn hangs on the seed of the run, unless the step has one of its own. */
function seedRandomFault(step: unknown, seed: number): unknown {
  if (!isMap(step)) return step;
  return Object.fromEntries(
    Object.entries(step).map(([key, value]) => [
      key,
      RANDOM_ACTIONS.includes(key) && isMap(value) && value.seed === undefined ? { ...value, seed } : value,
    ]),
  );
}
