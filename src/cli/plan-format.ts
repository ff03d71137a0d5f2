import type { Step } from '../devnet/plan.ts';
import { count, paint } from './format.ts';

/** Lines of a plan beyond which the rest is only counted. */
const MOST = 24;

/** The steps of a plan as people read a difference: `+ node n9 (new)`, `~ node n2 (changed: env)`, `- link n1 -> n3`. */
export function planLines(steps: readonly Step[], stream: NodeJS.WriteStream = process.stdout): string[] {
  if (steps.length === 0) return ['nothing to do: all is as declared'];
  const made = new Set(steps.flatMap((step) => (step.do === 'make node' ? step.node : [])));
  const lines = steps.flatMap((step) => {
    const line = described(step, made);
    return line === undefined ? [] : paint(COLOURS[line.charAt(0)] ?? 'yellow', line, stream);
  });
  if (lines.length <= MOST) return lines;
  return [...lines.slice(0, MOST), `  and ${count(lines.length - MOST, 'step')} more`];
}

/** A plan in one line: `make 8 nodes, add 20 links`. */
export function planSummary(steps: readonly Step[]): string {
  if (steps.length === 0) return 'nothing to do';
  const number = (what: Step['do']) => steps.filter((step) => step.do === what).length;
  const parts: [number, string, string][] = [
    [number('remove node'), 'remove', 'node'],
    [number('make network'), 'make', 'network'],
    [number('make node'), 'make', 'node'],
    [number('unpause node'), 'unpause', 'node'],
    [number('add link'), 'add', 'link'],
    [number('remove link'), 'remove', 'link'],
  ];
  return [
    ...parts.filter(([many]) => many > 0).map(([many, verb, noun]) => `${verb} ${count(many, noun)}`),
    ...steps.flatMap((step) => (step.do === 'set conditions' ? conditioned(step) : [])),
  ].join(', ');
}

function conditioned({ pairs }: Extract<Step, { do: 'set conditions' }>): string {
  return pairs === 0 ? 'clear all link conditions' : `set the conditions of ${count(pairs, 'way')}`;
}

/** How many links a plan has told to nodes, or taken back. */
export function linkSteps(steps: readonly Step[]): number {
  return steps.filter((step) => step.do === 'add link' || step.do === 'remove link').length;
}

const COLOURS: Record<string, 'green' | 'red' | 'yellow'> = { '+': 'green', '-': 'red', '~': 'yellow' };

function described(step: Step, made: ReadonlySet<string>): string | undefined {
  switch (step.do) {
    case 'make network':
      return `${step.why === undefined ? '+' : '~'} network${because(step.why)}`;
    case 'remove network':
      return undefined; // Told by the one that is made in its place.
    case 'make node':
      return `${step.why === undefined || step.why === 'new' ? '+' : '~'} node ${step.node}${because(step.why)}`;
    case 'remove node':
      return made.has(step.node) ? undefined : `- node ${step.node}${because(step.why)}`;
    case 'unpause node':
      return `~ node ${step.node} (paused)`;
    case 'set conditions':
      return `${step.why === undefined ? '+' : '~'} conditions of ${count(step.pairs, 'way')} between nodes${because(step.why)}`;
    case 'add link':
      return `+ link ${step.from} -> ${step.to}`;
    case 'remove link':
      return `- link ${step.from} -> ${step.to}`;
  }
}

function because(why: string | undefined): string {
  return why === undefined ? '' : ` (${why})`;
}
