import type { Background } from '../../graph-drawing/formats/svg-elements.ts';
import { type Chart, drawChart } from '../plot/chart.ts';

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
const MAX_CURVES = 7;

/** Selects the cells that a plot has curves of. `titleSuffix` says so where some are left out. */
export function pickCurves<T>(cells: readonly T[]): { shown: T[]; titleSuffix: string } {
  const shown = pickEvenly(cells, MAX_CURVES);
  return { shown, titleSuffix: shown.length < cells.length ? ` (${shown.length} of ${cells.length})` : '' };
}
