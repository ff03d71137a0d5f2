import type { RuntimeName } from '../../network/capabilities.ts';
import { describeExpectation, type ExpectationResult, type ScenarioResult } from '../../scenario/index.ts';
import { formatSeconds, formatTable, paint } from './format.ts';

/** Outcome of a scenario on one runtime. */
export type RuntimeRun = { runtime: RuntimeName } & (
  | {
      result: ScenarioResult;
      /** Milliseconds until the network was verified, and to remove it. */
      upMs: number;
      downMs: number;
    }
  /** Why it did not run there. */
  | { skipped: string }
);

type CompletedRun = Extract<RuntimeRun, { result: ScenarioResult }>;

/** Returns the expectations whose verdicts differ between runtimes, as the table names them. */
export function differingExpectations(runs: readonly RuntimeRun[]): string[] {
  const verdicts = completedRuns(runs).map(({ result }) => verdictsOf(result));
  const names = new Set(verdicts.flatMap((all) => [...all.keys()]));
  return [...names].filter((name) => new Set(verdicts.map((all) => all.get(name)?.met)).size > 1);
}

/** Formats verdicts and timings side by side, and what differs. */
export function formatRuntimeComparison(runs: readonly RuntimeRun[]): string {
  const completed = completedRuns(runs);
  const verdicts = completed.map(({ result }) => verdictsOf(result));
  const names = [...new Set(verdicts.flatMap((all) => [...all.keys()]))];
  const rows = [
    ['', ...completed.map(({ runtime }) => runtime.toUpperCase())],
    ['up', ...completed.map(({ upMs }) => formatSeconds(upMs))],
    ...names.map((name) => [name, ...verdicts.map((all) => formatVerdict(all.get(name)))]),
    ['down', ...completed.map(({ downMs }) => formatSeconds(downMs))],
  ];
  const skipped = runs.flatMap((run) => ('skipped' in run ? [`- ${run.runtime}: did not run: ${run.skipped}`] : []));
  return [...(completed.length > 0 ? [formatTable(rows), ''] : []), ...skipped, formatConclusion(runs), ''].join('\n');
}

function formatConclusion(runs: readonly RuntimeRun[]): string {
  const differing = differingExpectations(runs);
  const { length } = completedRuns(runs);
  if (length < 2)
    return `${paint('red', '✘')} nothing to compare: the scenario ran on ${length} of ${runs.length} runtimes`;
  if (differing.length === 0) return `${paint('green', '✔')} the same verdicts on ${length} runtimes`;
  return [`${paint('red', '✘')} verdicts differ:`, ...differing.map((name) => `  ${name}`)].join('\n');
}

function formatVerdict(outcome: ExpectationResult | undefined): string {
  if (outcome === undefined) return '-';
  return `${outcome.met ? paint('green', '✔') : paint('red', '✘')} ${formatSeconds(outcome.took)}`;
}

function completedRuns(runs: readonly RuntimeRun[]): CompletedRun[] {
  return runs.filter((run): run is CompletedRun => 'result' in run);
}

/** Expectations are decided in another order on each runtime; those that say the same are counted. */
function verdictsOf({ outcomes }: ScenarioResult): Map<string, ExpectationResult> {
  const counts = new Map<string, number>();
  const inOrder = [...outcomes].sort((a, b) => Math.round(a.at / 100) - Math.round(b.at / 100));
  return new Map(
    inOrder.map((outcome) => {
      const name = outcome.name ?? describeExpectation(outcome.expectation);
      const count = (counts.get(name) ?? 0) + 1;
      counts.set(name, count);
      return [count === 1 ? name : `${name} (${count})`, outcome];
    }),
  );
}
