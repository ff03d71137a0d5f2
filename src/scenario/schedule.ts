import { MAX_SEED } from '../topology/limits.ts';
import { type Random, random } from '../topology/random.ts';
import { drawChurn, drawCuts } from './draw.ts';
import { presetCuts, shuffled } from './presets.ts';
import { type Conflict, conflictsOf, type Span, Spans } from './spans.ts';
import type { Action, Scenario, Step, TimedStep, When } from './step.ts';

/**
 * What a scenario comes down to: each thing to do and its time. The same scenario gives the same steps for ever, to the
 * byte. At one time, what ends by itself comes first, then the rest in the order of the file.
 */
export function schedule(scenario: Scenario): TimedStep[] {
  return plan(scenario).steps;
}

/** The same, and the steps that do to a node or a link what another is still doing to it. */
export function plan({ steps }: Scenario): { steps: TimedStep[]; conflicts: Conflict[] } {
  const spans = new Spans(
    steps.flatMap(({ when, action }, step) =>
      action.do === 'heal'
        ? timesOf(when).map((at) => ({ at, step, ...(action.names === undefined ? {} : { names: action.names }) }))
        : [],
    ),
  );
  const streams = streamsOf(steps);
  for (const [index, step] of steps.entries()) addFixed(spans, step, index, streams[index]);
  const conflicts = conflictsOf(spans.all);
  // Drawn last, so that chance keeps clear of what the file says outright.
  for (const [index, step] of steps.entries()) addDrawn(spans, step, index, streams[index]);
  const placed = [...spans.all].sort(byPlace);
  const names = named(placed, steps);
  const timed: Placed[] = [
    ...placed.flatMap((span) => faultSteps(span, names.get(span)!)),
    ...steps.flatMap(({ when, action, name }, step) =>
      otherSteps(action, name, timesOf(when), step, (heal) =>
        placed.filter((span) => span.healedAt === heal && span.healedBy === step).map((span) => names.get(span)!),
      ),
    ),
  ];
  return { steps: timed.sort(byPlace).map(({ timed }) => timed), conflicts };
}

/** When a step that is not drawn is to happen, milliseconds. */
function timesOf(when: When): number[] {
  if (!('every' in when)) return [when.at];
  const times = 'times' in when ? when.times : Math.ceil((when.until - when.at) / when.every);
  return Array.from({ length: times }, (_, turn) => when.at + turn * when.every);
}

/**
 * A stream of draws for each step that has a seed. Steps with the same seed draw differently, for else a churn and cuts of
 * the same rate would always come at the same moments; and a step added at the end changes none before it.
 */
function streamsOf(steps: readonly Step[]): (Random | undefined)[] {
  const seeds = new Map<number, Random>();
  return steps.map(({ action }) => {
    const seed = 'seed' in action ? action.seed : undefined;
    if (seed === undefined) return undefined;
    const stream = seeds.get(seed) ?? random(seed);
    seeds.set(seed, stream);
    return random(stream.below(MAX_SEED + 1));
  });
}

function addFixed(spans: Spans, { when, action, name }: Step, step: number, draws: Random | undefined): void {
  if (action.do === 'fault') {
    const faults = action.faults;
    for (const at of timesOf(when)) spans.add({ at, step, faults, name, lasts: action.lasts });
  } else if (action.do === 'preset') {
    const { preset, nodes, oneway, lasts } = action;
    for (const at of timesOf(when)) {
      // Without a seed always the same, else drawn anew each time.
      const order = draws === undefined ? nodes : shuffled(nodes, draws);
      spans.add({ at, step, faults: [{ kind: 'partition', cuts: presetCuts(preset, order, oneway) }], name, lasts });
    }
  }
}

function addDrawn(spans: Spans, { when, action, name }: Step, step: number, draws: Random | undefined): void {
  if (!('until' in when) || draws === undefined) return;
  const { at, until } = when;
  if (action.do === 'churn') drawChurn(spans, { ...action, draws, at, until, step, name });
  else if (action.do === 'cuts') drawCuts(spans, { ...action, draws, at, until, step, name });
}

/** A timed step and what it is sorted by. */
interface Placed extends Place {
  timed: TimedStep;
}

interface Place {
  at: number;
  /** Index of the step in the file; -1 for what ends by itself. */
  step: number;
}

function byPlace(one: Place, other: Place): number {
  return one.at - other.at || one.step - other.step;
}

function faultSteps(span: Span, name: string): Placed[] {
  const { at, end, step, faults } = span;
  const until = end === undefined ? {} : { until: end };
  const inject: Placed = { at, step, timed: { at, do: 'inject', name, faults, ...until } };
  if (end === undefined || span.healedBy !== undefined || span.momentary) return [inject];
  return [inject, { at: end, step: -1, timed: { at: end, do: 'heal', names: [name] } }];
}

function otherSteps(
  action: Action,
  name: string | undefined,
  times: readonly number[],
  step: number,
  healed: (at: number) => string[],
): Placed[] {
  return times.flatMap((at): Placed[] => {
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
function named(spans: readonly Span[], steps: readonly Step[]): Map<Span, string> {
  const taken = new Set(steps.flatMap(({ name }) => (name === undefined ? [] : [name])));
  const names = new Map<Span, string>();
  const given = new Set<string>();
  // How far each name was counted, so that thousands of one kind are not counted from the start each time.
  const turns = { own: new Map<string, number>(), kind: new Map<string, number>() };
  for (const span of spans) {
    const base = span.name ?? kindOf(span);
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

function kindOf({ faults }: Span): string {
  const [fault] = faults;
  if (fault === undefined) return 'nothing';
  return 'node' in fault && faults.length === 1 ? `${fault.kind}-${fault.node}` : fault.kind;
}
