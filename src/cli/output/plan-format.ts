import type { PlanStep } from '../../network/plan-step.ts';
import { pluralize } from '../../shared/text.ts';
import type { Topology } from '../../topology/index.ts';
import { paint, type Style } from './format.ts';

/** Longer plans are cut after this many lines. */
const MAX_LINES_SHOWN = 24;

/** Formats the steps of a plan as a diff: `+ node n9 (new)`, `~ node n2 (changed: env)`, `- link n1 -> n3`. */
export function formatPlanLines(steps: readonly PlanStep[], stream: NodeJS.WriteStream = process.stdout): string[] {
  if (steps.length === 0) return ['nothing to do: the network is as declared'];
  const made = new Set(steps.flatMap((step) => (step.do === 'make node' ? step.node : [])));
  const lines = steps.flatMap((step) => {
    const line = formatPlanStep(step, made);
    return line === undefined ? [] : paint(COLOUR_BY_SIGN[line.charAt(0)] ?? 'yellow', line, stream);
  });
  if (lines.length <= MAX_LINES_SHOWN) return lines;
  return [...lines.slice(0, MAX_LINES_SHOWN), `  and ${pluralize(lines.length - MAX_LINES_SHOWN, 'step')} more`];
}

/** Formats a plan in one line: `make 8 nodes, add 20 links`. */
export function summarizePlan(steps: readonly PlanStep[]): string {
  if (steps.length === 0) return 'nothing to do';
  const count = (what: PlanStep['do']) => steps.filter((step) => step.do === what).length;
  const parts: [number, string, string][] = [
    [count('remove node'), 'remove', 'node'],
    [count('make network'), 'make', 'network'],
    [count('make node'), 'make', 'node'],
    [count('reconnect node'), 'reconnect', 'node'],
    [count('unpause node'), 'unpause', 'node'],
    [count('add link'), 'add', 'link'],
    [count('remove link'), 'remove', 'link'],
  ];
  return [
    ...parts.flatMap(([number, verb, noun]) => (number > 0 ? `${verb} ${pluralize(number, noun)}` : [])),
    ...steps.flatMap((step) => (step.do === 'set conditions' ? describeConditionChange(step) : [])),
  ].join(', ');
}

function describeConditionChange({ pairs }: Extract<PlanStep, { do: 'set conditions' }>): string {
  return pairs === 0 ? 'clear all link conditions' : `set the conditions of ${pluralize(pairs, 'direction')}`;
}

/** Counts the links that a plan adds or removes. */
export function countLinkSteps(steps: readonly PlanStep[]): number {
  return steps.filter((step) => step.do === 'add link' || step.do === 'remove link').length;
}

const COLOUR_BY_SIGN: Record<string, Style> = { '+': 'green', '-': 'red', '~': 'yellow' };

function formatPlanStep(step: PlanStep, made: ReadonlySet<string>): string | undefined {
  switch (step.do) {
    case 'make network':
      return `${step.why === undefined ? '+' : '~'} network${formatReason(step.why)}`;
    case 'remove network':
      return undefined; // Shown as the network that replaces it.
    case 'make node':
      return `${step.why === undefined || step.why === 'new' ? '+' : '~'} node ${step.node}${formatReason(step.why)}`;
    case 'remove node':
      return made.has(step.node) ? undefined : `- node ${step.node}${formatReason(step.why)}`;
    case 'reconnect node':
      return `~ node ${step.node}${formatReason(step.why)}`;
    case 'unpause node':
      return `~ node ${step.node} (paused)`;
    case 'set conditions':
      return `${step.why === undefined ? '+' : '~'} conditions of ${pluralize(step.pairs, 'direction')} between nodes${formatReason(step.why)}`;
    case 'add link':
      return `+ link ${step.from} -> ${step.to}`;
    case 'remove link':
      return `- link ${step.from} -> ${step.to}`;
  }
}

function formatReason(why: string | undefined): string {
  return why === undefined ? '' : ` (${why})`;
}

/** Counts the directions that a topology sets each condition for: `delay on 48 directions, loss on 12`; undefined for none. */
export function formatConditionCounts({ conditions }: Topology): string | undefined {
  const counts = new Map<string, number>();
  for (const { from: _from, to: _to, ...own } of conditions) {
    for (const key of Object.keys(own)) counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  if (counts.size === 0) return undefined;
  return [...counts]
    .map(([key, count], index) => `${key} on ${index === 0 ? pluralize(count, 'direction') : count}`)
    .join(', ');
}
