export {
  formatMetric,
  METRICS,
  type MetricName,
  metricHeading,
  percentReached,
  timeToReach,
} from './metrics/metrics.ts';
export type { Experiment, Run } from './plan/experiment.ts';
export { groupRunsByNodes } from './plan/matrix.ts';
export { parseExperiment } from './plan/parse.ts';
export { writeReport } from './report/write-report.ts';
export {
  compareCells,
  compareResults,
  formatDifference,
  formatDifferenceInterval,
  type MetricComparison,
  runsNeeded,
  VERDICT_TEXTS,
} from './results/compare.ts';
export { type Results, ResultsFolder, resolveRuns } from './results/results-folder.ts';
export { selectPairs } from './results/select-cells.ts';
export { describeTooFewRuns, estimateOf, summariseCells } from './results/summary.ts';
export { type DryRun, dryRun } from './run/dry-run.ts';
export { estimateSeconds } from './run/estimate.ts';
export { lockExperiment } from './run/experiment-lock.ts';
export { createRunSample, experimentRequirements, type RunnerEvent, runExperiment } from './run/runner.ts';
