import type { PlanStep } from '../../controller/lifecycle/plan.ts';
import { paint, pluralize } from './format.ts';

/** Lines of a plan beyond which the rest is only counted. */
const MAX_LINES_SHOWN = 24;

/** The steps of a plan as people read a difference: `+ node n9 (new)`, `~ node n2 (changed: env)`, `- link n1 -> n3`. */
export function formatPlanLines(steps: readonly PlanStep[], stream: NodeJS.WriteStream = process.stdout): string[] {
  if (steps.length === 0) return ['nothing to do: all is as declared'];
  const made = new Set(steps.flatMap((step) => (step.do === 'make node' ? step.node : [])));
  const lines = steps.flatMap((step) => {
    const line = formatPlanStep(step, made);
    return line === undefined ? [] : paint(COLOUR_BY_SIGN[line.charAt(0)] ?? 'yellow', line, stream);
  });
  if (lines.length <= MAX_LINES_SHOWN) return lines;
  return [...lines.slice(0, MAX_LINES_SHOWN), `  and ${pluralize(lines.length - MAX_LINES_SHOWN, 'step')} more`];
}

/** A plan in one line: `make 8 nodes, add 20 links`. */
export function summarizePlan(steps: readonly PlanStep[]): string {
  if (steps.length === 0) return 'nothing to do';
  const number = (what: PlanStep['do']) => steps.filter((step) => step.do === what).length;
  const parts: [number, string, string][] = [
    [number('remove node'), 'remove', 'node'],
    [number('make network'), 'make', 'network'],
    [number('make node'), 'make', 'node'],
    [number('unpause node'), 'unpause', 'node'],
    [number('add link'), 'add', 'link'],
    [number('remove link'), 'remove', 'link'],
  ];
  return [
    ...parts.filter(([many]) => many > 0).map(([many, verb, noun]) => `${verb} ${pluralize(many, noun)}`),
    ...steps.flatMap((step) => (step.do === 'set conditions' ? describeConditionChange(step) : [])),
  ].join(', ');
}

function describeConditionChange({ pairs }: Extract<PlanStep, { do: 'set conditions' }>): string {
  return pairs === 0 ? 'clear all link conditions' : `set the conditions of ${pluralize(pairs, 'way')}`;
}

/** How many links a plan has told to nodes, or taken back. */
export function countLinkSteps(steps: readonly PlanStep[]): number {
  return steps.filter((step) => step.do === 'add link' || step.do === 'remove link').length;
}

const COLOUR_BY_SIGN: Record<string, 'green' | 'red' | 'yellow'> = { '+': 'green', '-': 'red', '~': 'yellow' };

function formatPlanStep(step: PlanStep, made: ReadonlySet<string>): string | undefined {
  switch (step.do) {
    case 'make network':
      return `${step.why === undefined ? '+' : '~'} network${formatReason(step.why)}`;
    case 'remove network':
      return undefined; // Told by the one that is made in its place.
    case 'make node':
      return `${step.why === undefined || step.why === 'new' ? '+' : '~'} node ${step.node}${formatReason(step.why)}`;
    case 'remove node':
      return made.has(step.node) ? undefined : `- node ${step.node}${formatReason(step.why)}`;
    case 'unpause node':
      return `~ node ${step.node} (paused)`;
    case 'set conditions':
      return `${step.why === undefined ? '+' : '~'} conditions of ${pluralize(step.pairs, 'way')} between nodes${formatReason(step.why)}`;
    case 'add link':
      return `+ link ${step.from} -> ${step.to}`;
    case 'remove link':
      return `- link ${step.from} -> ${step.to}`;
  }
}

function formatReason(why: string | undefined): string {
  return why === undefined ? '' : ` (${why})`;
}
