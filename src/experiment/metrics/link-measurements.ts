import { formatLinkConditions } from '../../network/faults/describe-fault.ts';
import type { LinkMeasurement } from '../../network/links/link-measurement.ts';
import type { Topology } from '../../topology/index.ts';
import type { CompleteRun } from './samples.ts';

/**
 * Selects link directions to measure among those with declared conditions: one of each kind of conditions before a second
 * of any kind.
 * @param measured kinds that were measured before and are left out; the kinds selected are added to it
 * @returns at most `max` pairs of from and to
 */
export function selectDirectionsToMeasure(
  { conditions }: Pick<Topology, 'conditions'>,
  max: number,
  measured: Set<string> = new Set(),
): [string, string][] {
  const kinds = new Map<string, [string, string][]>();
  for (const { from, to, ...declared } of conditions) {
    const kind = JSON.stringify(declared);
    if (!measured.has(kind)) kinds.set(kind, [...(kinds.get(kind) ?? []), [from, to]]);
  }
  for (const kind of [...kinds.keys()].slice(0, max)) measured.add(kind);
  const directions = [...kinds.values()];
  const longest = Math.max(0, ...directions.map(({ length }) => length));
  return Array.from({ length: longest }, (_, round) => directions.flatMap((kind) => kind.slice(round, round + 1)))
    .flat()
    .slice(0, max);
}

/** Measurements of links with the same declared conditions. */
export interface LinkConditionSummary {
  /** `delay 20ms, loss 1%`. */
  conditions: string;
  /** Number of link directions that were measured. */
  directionCount: number;
  metrics: { name: keyof typeof MEASURED; declared: number; min: number; median: number; max: number }[];
  /** Directions that could not be measured, or with a measurement further from the declared value than tolerated. */
  outOfTolerance: number;
}

const MEASURED = { 'round trip': 'roundTrip', loss: 'loss', rate: 'rate' } as const;

/** Summarises all measurements by declared conditions. */
export function summariseLinkConditions(runs: readonly Pick<CompleteRun, 'conditions'>[]): LinkConditionSummary[] {
  const kinds = new Map<string, LinkMeasurement[]>();
  for (const measurement of runs.flatMap(({ conditions = [] }) => conditions)) {
    const { from: _, to: __, cut: ___, proxied: ____, ...declared } = measurement.conditions;
    // The declared round trip tells apart links with the same conditions there and other ones back.
    const kind = [formatLinkConditions(declared).join(', '), measurement.roundTrip?.asked].join('|');
    kinds.set(kind, [...(kinds.get(kind) ?? []), measurement]);
  }
  return [...kinds].map(([kind, all]) => ({
    conditions: kind.split('|')[0]!,
    directionCount: all.length,
    metrics: Object.entries(MEASURED).flatMap(([name, key]) => {
      const found = all.flatMap((measurement) => measurement[key] ?? []);
      if (found.length === 0) return [];
      const values = found.map(({ measured }) => measured.value).sort((one, other) => one - other);
      const median = values[values.length >> 1]!;
      const range = { min: values[0]!, median, max: values.at(-1)! };
      return [{ name: name as keyof typeof MEASURED, declared: found[0]!.asked, ...range }];
    }),
    outOfTolerance: all.filter(
      ({ roundTrip, loss, rate, trouble }) =>
        trouble !== undefined || [roundTrip, loss, rate].some((condition) => condition?.outside),
    ).length,
  }));
}
