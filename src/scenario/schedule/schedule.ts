import { type SeededRandom, seededRandom } from '../../shared/seeded-random.ts';
import { MAX_SEED } from '../../topology/model/limits.ts';
import { cutsForPreset, shuffleNodes } from '../model/partition-presets.ts';
import type { Scenario, ScenarioStep, StepAction, StepTiming, TimedStep } from '../model/scenario.ts';
import { type FaultConflict, type FaultWindow, FaultWindows, findConflicts } from './fault-windows.ts';
import { addChurn, addRandomCuts } from './random-faults.ts';

/**
 * What a scenario comes down to: each thing to do and its time. The same scenario gives the same steps for ever, to the
 * byte. At one time, what ends by itself comes first, then the rest in the order of the file.
 */
export function schedule(scenario: Scenario): TimedStep[] {
  return scheduleWithConflicts(scenario).steps;
}

/** The same, and the steps that do to a node or a link what another is still doing to it. */
export function scheduleWithConflicts({ steps }: Scenario): { steps: TimedStep[]; conflicts: FaultConflict[] } {
  const spans = new FaultWindows(
    steps.flatMap(({ when, action }, step) =>
      action.do === 'heal'
        ? occurrenceTimes(when).map((at) => ({
            at,
            step,
            ...(action.names === undefined ? {} : { names: action.names }),
          }))
        : [],
    ),
  );
  const streams = randomStreams(steps);
  for (const [index, step] of steps.entries()) addFixedFaults(spans, step, index, streams[index]);
  const conflicts = findConflicts(spans.windows);
  // Drawn last, so that chance keeps clear of what the file says outright.
  for (const [index, step] of steps.entries()) addRandomFaults(spans, step, index, streams[index]);
  const placed = [...spans.windows].sort(compareOrder);
  const names = nameFaults(placed, steps);
  const timed: OrderedStep[] = [
    ...placed.flatMap((span) => faultSteps(span, names.get(span)!)),
    ...steps.flatMap(({ when, action, name }, step) =>
      otherSteps(action, name, occurrenceTimes(when), step, (heal) =>
        placed.filter((span) => span.healedAt === heal && span.healedBy === step).map((span) => names.get(span)!),
      ),
    ),
  ];
  return { steps: timed.sort(compareOrder).map(({ timed }) => timed), conflicts };
}

/** When a step that is not drawn is to happen, milliseconds. */
function occurrenceTimes(when: StepTiming): number[] {
  if (!('every' in when)) return [when.at];
  const times = 'times' in when ? when.times : Math.ceil((when.until - when.at) / when.every);
  return Array.from({ length: times }, (_, turn) => when.at + turn * when.every);
}

/**
 * A stream of draws for each step that has a seed. Steps with the same seed draw differently, for else a churn and cuts of
 * the same rate would always come at the same moments; and a step added at the end changes none before it.
 */
function randomStreams(steps: readonly ScenarioStep[]): (SeededRandom | undefined)[] {
  const seeds = new Map<number, SeededRandom>();
  return steps.map(({ action }) => {
    const seed = 'seed' in action ? action.seed : undefined;
    if (seed === undefined) return undefined;
    const stream = seeds.get(seed) ?? seededRandom(seed);
    seeds.set(seed, stream);
    return seededRandom(stream.integerBelow(MAX_SEED + 1));
  });
}

function addFixedFaults(
  spans: FaultWindows,
  { when, action, name }: ScenarioStep,
  step: number,
  draws: SeededRandom | undefined,
): void {
  if (action.do === 'fault') {
    const faults = action.faults;
    for (const at of occurrenceTimes(when)) spans.add({ at, step, faults, name, lasts: action.lasts });
  } else if (action.do === 'preset') {
    const { preset, nodes, oneway, lasts } = action;
    for (const at of occurrenceTimes(when)) {
      // Without a seed always the same, else drawn anew each time.
      const order = draws === undefined ? nodes : shuffleNodes(nodes, draws);
      spans.add({ at, step, faults: [{ kind: 'partition', cuts: cutsForPreset(preset, order, oneway) }], name, lasts });
    }
  }
}

function addRandomFaults(
  spans: FaultWindows,
  { when, action, name }: ScenarioStep,
  step: number,
  draws: SeededRandom | undefined,
): void {
  if (!('until' in when) || draws === undefined) return;
  const { at, until } = when;
  if (action.do === 'churn') addChurn(spans, { ...action, random: draws, at, until, step, name });
  else if (action.do === 'cuts') addRandomCuts(spans, { ...action, random: draws, at, until, step, name });
}

/** A timed step and what it is sorted by. */
interface OrderedStep extends StepOrder {
  timed: TimedStep;
}

interface StepOrder {
  at: number;
  /** Index of the step in the file; -1 for what ends by itself. */
  step: number;
}

function compareOrder(one: StepOrder, other: StepOrder): number {
  return one.at - other.at || one.step - other.step;
}

function faultSteps(span: FaultWindow, name: string): OrderedStep[] {
  const { at, end, step, faults } = span;
  const until = end === undefined ? {} : { until: end };
  const inject: OrderedStep = { at, step, timed: { at, do: 'inject', name, faults, ...until } };
  if (end === undefined || span.healedBy !== undefined || span.momentary) return [inject];
  return [inject, { at: end, step: -1, timed: { at: end, do: 'heal', names: [name] } }];
}

function otherSteps(
  action: StepAction,
  name: string | undefined,
  times: readonly number[],
  step: number,
  healed: (at: number) => string[],
): OrderedStep[] {
  return times.flatMap((at): OrderedStep[] => {
    const place = { at, step };
    switch (action.do) {
      case 'heal':
        return [{ ...place, timed: { at, do: 'heal', names: healed(at) } }];
      case 'gossip':
      case 'send':
        return [{ ...place, timed: { at, ...action } }];
      case 'expect':
        return [{ ...place, timed: { at, ...action, ...(name === undefined ? {} : { name }) } }];
      default:
        return [];
    }
  });
}

/** What each fault is known by: its step's name, or its own kind; from the second on with a number. */
function nameFaults(spans: readonly FaultWindow[], steps: readonly ScenarioStep[]): Map<FaultWindow, string> {
  const taken = new Set(steps.flatMap(({ name }) => (name === undefined ? [] : [name])));
  const names = new Map<FaultWindow, string>();
  const given = new Set<string>();
  // How far each name was counted, so that thousands of one kind are not counted from the start each time.
  const turns = { own: new Map<string, number>(), kind: new Map<string, number>() };
  for (const span of spans) {
    const base = span.name ?? defaultFaultName(span);
    const counted = span.name === undefined ? turns.kind : turns.own;
    let turn = counted.get(base) ?? 1;
    const numbered = () => (turn === 1 ? base : `${base}-${turn}`);
    // The first fault of a step has the name of its step; no other has the name of any.
    while (given.has(numbered()) || (taken.has(numbered()) && numbered() !== span.name)) turn++;
    names.set(span, numbered());
    given.add(numbered());
    counted.set(base, turn + 1);
  }
  return names;
}

function defaultFaultName({ faults }: FaultWindow): string {
  const [fault] = faults;
  if (fault === undefined) return 'nothing';
  return 'node' in fault && faults.length === 1 ? `${fault.kind}-${fault.node}` : fault.kind;
}
