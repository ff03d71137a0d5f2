import { formatList, MAX_LISTED } from '../../shared/text.ts';
import type { LinkConditions } from '../../topology/index.ts';
import { formatBitRate, formatPercentage, formatTime } from '../../topology/model/units.ts';
import type { Fault, PlannedFault } from '../fault.ts';

type PartitionCut = Extract<Fault, { kind: 'partition' }>['cuts'][number];

/** Describes one fault: `kill n3`, `cut n1, n2 / n3, n4`. */
export function describeFault(fault: PlannedFault): string {
  switch (fault.kind) {
    case 'partition':
      return `cut ${describeCuts(fault.cuts)}`;
    case 'kill':
    case 'stop':
    case 'pause':
    case 'restart':
      return `${fault.kind} ${fault.node}`;
    case 'squeeze': {
      const cpus = fault.cpus === undefined ? [] : [`${fault.cpus} cpus`];
      const memory = fault.memory === undefined ? [] : [`${Math.round(fault.memory / 1024 ** 2)} MiB`];
      return `squeeze ${fault.node} to ${[...cpus, ...memory].join(' and ')}`;
    }
    case 'messages': {
      const { from, to, type, action, probability = 1, delay } = fault;
      const by = delay === undefined ? '' : ` by ${formatTime(delay)}`;
      const share = probability === 1 ? '' : `${formatPercentage(probability)} of `;
      return `${action} ${share}${type ?? 'all'} messages ${from} -> ${to}${by}`;
    }
    case 'host':
      return `${fault.action} host ${fault.host}`;
    case 'link': {
      const { from, to, oneway, quality } = fault;
      const conditions = formatLinkConditions(quality).join(', ') || 'no conditions';
      return `link ${from} ${oneway ? '->' : '<->'} ${to}: ${conditions}`;
    }
  }
}

/** Describes the faults of one step; what happens alike to many links is described once, with their number. */
export function describeFaults(faults: readonly PlannedFault[]): string {
  const [first] = faults;
  if (first === undefined) return 'nothing';
  const each = faults.map(describeFault);
  if (faults.length <= MAX_LISTED || !('from' in first)) return formatList(each, { separator: '; ' });
  const alike = new Set(faults.map((fault) => describeFault({ ...fault, from: '*', to: '*' } as Fault)));
  if (alike.size > 1) return formatList(each, { separator: '; ' });
  return [...alike][0]!.replace(/ \* (<?)-> \*/, (_, twoWay) => ` on ${faults.length * (twoWay ? 2 : 1)} links`);
}

/** Formats each condition that is set: `delay 50ms`, `loss 1%`. */
export function formatLinkConditions(conditions: LinkConditions): string[] {
  return Object.entries(conditions).map(([key, value]) => {
    const isTime = key === 'delay' || key === 'jitter';
    const format = key === 'rate' ? formatBitRate : isTime ? formatTime : formatPercentage;
    return `${key} ${format(value)}`;
  });
}

/** Two-way cuts are described once, as `a, b / c, d`; one-way cuts as `a -> b`. */
function describeCuts(cuts: readonly PartitionCut[]): string {
  const key = ({ from, to }: PartitionCut) => JSON.stringify([from, to]);
  const known = new Set(cuts.map(key));
  const seen = new Set<string>();
  const texts = cuts.flatMap((cut) => {
    seen.add(key(cut));
    const reverse = key({ from: cut.to, to: cut.from });
    const isTwoWay = known.has(reverse);
    if (isTwoWay && seen.has(reverse)) return [];
    return [`${formatList(cut.from)} ${isTwoWay ? '/' : '->'} ${formatList(cut.to)}`];
  });
  return formatList(texts, { separator: '; ' });
}
