import { describeFaults } from '../../network/faults/describe-fault.ts';
import { formatList, pluralize } from '../../shared/text.ts';
import type { Link } from '../../topology/index.ts';
import { formatTime } from '../../topology/model/units.ts';
import type { Expectation, TimedStep } from './scenario.ts';

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
