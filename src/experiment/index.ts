export { carryOut, endOf, type Happening } from './carry-out.ts';
export { type Comparison, compare } from './compare.ts';
export type { Experiment } from './experiment.ts';
export { FIGURES, formatFigure, timeTo } from './figures.ts';
export { ExperimentError, parseExperiment } from './parse.ts';
export { type Prediction, predict } from './predict.ts';
export { type Results, ResultsFolder, resolvedRuns } from './results.ts';
export { summarise } from './summary.ts';
export { writeReport } from './write-report.ts';
