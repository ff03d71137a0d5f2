import type { Random } from '../topology/random.ts';
import type { Fault } from './fault.ts';
import { cutsBetween } from './presets.ts';
import type { Spans } from './spans.ts';
import type { Rate } from './step.ts';

interface Draw {
  rate: Rate;
  /** How long each lasts, milliseconds. */
  lasts: number;
  draws: Random;
  at: number;
  until: number;
  step: number;
  name: string | undefined;
}

/** How many a rate makes of a time. */
export function countOf({ count, per }: Rate, span: number): number {
  return Math.round((count * span) / per);
}

/** Takes nodes down and lets them come back, drawn among those that are up and stay so for as long. */
export function drawChurn(
  spans: Spans,
  { nodes, by, ...draw }: Draw & { nodes: readonly string[]; by: 'kill' | 'stop' | 'pause' },
): void {
  drawFaults(
    spans,
    draw,
    nodes.map((node) => [{ kind: by, node }]),
  );
}

/** Cuts links, both ways, drawn among those that are not cut by this step. */
export function drawCuts(spans: Spans, { links, ...draw }: Draw & { links: readonly [string, string][] }): void {
  const cuts = links.map(([a, b]): Fault[] => [{ kind: 'partition', cuts: cutsBetween([[a], [b]]) }]);
  drawFaults(spans, draw, cuts);
}

/**
 * So many as the rate makes of the time, at moments that are drawn evenly: what a Poisson process looks like when its count
 * is known, and within whole numbers, so that no rounding can differ between machines. Where nothing is free, one is left out.
 */
function drawFaults(
  spans: Spans,
  { rate, lasts, draws, at, until, step, name }: Draw,
  choices: readonly Fault[][],
): void {
  // When each choice of this step is over again.
  const over = choices.map(() => Number.NEGATIVE_INFINITY);
  const drawn: { at: number; faults: Fault[] }[] = [];
  for (const moment of moments(draws, countOf(rate, until - at), at, until)) {
    const free = choices.flatMap((faults, index) =>
      over[index]! <= moment && spans.isFree(faults, moment, moment + lasts) ? [index] : [],
    );
    if (free.length === 0) continue;
    const chosen = free[draws.below(free.length)]!;
    over[chosen] = moment + lasts;
    drawn.push({ at: moment, faults: choices[chosen]! });
  }
  for (const one of drawn) spans.add({ ...one, step, name, lasts });
}

function moments(draws: Random, count: number, at: number, until: number): number[] {
  const drawn = Array.from({ length: count }, () => at + draws.below(until - at));
  return drawn.sort((one, other) => one - other);
}
