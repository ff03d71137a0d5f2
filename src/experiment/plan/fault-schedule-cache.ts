import { parseScenarioObject, ScenarioError, schedule } from '../../scenario/index.ts';
import { RANDOM_ACTIONS } from '../../scenario/schema/steps.ts';
import { describeValue, isMap, quote } from '../../topology/document/diagnostic-text.ts';
import { parseDocumentPath } from '../../topology/document/document-path.ts';
import type { ParseContext } from '../../topology/document/parse-context.ts';
import type { Topology } from '../../topology/index.ts';
import type { TimedFault, WorkloadOptions } from './experiment.ts';
import type { MatrixCell } from './matrix.ts';
import { NON_FAULT_ACTIONS } from './schema.ts';
import { describeCell, fillForCell, nearestTemplatePath } from './template.ts';

/** Schedules the faults of each run from scenario steps; equal schedules are made once. */
export class FaultScheduleCache {
  readonly #context: ParseContext;
  readonly #template: unknown;
  readonly #loadEndMs: number | undefined;
  readonly #cache = new Map<Topology, Map<string, TimedFault[] | undefined>>();

  /** @param template undefined: no faults */
  constructor(context: ParseContext, template: unknown, load: WorkloadOptions | undefined) {
    this.#context = context;
    this.#template = template;
    this.#loadEndMs = load?.every === undefined ? undefined : (load.messages - 1) * load.every + load.within;
  }

  /** Returns undefined where there are no faults, and where they have mistakes, which are then reported. */
  faultsFor(cell: MatrixCell, seed: number, topology: Topology | undefined): TimedFault[] | undefined {
    if (this.#template === undefined || topology === undefined) return undefined;
    const steps = fillForCell(this.#template, cell, seed);
    const where = describeCell(cell, seed);
    if (!Array.isArray(steps)) {
      const got = `${describeValue(steps)}, with ${where}`;
      this.#context.report(['faults'], `expected a list of steps such as { at: 1s, kill: n3, for: 5s }, got ${got}`);
      return undefined;
    }
    const seeded = steps.map((step) => seedRandomFault(step, seed));
    const key = JSON.stringify(seeded);
    const schedules = this.#cache.get(topology) ?? new Map<string, TimedFault[] | undefined>();
    this.#cache.set(topology, schedules);
    if (!schedules.has(key)) schedules.set(key, this.#schedule(seeded, topology, where));
    const faults = schedules.get(key);
    return faults && faults.length > 0 ? faults : undefined;
  }

  #schedule(steps: unknown[], topology: Topology, where: string): TimedFault[] | undefined {
    if (steps.length === 0) return [];
    if (steps.filter((step, index) => this.#reportNonFault(step, index)).length > 0) return undefined;
    try {
      const timed = schedule(parseScenarioObject({ scenario: steps }, { topology })) as TimedFault[];
      const late = timed.find(({ at }) => this.#loadEndMs !== undefined && at >= this.#loadEndMs);
      if (late) {
        const message = `expected every step to start before the load ends at ${this.#loadEndMs} ms, got one at ${late.at} ms`;
        this.#context.report(['faults'], `${message}, with ${where}`, { span: 'key' });
      }
      return timed;
    } catch (cause) {
      if (!(cause instanceof ScenarioError)) throw cause;
      for (const { message, path, hint } of cause.diagnostics) {
        const [, ...inside] = parseDocumentPath(path);
        const nearest = nearestTemplatePath(this.#template, inside);
        this.#context.report(['faults', ...nearest], `${message}, with ${where}`, { hint });
      }
      return undefined;
    }
  }

  /** Reports a step that sends or expects something. @returns whether it does */
  #reportNonFault(step: unknown, index: number): boolean {
    const key = isMap(step) ? NON_FAULT_ACTIONS.find((action) => action in step) : undefined;
    if (key === undefined) return false;
    const nearest = nearestTemplatePath(this.#template, [index, key]);
    const hint = key === 'expect' ? 'use "measure" to choose metrics' : 'use "load" to send messages';
    this.#context.report(['faults', ...nearest], `expected a fault or a heal, got ${quote(key)}`, {
      hint,
      span: 'key',
    });
    return true;
  }
}

/** Random faults depend on the seed of the run, unless the step has its own. */
function seedRandomFault(step: unknown, seed: number): unknown {
  if (!isMap(step)) return step;
  return Object.fromEntries(
    Object.entries(step).map(([key, value]) => [
      key,
      RANDOM_ACTIONS.includes(key) && isMap(value) && value.seed === undefined ? { ...value, seed } : value,
    ]),
  );
}
