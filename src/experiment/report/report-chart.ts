import type { Background } from '../../graph-drawing/formats/svg-elements.ts';
import { type Chart, drawChart, type Series } from '../plot/chart.ts';

/** A picture of the report. */
export interface ReportChart {
  /** Name of its file, without the ending. */
  name: string;
  title: string;
  draw(background: Background): string;
}

export function toReportChart(name: string, chart: Chart): ReportChart {
  return { name, title: chart.title, draw: (background) => drawChart(chart, background) };
}

/** Selects at most `max` items, evenly spread, the first and the last included. */
export function pickEvenly<T>(items: readonly T[], max: number): T[] {
  if (items.length <= max) return [...items];
  return Array.from({ length: max }, (_, index) => items[Math.round((index * (items.length - 1)) / (max - 1))]!);
}

/** Most curves that can be told apart in one plot. */
const MAX_CURVES = 8;
/** Most cells with a curve in some plot; of more, some are left out. */
const MAX_CELLS = 24;

/** Some of the cells, which share a plot. */
export interface CurveGroup<T> {
  shown: T[];
  /** Says so where other cells are in other plots, or left out. */
  titleSuffix: string;
  /** Ending of the names of plots after the first one. */
  nameSuffix: string;
}

/**
 * Divides cells among plots that have a curve for each. Of steps of one quantity a few stand for all.
 * @param options.areOrdered whether cells are steps of one quantity
 * @param options.together number of consecutive cells to keep together
 */
export function groupCurves<T>(
  cells: readonly T[],
  { areOrdered, together }: { areOrdered: boolean; together: number },
): CurveGroup<T>[] {
  const drawn = pickEvenly(cells, areOrdered ? MAX_CURVES : MAX_CELLS);
  const atLeast = Math.ceil(drawn.length / MAX_CURVES);
  const size =
    atLeast > 1 && together <= MAX_CURVES && drawn.length === cells.length
      ? together * Math.floor(MAX_CURVES / together)
      : Math.ceil(drawn.length / atLeast);
  const plots = Math.ceil(drawn.length / size);
  return Array.from({ length: plots }, (_, plot) => {
    const shown = drawn.slice(plot * size, (plot + 1) * size);
    const some = [
      ...(plots > 1 ? [`${plot + 1} of ${plots}`] : []),
      ...(drawn.length < cells.length ? [`${drawn.length} of ${cells.length} cells`] : []),
    ];
    return {
      shown,
      titleSuffix: some.length === 0 ? '' : ` (${some.join('; ')})`,
      nameSuffix: plot === 0 ? '' : `-${plot + 1}`,
    };
  });
}

/** Returns the top of the y axis of plots that belong together, so that they can be compared; undefined for a single one. */
export function sharedTop(plots: readonly (readonly Series[])[]): { top?: number } {
  const values = plots.flatMap((series) => series.flatMap(({ points }) => points.map(({ y }) => y)));
  return plots.length < 2 ? {} : { top: Math.max(0, ...values.filter(Number.isFinite)) };
}
