import { formatCsvRow } from '../../shared/csv.ts';
import type { CompleteRun, MessageSample } from '../metrics/samples.ts';
import { sum } from '../metrics/statistics.ts';
import type { Experiment } from '../plan/experiment.ts';
import { describeFailureCause, type ExplainedFailure, explainFailure } from './failure-causes.ts';
import type { CellSummary } from './summary.ts';

/** Reasons that messages did not reach every node, over all messages of some runs. */
export interface FailureSummary {
  messages: number;
  /** Messages that did not reach every node. */
  undelivered: number;
  /** Number of links that messages were not forwarded over, by cause; the largest first. */
  causes: [cause: string, count: number][];
  /** Number of nodes that no link led to from any node that had the message. */
  unreachable: number;
  /** Messages whose sender was down. */
  sendersDown: number;
}

/** Summarises why the messages of a cell did not reach every node. */
export function summariseFailures({ runs }: CellSummary, experiment: Pick<Experiment, 'runs'>): FailureSummary {
  const failures = explainUndelivered(experiment, runs).map(([, failure]) => failure);
  const causes = new Map<string, number>();
  for (const { cause } of failures.flatMap(({ failedLinks }) => failedLinks)) {
    const description = describeFailureCause(cause);
    causes.set(description, (causes.get(description) ?? 0) + 1);
  }
  return {
    messages: sum(runs.map(({ samples }) => samples.length)),
    undelivered: failures.length,
    causes: [...causes].sort(([, one], [, other]) => other - one),
    unreachable: sum(failures.map(({ unreachable }) => unreachable.length)),
    sendersDown: failures.filter(({ senderDownBy }) => senderDownBy !== undefined).length,
  };
}

/** Writes stopped.csv (RFC 4180): a row for each link that a message was not forwarded over, and for each unreachable node. */
export function failuresCsv(experiment: Pick<Experiment, 'runs'>, runs: readonly CompleteRun[]): string {
  const rows = explainUndelivered(experiment, runs).flatMap(
    ([{ run, id }, { failedLinks, unreachable, senderDownBy }]) => [
      ...(senderDownBy === undefined ? [] : [[run, id, '', '', `sender not there: ${senderDownBy}`]]),
      ...failedLinks.map(({ from, to, cause }) => [run, id, from, to, describeFailureCause(cause)]),
      ...unreachable.map((node) => [run, id, '', node, 'no link leads to it']),
    ],
  );
  return [['run', 'message', 'from', 'to', 'why'], ...rows].map(formatCsvRow).join('');
}

function explainUndelivered(
  experiment: Pick<Experiment, 'runs'>,
  runs: readonly CompleteRun[],
): [MessageSample, ExplainedFailure][] {
  return runs.flatMap((actual) => {
    const planned = experiment.runs.find(({ key }) => key === actual.run);
    if (planned === undefined) return [];
    return actual.samples
      .filter(({ never }) => never.length > 0)
      .map((sample): [MessageSample, ExplainedFailure] => [sample, explainFailure(sample, { planned, actual })]);
  });
}
