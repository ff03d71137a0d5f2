import type { Fault } from '../../network/fault.ts';
import { formatList, MAX_LISTED } from '../../shared/text.ts';
import type { LinkConditions } from '../../topology/index.ts';
import { formatBitRate, formatPercentage, formatTime } from '../../topology/model/units.ts';
import type { Expectation } from './expectation.ts';
import { type NodePair, withoutReversed } from './node-pairs.ts';
import type { TimedStep } from './scenario.ts';

/** What a fault does, in a few words: `kill n3`, `partition n1, n2 / n3, n4`. */
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
      return `link ${from} ${oneway ? '->' : '<->'} ${to}: ${describeLinkConditions(quality)}`;
    }
  }
}

/** What faults of one step do. Of what happens to many links alike, it is told once, with their number. */
export function describeFaults(faults: readonly Fault[]): string {
  const [first] = faults;
  if (first === undefined) return 'nothing';
  if (faults.length <= MAX_LISTED || !('from' in first))
    return formatList(faults.map(describeFault), { separator: '; ' });
  const each = new Set(faults.map((fault) => describeFault({ ...fault, from: '*', to: '*' } as Fault)));
  if (each.size > 1) return formatList(faults.map(describeFault), { separator: '; ' });
  return [...each][0]!.replace(/ \* (<?)-> \*/, (_, both) => ` on ${faults.length * (both ? 2 : 1)} ways`);
}

/** What is expected, as it could be written in a scenario. */
export function describeExpectation(expectation: Expectation): string {
  const { kind } = expectation;
  const within = `within ${formatTime(expectation.within)}`;
  switch (kind) {
    case 'gossip':
      return `gossip from ${expectation.from} reaches ${expectation.only ? 'only ' : ''}${formatList(expectation.reaches)} ${within}`;
    case 'no drift':
      return `no drift ${within}`;
    case 'log': {
      const { nodes, pattern, flags, never } = expectation;
      const span = never ? `for ${formatTime(expectation.within)}` : within;
      return `log${nodes === undefined ? '' : ` of ${formatList(nodes)}`} ${never ? 'never matches' : 'matches'} /${pattern}/${flags} ${span}`;
    }
    case 'peers': {
      const { node, peers } = expectation;
      const many = typeof peers === 'number';
      const what = many
        ? `${peers} ${peers === 1 ? 'peer' : 'peers'}`
        : peers.length === 0
          ? 'no peers'
          : `peers ${formatList(peers)}`;
      return `${node} has ${what} ${within}`;
    }
    case 'links':
      return `${formatList(expectation.links.map(({ from, to }) => `${from} -> ${to}`))} ${expectation.links.length === 1 ? 'is' : 'are'} ${expectation.up ? 'up' : 'down'} ${within}`;
  }
}

/** What a step is to do. */
export function describeStep(step: TimedStep): string {
  switch (step.do) {
    case 'inject':
      return `${step.name}: ${describeFaults(step.faults)}`;
    case 'heal':
      return step.names.length === 0 ? 'heal: there is nothing to heal' : `heal ${step.names.join(', ')}`;
    case 'gossip':
      return `gossip from ${step.from}`;
    case 'send':
      return `${step.type} to ${step.to}`;
    case 'expect':
      return `expect ${describeExpectation(step.expectation)}`;
  }
}

/** Links as they are written in a topology: `a -> b`, and `a <-> b` of two that are each other's way back. */
export function describeLinks(links: readonly NodePair[]): string[] {
  const known = new Set(links.map(({ from, to }) => `${from} ${to}`));
  return withoutReversed(links).map(({ from, to }) => `${from} ${known.has(`${to} ${from}`) ? '<->' : '->'} ${to}`);
}

/** Two-way cuts are told once: `a, b / c, d`, and those of one way as `a -> b`. */
function describeCuts(cuts: readonly { from: string[]; to: string[] }[]): string {
  const key = ({ from, to }: { from: string[]; to: string[] }) => JSON.stringify([from, to]);
  const known = new Set(cuts.map(key));
  const seen = new Set<string>();
  const told = cuts.flatMap((cut) => {
    const back = key({ from: cut.to, to: cut.from });
    seen.add(key(cut));
    const both = known.has(back);
    return both && seen.has(back) ? [] : [`${formatList(cut.from)} ${both ? '/' : '->'} ${formatList(cut.to)}`];
  });
  return formatList(told, { separator: '; ' });
}

function describeLinkConditions(quality: LinkConditions): string {
  return formatLinkConditions(quality).join(', ') || 'as if nothing were declared';
}

/** `delay 50ms`, `loss 1%`: one for each thing asked for. */
export function formatLinkConditions(quality: LinkConditions): string[] {
  return Object.entries(quality).map(([key, value]) => {
    const text =
      key === 'rate'
        ? formatBitRate(value)
        : key === 'delay' || key === 'jitter'
          ? formatTime(value)
          : formatPercentage(value);
    return `${key} ${text}`;
  });
}
