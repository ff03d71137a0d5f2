import type { LinkMeasurement, MeasuredCondition } from '../../network/link-measurement.ts';
import { formatLinkConditions } from '../../scenario/index.ts';
import type { Topology } from '../../topology/index.ts';
import type { CompleteRun } from './samples.ts';

/**
 * Ways of links to measure, of which a topology asks anything: one of each kind of conditions before a second of any.
 * @returns at most so many, from and to, in the topology's order
 */
export function selectDirectionsToMeasure(
  { conditions }: Pick<Topology, 'conditions'>,
  most: number,
): [string, string][] {
  const kinds = new Map<string, [string, string][]>();
  for (const { from, to, ...quality } of conditions) {
    const kind = JSON.stringify(quality);
    kinds.set(kind, [...(kinds.get(kind) ?? []), [from, to]]);
  }
  const chosen: [string, string][] = [];
  for (let turn = 0; chosen.length < most; turn++) {
    const next = [...kinds.values()].flatMap((ways) => ways.slice(turn, turn + 1));
    if (next.length === 0) break;
    chosen.push(...next.slice(0, most - chosen.length));
  }
  return chosen;
}

/** What was asked of some ways, and what they were measured to do. */
export interface LinkConditionSummary {
  /** `delay 20ms, loss 1%`. */
  conditions: string;
  /** How many ways were measured. */
  directionCount: number;
  metrics: { name: 'round trip' | 'loss' | 'rate'; asked: number; least: number; middle: number; most: number }[];
  /** Ways of which some figure was further from what is asked than it may be, or that could not be measured. */
  outOfTolerance: number;
}

/** All that was measured, by what was asked for. */
export function summariseLinkConditions(runs: readonly Pick<CompleteRun, 'conditions'>[]): LinkConditionSummary[] {
  const kinds = new Map<string, LinkMeasurement[]>();
  for (const one of runs.flatMap(({ conditions = [] }) => conditions)) {
    const { from: _, to: __, cut: ___, ...quality } = one.conditions;
    // Of one kind are those of which the same is asked there and back.
    const asked = [formatLinkConditions(quality).join(', '), one.roundTrip?.asked].join('|');
    kinds.set(asked, [...(kinds.get(asked) ?? []), one]);
  }
  return [...kinds].map(([asked, all]) => ({
    conditions: asked.split('|')[0]!,
    directionCount: all.length,
    metrics: [
      ...valueRange(
        'round trip',
        all.flatMap(({ roundTrip }) => roundTrip ?? []),
      ),
      ...valueRange(
        'loss',
        all.flatMap(({ loss }) => loss ?? []),
      ),
      ...valueRange(
        'rate',
        all.flatMap(({ rate }) => rate ?? []),
      ),
    ],
    outOfTolerance: all.filter(
      ({ roundTrip, loss, rate, trouble }) =>
        trouble !== undefined || [roundTrip, loss, rate].some((one) => one?.outside),
    ).length,
  }));
}

function valueRange(
  name: LinkConditionSummary['metrics'][number]['name'],
  findings: readonly MeasuredCondition[],
): LinkConditionSummary['metrics'] {
  const values = findings.map(({ measured }) => measured.value).sort((one, other) => one - other);
  const [least, most] = [values[0], values.at(-1)];
  if (least === undefined || most === undefined) return [];
  return [{ name, asked: findings[0]!.asked, least, middle: values[values.length >> 1]!, most }];
}
