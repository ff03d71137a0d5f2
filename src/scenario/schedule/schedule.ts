import { isMomentary } from '../../network/fault.ts';
import { type SeededRandom, seededRandom, shuffle } from '../../shared/seeded-random.ts';
import { MAX_SEED } from '../../topology/model/limits.ts';
import { cutsForPreset } from '../model/partition-presets.ts';
import type { Scenario, ScenarioStep, StepTiming, TimedStep } from '../model/scenario.ts';
import { type FaultConflict, type FaultWindow, FaultWindows, findConflicts } from './fault-windows.ts';
import { addRandomFaults } from './random-faults.ts';

/**
 * Turns a scenario into a schedule: every action with its time. The same scenario gives the same schedule, byte for byte.
 * At the same time, faults whose time is over are healed first; the rest is in the order of the file.
 */
export function schedule(scenario: Scenario): TimedStep[] {
  return scheduleWithConflicts(scenario).steps;
}

/** Schedules a scenario, and finds the steps whose faults overlap with others on one node or link. */
export function scheduleWithConflicts({ steps }: Scenario): { steps: TimedStep[]; conflicts: FaultConflict[] } {
  const faultWindows = new FaultWindows(
    steps.flatMap(({ when, action }, step) =>
      action.do === 'heal' ? occurrenceTimes(when).map((at) => ({ at, step, names: action.names })) : [],
    ),
  );
  const streams = randomStreams(steps);
  for (const [index, step] of steps.entries()) addFixedFaults(faultWindows, step, index, streams[index]);
  const conflicts = findConflicts(faultWindows.windows);
  // Random faults come last, so that they avoid the faults that the file fixes.
  for (const [step, { when, action, name }] of steps.entries()) {
    const random = streams[step];
    if ((action.do === 'churn' || action.do === 'cuts') && 'until' in when && random !== undefined)
      addRandomFaults(faultWindows, action, { at: when.at, until: when.until, step, name, random });
  }
  const windows = faultWindows.windows.toSorted(compareOrder);
  const names = nameFaults(windows, steps);
  const ordered: OrderedStep[] = [
    ...windows.flatMap((window) => faultSteps(window, names.get(window)!)),
    ...steps.flatMap(({ when, action, name }, step): OrderedStep[] => {
      const at = occurrenceTimes(when);
      switch (action.do) {
        case 'heal':
          return at.map((at) => {
            const healed = windows.filter(({ healedBy }) => healedBy?.step === step && healedBy.at === at);
            return { at, step, timed: { at, do: action.do, names: healed.map((window) => names.get(window)!) } };
          });
        case 'gossip':
        case 'send':
          return at.map((at) => ({ at, step, timed: { at, ...action } }));
        case 'expect':
          return at.map((at) => ({ at, step, timed: { at, ...action, ...(name === undefined ? {} : { name }) } }));
        default:
          return [];
      }
    }),
  ];
  return { steps: ordered.sort(compareOrder).map(({ timed }) => timed), conflicts };
}

/** Number of times that a repeated step takes place. */
export function repeatCount(when: Extract<StepTiming, { every: number }>): number {
  return 'times' in when ? when.times : Math.ceil((when.until - when.at) / when.every);
}

/** The times of a step that is not random, milliseconds. */
function occurrenceTimes(when: StepTiming): number[] {
  if (!('every' in when)) return [when.at];
  return Array.from({ length: repeatCount(when) }, (_, index) => when.at + index * when.every);
}

/**
 * Returns a random stream for each step that has a seed. Steps with the same seed get different streams, because otherwise
 * a churn and cuts of the same rate would always coincide; a step added at the end changes none before it.
 */
function randomStreams(steps: readonly ScenarioStep[]): (SeededRandom | undefined)[] {
  const bySeed = new Map<number, SeededRandom>();
  return steps.map(({ action }) => {
    const seed = 'seed' in action ? action.seed : undefined;
    if (seed === undefined) return undefined;
    const stream = bySeed.get(seed) ?? seededRandom(seed);
    bySeed.set(seed, stream);
    return seededRandom(stream.integerBelow(MAX_SEED + 1));
  });
}

function addFixedFaults(
  windows: FaultWindows,
  { when, action, name }: ScenarioStep,
  step: number,
  random: SeededRandom | undefined,
): void {
  if (action.do !== 'fault' && action.do !== 'preset') return;
  const { durationMs } = action;
  for (const at of occurrenceTimes(when)) {
    if (action.do === 'fault') {
      windows.add({ at, step, faults: action.faults, name, durationMs });
    } else {
      const nodes = random === undefined ? action.nodes : shuffle(action.nodes, random);
      const cuts = cutsForPreset(action.preset, nodes, action.oneway);
      windows.add({ at, step, faults: [{ kind: 'partition', cuts }], name, durationMs });
    }
  }
}

/** A timed step and its sort key. */
interface OrderedStep extends StepOrder {
  timed: TimedStep;
}

interface StepOrder {
  at: number;
  /** Index of the step in the file; -1 for the heal of a fault whose time is over. */
  step: number;
}

function compareOrder(one: StepOrder, other: StepOrder): number {
  return one.at - other.at || one.step - other.step;
}

function faultSteps({ at, end, step, faults, healedBy }: FaultWindow, name: string): OrderedStep[] {
  const lastsToEnd = end === Number.POSITIVE_INFINITY;
  const inject: OrderedStep = {
    at,
    step,
    timed: { at, do: 'inject', name, faults, ...(lastsToEnd ? {} : { until: end }) },
  };
  if (lastsToEnd || healedBy !== undefined || isMomentary(faults)) return [inject];
  return [inject, { at: end, step: -1, timed: { at: end, do: 'heal', names: [name] } }];
}

/** Gives each fault the name of its step, or else that of its kind; from the second on with a number. */
function nameFaults(windows: readonly FaultWindow[], steps: readonly ScenarioStep[]): Map<FaultWindow, string> {
  const stepNames = new Set(steps.map(({ name }) => name));
  const names = new Map<FaultWindow, string>();
  const given = new Set<string>();
  // The next number of each name, so that thousands of one kind are not counted from 1 each time.
  const nextNumbers = { step: new Map<string, number>(), kind: new Map<string, number>() };
  for (const window of windows) {
    const base = window.name ?? defaultFaultName(window);
    const numbers = window.name === undefined ? nextNumbers.kind : nextNumbers.step;
    let number = numbers.get(base) ?? 1;
    const numbered = () => (number === 1 ? base : `${base}-${number}`);
    // Only the first fault of a step has the very name of that step, and no other fault has the name of any step.
    while (given.has(numbered()) || (stepNames.has(numbered()) && numbered() !== window.name)) number++;
    names.set(window, numbered());
    given.add(numbered());
    numbers.set(base, number + 1);
  }
  return names;
}

function defaultFaultName({ faults }: FaultWindow): string {
  const [fault] = faults;
  if (fault === undefined) return 'nothing';
  if (fault.kind === 'host') return `${fault.action}-${fault.host}`;
  return 'node' in fault && faults.length === 1 ? `${fault.kind}-${fault.node}` : fault.kind;
}
