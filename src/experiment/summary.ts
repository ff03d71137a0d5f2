import { csvLine } from './csv.ts';
import type { Experiment, Label } from './experiment.ts';
import { FIGURE_NAMES, FIGURES, type FigureName } from './figures.ts';
import type { CompleteRun } from './sample.ts';
import { type Estimate, estimate } from './statistics.ts';

/** What was found in one cell of the matrix. */
export interface Row {
  cell: string;
  parameters: Record<string, Label>;
  runs: CompleteRun[];
  figures: Record<FigureName, Estimate>;
}

/** A row for each cell that has a complete run, in the order of the matrix. */
export function summarise(experiment: Pick<Experiment, 'runs'>, runs: readonly CompleteRun[]): Row[] {
  // The list of runs has all cells in order before it has one twice, but for nodes that differ.
  const cells = new Set(experiment.runs.map(({ cell }) => cell));
  return [...cells].flatMap((cell) => {
    const own = runs.filter((run) => run.cell === cell);
    if (own.length === 0) return [];
    return { cell, parameters: own[0]!.parameters, runs: own, figures: figuresOf(own) };
  });
}

function figuresOf(runs: readonly CompleteRun[]): Record<FigureName, Estimate> {
  const items = independent(runs);
  return Object.fromEntries(
    FIGURE_NAMES.map((name) => [name, estimate(items, (drawn) => FIGURES[name].of(drawn))]),
  ) as Record<FigureName, Estimate>;
}

/**
 * What can be drawn anew for an interval: whole runs, since the messages of one share their graph and their moment. Of a
 * single run, its messages; then an interval says how messages differ, and nothing of other graphs.
 */
export function independent(runs: readonly CompleteRun[]): CompleteRun[] {
  const [only, ...others] = runs;
  if (only === undefined || others.length > 0) return [...runs];
  return only.samples.length < 2 ? [only] : only.samples.map((sample) => ({ ...only, samples: [sample] }));
}

/** The table as CSV (RFC 4180): parameters, how much there is, and each figure with both ends of its interval. */
export function toCsv(axes: readonly string[], rows: readonly Row[]): string {
  const heading = [
    ...axes,
    'runs',
    'messages',
    ...FIGURE_NAMES.flatMap((name) => [name, `${name}_low`, `${name}_high`].map((one) => one.replaceAll('-', '_'))),
  ];
  const lines = rows.map(({ parameters, runs, figures }) => [
    ...axes.map((axis) => String(parameters[axis])),
    String(runs.length),
    String(runs.reduce((sum, { samples }) => sum + samples.length, 0)),
    ...FIGURE_NAMES.flatMap((name) => {
      const { value, low, high } = figures[name];
      return [value, low, high].map((number) => (number === null ? '' : String(Number(number.toPrecision(6)))));
    }),
  ]);
  return [heading, ...lines].map(csvLine).join('');
}
