import type { Fault } from '../../network/fault.ts';
import type { SeededRandom } from '../../shared/seeded-random.ts';
import { cutsBetween } from '../model/partition-presets.ts';
import type { EventRate } from '../model/scenario.ts';
import type { FaultWindows } from './fault-windows.ts';

interface RandomFaultOptions {
  rate: EventRate;
  /** How long each lasts, milliseconds. */
  lasts: number;
  random: SeededRandom;
  at: number;
  until: number;
  step: number;
  name: string | undefined;
}

/** How many a rate makes of a time. */
export function occurrencesIn({ count, per }: EventRate, span: number): number {
  return Math.round((count * span) / per);
}

/** Takes nodes down and lets them come back, drawn among those that are up and stay so for as long. */
export function addChurn(
  spans: FaultWindows,
  { nodes, by, ...draw }: RandomFaultOptions & { nodes: readonly string[]; by: 'kill' | 'stop' | 'pause' },
): void {
  addRandomWindows(
    spans,
    draw,
    nodes.map((node) => [{ kind: by, node }]),
  );
}

/** Cuts links, both ways, drawn among those that are not cut by this step. */
export function addRandomCuts(
  spans: FaultWindows,
  { links, ...draw }: RandomFaultOptions & { links: readonly [string, string][] },
): void {
  const cuts = links.map(([a, b]): Fault[] => [{ kind: 'partition', cuts: cutsBetween([[a], [b]]) }]);
  addRandomWindows(spans, draw, cuts);
}

/**
 * So many as the rate makes of the time, at moments that are drawn evenly: what a Poisson process looks like when its count
 * is known, and within whole numbers, so that no rounding can differ between machines. Where nothing is free, one is left out.
 */
function addRandomWindows(
  spans: FaultWindows,
  { rate, lasts, random: draws, at, until, step, name }: RandomFaultOptions,
  choices: readonly Fault[][],
): void {
  // When each choice of this step is over again.
  const over = choices.map(() => Number.NEGATIVE_INFINITY);
  const drawn: { at: number; faults: Fault[] }[] = [];
  for (const moment of randomTimes(draws, occurrencesIn(rate, until - at), at, until)) {
    const free = choices.flatMap((faults, index) =>
      over[index]! <= moment && spans.isAvailable(faults, moment, moment + lasts) ? [index] : [],
    );
    if (free.length === 0) continue;
    const chosen = free[draws.integerBelow(free.length)]!;
    over[chosen] = moment + lasts;
    drawn.push({ at: moment, faults: choices[chosen]! });
  }
  for (const one of drawn) spans.add({ ...one, step, name, lasts });
}

function randomTimes(draws: SeededRandom, count: number, at: number, until: number): number[] {
  const drawn = Array.from({ length: count }, () => at + draws.integerBelow(until - at));
  return drawn.sort((one, other) => one - other);
}
