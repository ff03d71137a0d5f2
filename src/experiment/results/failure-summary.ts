import { formatCsvRow } from '../../shared/csv.ts';
import type { CompleteRun, MessageSample } from '../metrics/samples.ts';
import type { Experiment } from '../plan/experiment.ts';
import { describeFailureCause, type ExplainedFailure, explainFailure } from './failure-causes.ts';
import type { CellSummary } from './summary.ts';

/** What kept news from going on, over all messages of some runs. */
export interface FailureSummary {
  messages: number;
  /** Messages that did not reach all. */
  undelivered: number;
  /** Links at which they stopped, by why; most first. */
  causes: [why: string, count: number][];
  /** Nodes that no link led to from any that had the message. */
  unreachable: number;
  /** Messages whose sender was not there. */
  sendersDown: number;
}

/** Why each message of a row's runs stopped where it did. */
export function summariseFailures({ runs }: CellSummary, experiment: Pick<Experiment, 'runs'>): FailureSummary {
  const messages = runs.flatMap(({ samples }) => samples);
  const short = explainUndelivered(experiment, runs);
  const links = new Map<string, number>();
  for (const { cause: why } of short.flatMap(([, { failedLinks: at }]) => at)) {
    const words = describeFailureCause(why);
    links.set(words, (links.get(words) ?? 0) + 1);
  }
  return {
    messages: messages.length,
    undelivered: short.length,
    causes: [...links].sort(([, one], [, other]) => other - one),
    unreachable: short.reduce((sum, [, { unreachable: cutOff }]) => sum + cutOff.length, 0),
    sendersDown: short.filter(([, { senderDownBy: untold }]) => untold !== undefined).length,
  };
}

/** A row for each link at which a message stopped, and for each node that no link led to, with why (RFC 4180). */
export function failuresCsv(experiment: Pick<Experiment, 'runs'>, runs: readonly CompleteRun[]): string {
  const rows = explainUndelivered(experiment, runs).flatMap(
    ([{ run, id }, { failedLinks: at, unreachable: cutOff, senderDownBy: untold }]) => [
      ...(untold === undefined ? [] : [[run, id, '', '', `sender not there: ${untold}`]]),
      ...at.map(({ from, to, cause: why }) => [run, id, from, to, describeFailureCause(why)]),
      ...cutOff.map((node) => [run, id, '', node, 'no link leads to it']),
    ],
  );
  return [['run', 'message', 'from', 'to', 'why'], ...rows].map(formatCsvRow).join('');
}

/** Each message that did not reach all, and where it stopped. */
function explainUndelivered(
  experiment: Pick<Experiment, 'runs'>,
  runs: readonly CompleteRun[],
): [MessageSample, ExplainedFailure][] {
  return runs.flatMap((end) => {
    const run = experiment.runs.find(({ key }) => key === end.run);
    const short = run ? end.samples.filter(({ never }) => never.length > 0) : [];
    return short.map((sample): [MessageSample, ExplainedFailure] => [
      sample,
      explainFailure(sample, { planned: run!, actual: end }),
    ]);
  });
}
