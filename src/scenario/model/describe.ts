import type { Fault } from '../../network/fault.ts';
import { formatList, MAX_LISTED, pluralize } from '../../shared/text.ts';
import type { Link, LinkConditions } from '../../topology/index.ts';
import { formatBitRate, formatPercentage, formatTime } from '../../topology/model/units.ts';
import type { PartitionCut } from './partition-presets.ts';
import type { Expectation, TimedStep } from './scenario.ts';

/** Describes one fault: `kill n3`, `cut n1, n2 / n3, n4`. */
export function describeFault(fault: Fault): string {
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
    case 'link': {
      const { from, to, oneway, quality } = fault;
      const conditions = formatLinkConditions(quality).join(', ') || 'no conditions';
      return `link ${from} ${oneway ? '->' : '<->'} ${to}: ${conditions}`;
    }
  }
}

/** Describes the faults of one step; what happens alike to many links is described once, with their number. */
export function describeFaults(faults: readonly Fault[]): string {
  const [first] = faults;
  if (first === undefined) return 'nothing';
  const each = faults.map(describeFault);
  if (faults.length <= MAX_LISTED || !('from' in first)) return formatList(each, { separator: '; ' });
  const alike = new Set(faults.map((fault) => describeFault({ ...fault, from: '*', to: '*' } as Fault)));
  if (alike.size > 1) return formatList(each, { separator: '; ' });
  return [...alike][0]!.replace(/ \* (<?)-> \*/, (_, twoWay) => ` on ${faults.length * (twoWay ? 2 : 1)} links`);
}

/** Describes an expectation as a sentence that a scenario could hold. */
export function describeExpectation(expectation: Expectation): string {
  const duration = formatTime(expectation.within);
  const within = `within ${duration}`;
  switch (expectation.kind) {
    case 'gossip': {
      const { from, only, reaches } = expectation;
      return `gossip from ${from} reaches ${only ? 'only ' : ''}${formatList(reaches)} ${within}`;
    }
    case 'no drift':
      return `no drift ${within}`;
    case 'log': {
      const { nodes, pattern, flags, never } = expectation;
      const source = nodes === undefined ? 'log' : `log of ${formatList(nodes)}`;
      return `${source} ${never ? 'never matches' : 'matches'} /${pattern}/${flags} ${never ? `for ${duration}` : within}`;
    }
    case 'peers': {
      const { node, peers } = expectation;
      if (typeof peers === 'number') return `${node} has ${pluralize(peers, 'peer')} ${within}`;
      return `${node} has ${peers.length === 0 ? 'no peers' : `peers ${formatList(peers)}`} ${within}`;
    }
    case 'links': {
      const { links, up } = expectation;
      return `${formatLinks(links)} ${links.length === 1 ? 'is' : 'are'} ${up ? 'up' : 'down'} ${within}`;
    }
  }
}

export function describeStep(step: TimedStep): string {
  switch (step.do) {
    case 'inject':
      return `${step.name}: ${describeFaults(step.faults)}`;
    case 'heal':
      return step.names.length === 0 ? 'heal: nothing to heal' : `heal ${step.names.join(', ')}`;
    case 'gossip':
      return `gossip from ${step.from}`;
    case 'send':
      return `${step.type} to ${step.to}`;
    case 'expect':
      return `expect ${describeExpectation(step.expectation)}`;
  }
}

/** `a -> b, b -> a`: each link on its own, because each is checked on its own. */
export function formatLinks(links: readonly Link[]): string {
  return formatList(links.map(({ from, to }) => `${from} -> ${to}`));
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
