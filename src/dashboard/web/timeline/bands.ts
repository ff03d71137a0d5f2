import type { Outage } from '../state/outages.ts';
import type { FaultSpan, RecordedRun } from '../state/recorded-run.ts';

/** A fault that hits a node may be recorded so much later than the end of that node, milliseconds. */
const MAX_FAULT_DELAY_MS = 2_000;

/** Something that lasted: a fault, or nodes that did not run though no fault says why. */
export interface Band {
  kind: 'fault' | 'outage';
  description: string;
  /** Of a fault. */
  name?: string;
  fromMs: number;
  /** Absent while it lasts. */
  toMs?: number;
}

/** Returns the bands of a timeline, in the order in which they began. */
export function bandsOf({ faults, outages }: Pick<RecordedRun, 'faults' | 'outages'>): Band[] {
  const byNode = new Map<string, FaultSpan[]>();
  for (const fault of faults) for (const node of fault.nodes) byNode.set(node, [...(byNode.get(node) ?? []), fault]);
  const bands = [
    ...faults.map(({ nodes: _nodes, ...fault }): Band => ({ kind: 'fault', ...fault })),
    ...outages.list.flatMap((outage): Band[] => {
      const left = outage.nodes.filter((node) => !byNode.get(node)?.some((fault) => explains(fault, outage)));
      if (left.length === 0) return [];
      const { what, nodes: _nodes, ...time } = outage;
      return [
        { kind: 'outage', description: `${left.length > 1 ? `${left.length} nodes` : left[0]} ${what}`, ...time },
      ];
    }),
  ];
  return bands.sort((a, b) => a.fromMs - b.fromMs);
}

function explains({ fromMs, toMs = Number.POSITIVE_INFINITY }: FaultSpan, outage: Outage): boolean {
  return fromMs <= outage.fromMs + MAX_FAULT_DELAY_MS && outage.fromMs <= toMs;
}
