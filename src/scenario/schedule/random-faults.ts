import type { Fault } from '../../network/fault.ts';
import type { SeededRandom } from '../../shared/seeded-random.ts';
import { cutsBetween } from '../model/partition-presets.ts';
import type { EventRate, StepAction } from '../model/scenario.ts';
import type { FaultWindows } from './fault-windows.ts';

interface RandomFaultOptions {
  at: number;
  until: number;
  step: number;
  name: string | undefined;
  random: SeededRandom;
}

/** Number of events that a rate gives in a duration, milliseconds. */
export function occurrencesIn({ count, per }: EventRate, durationMs: number): number {
  return Math.round((count * durationMs) / per);
}

/**
 * Adds windows of random faults: as many as the rate gives, at evenly distributed times. That is a Poisson process whose
 * count is known, and it needs only integers, so no rounding differs between machines. A fault is left out when every target
 * is down, or would go down before this fault is over.
 */
export function addRandomFaults(
  windows: FaultWindows,
  action: Extract<StepAction, { do: 'churn' | 'cuts' }>,
  { at, until, step, name, random }: RandomFaultOptions,
): void {
  const { rate, durationMs } = action;
  const choices: Fault[][] =
    action.do === 'churn'
      ? action.nodes.map((node) => [{ kind: action.by, node }])
      : action.links.map(({ from, to }) => [{ kind: 'partition', cuts: cutsBetween([[from], [to]]) }]);
  const busyUntil = choices.map(() => Number.NEGATIVE_INFINITY);
  const chosen: { at: number; faults: Fault[] }[] = [];
  for (const time of randomTimes(random, occurrencesIn(rate, until - at), at, until)) {
    const free = choices.flatMap((faults, index) =>
      busyUntil[index]! <= time && windows.isAvailable(faults, time, time + durationMs) ? [index] : [],
    );
    if (free.length === 0) continue;
    const choice = free[random.integerBelow(free.length)]!;
    busyUntil[choice] = time + durationMs;
    chosen.push({ at: time, faults: choices[choice]! });
  }
  for (const { at, faults } of chosen) windows.add({ at, faults, step, name, durationMs });
}

function randomTimes(random: SeededRandom, count: number, from: number, to: number): number[] {
  const times = Array.from({ length: count }, () => from + random.integerBelow(to - from));
  return times.sort((one, other) => one - other);
}
