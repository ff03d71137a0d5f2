import { describeCause, type Explained, explain } from './causes.ts';
import { csvLine } from './csv.ts';
import type { Experiment } from './experiment.ts';
import type { CompleteRun, MessageSample } from './sample.ts';
import type { Row } from './summary.ts';

/** What kept news from going on, over all messages of some runs. */
export interface Stops {
  messages: number;
  /** Messages that did not reach all. */
  short: number;
  /** Links at which they stopped, by why; most first. */
  links: [why: string, count: number][];
  /** Nodes that no link led to from any that had the message. */
  cutOff: number;
  /** Messages whose sender was not there. */
  untold: number;
}

/** Why each message of a row's runs stopped where it did. */
export function stopsOf({ runs }: Row, experiment: Pick<Experiment, 'runs'>): Stops {
  const messages = runs.flatMap(({ samples }) => samples);
  const short = explained(experiment, runs);
  const links = new Map<string, number>();
  for (const { why } of short.flatMap(([, { at }]) => at)) {
    const words = describeCause(why);
    links.set(words, (links.get(words) ?? 0) + 1);
  }
  return {
    messages: messages.length,
    short: short.length,
    links: [...links].sort(([, one], [, other]) => other - one),
    cutOff: short.reduce((sum, [, { cutOff }]) => sum + cutOff.length, 0),
    untold: short.filter(([, { untold }]) => untold !== undefined).length,
  };
}

/** A row for each link at which a message stopped, and for each node that no link led to, with why (RFC 4180). */
export function stopsCsv(experiment: Pick<Experiment, 'runs'>, runs: readonly CompleteRun[]): string {
  const rows = explained(experiment, runs).flatMap(([{ run, id }, { at, cutOff, untold }]) => [
    ...(untold === undefined ? [] : [[run, id, '', '', `sender not there: ${untold}`]]),
    ...at.map(({ from, to, why }) => [run, id, from, to, describeCause(why)]),
    ...cutOff.map((node) => [run, id, '', node, 'no link leads to it']),
  ]);
  return [['run', 'message', 'from', 'to', 'why'], ...rows].map(csvLine).join('');
}

/** Each message that did not reach all, and where it stopped. */
function explained(experiment: Pick<Experiment, 'runs'>, runs: readonly CompleteRun[]): [MessageSample, Explained][] {
  return runs.flatMap((end) => {
    const run = experiment.runs.find(({ key }) => key === end.run);
    const short = run ? end.samples.filter(({ never }) => never.length > 0) : [];
    return short.map((sample): [MessageSample, Explained] => [sample, explain(sample, { run: run!, end })]);
  });
}
