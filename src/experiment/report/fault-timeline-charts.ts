import { timeToReach } from '../metrics/metrics.ts';
import type { CompleteRun, FaultPeriod, MessageSample } from '../metrics/samples.ts';
import { mean, median } from '../metrics/statistics.ts';
import { type Band, type Chart, drawChart, type Series } from '../plot/chart.ts';
import type { CellSummary } from '../results/summary.ts';
import type { ReportChart } from './charts.ts';
import { pickCurves, pickEvenly } from './pick-evenly.ts';

/** Most cells that are drawn one by one, and messages that can be told apart in one plot. */
const MAX_CELLS = 4;
const MAX_CURVES_PER_CELL = 24;
/** A fault that came so soon was there from the start, milliseconds. */
const START_TOLERANCE_MS = 500;

const X_AXIS_TITLE = 's since the load began';

/** What became of news by when it was told, beside the faults: where some came or went while news was under way. */
export function faultTimelineCharts(rows: readonly CellSummary[], called: (row: CellSummary) => string): ReportChart[] {
  const faulty = rows.filter(({ runs }) => runs.some(({ faults = [] }) => faults.some(changesDuringRun)));
  if (faulty.length === 0) return [];
  return [
    ...comparisonCharts(rows, called),
    ...pickEvenly(faulty, MAX_CELLS).map((row, index) => cellTimelineChart(row, index, called(row))),
  ];
}

const changesDuringRun = ({ from, to }: FaultPeriod): boolean => from > START_TOLERANCE_MS || to !== null;

/** Milliseconds from when the load of its run began until a message was told. */
function sentAtMs({ sent }: MessageSample, { began }: CompleteRun): number {
  return Date.parse(sent) - Date.parse(began!);
}

/** How much of the network news came to in the end, and how long that took, by when it was told. */
function comparisonCharts(rows: readonly CellSummary[], called: (row: CellSummary) => string): ReportChart[] {
  const { chosen, some } = pickCurves(rows);
  const bands = sharedFaultBands(chosen.flatMap(({ runs }) => runs));
  const drawn = (
    name: string,
    what: string,
    y: string,
    of: (messages: readonly MessageSample[]) => number,
    top?: number,
  ): ReportChart[] => {
    const title = `${what}${some}`;
    const series = chosen.map((row): Series => {
      const points = groupByPosition(row).map(({ at, messages }) => ({ x: at / 1_000, y: of(messages) }));
      const known = points.map((point, index) => ({ ...point, gap: !Number.isFinite(points[index - 1]?.y ?? 0) }));
      return { name: called(row), mark: 'line', points: known.filter(({ y }) => Number.isFinite(y)) };
    });
    const values = new Set(series.flatMap(({ points }) => points.map((point) => point.y)));
    if (values.size < 2) return [];
    const chart: Chart = {
      title,
      x: X_AXIS_TITLE,
      y,
      series,
      ordered: false,
      scale: 'linear',
      ...(bands ? { bands } : {}),
      ...(top ? { top } : {}),
    };
    return [{ name, title, draw: (ground) => drawChart(chart, ground) }];
  };
  return [
    ...drawn(
      'told-reached',
      'How far news came, by when it was told',
      'nodes reached, %',
      (messages) =>
        mean(messages.map(({ receipts, never }) => (100 * receipts.length) / (receipts.length + never.length))),
      100,
    ),
    ...drawn(
      'told-t100',
      'How long news took to reach all, by when it was told',
      'time to 100 %, s',
      (messages) => median(messages.map((message) => timeToReach(100, message))) / 1_000,
    ),
  ];
}

/** The first message of each run together, the second, and so on, with the mean of when they were told. */
function groupByPosition({ runs }: CellSummary): { at: number; messages: MessageSample[] }[] {
  const most = Math.max(...runs.map(({ samples }) => samples.length));
  return Array.from({ length: most }, (_, turn) => {
    const there = runs.filter(({ samples }) => samples[turn] !== undefined);
    const at = mean(there.map((run) => sentAtMs(run.samples[turn]!, run)));
    return { at, messages: there.map(({ samples }) => samples[turn]!) };
  });
}

/** How the messages of the first run of a cell spread, each from when it was told. */
function cellTimelineChart({ runs }: CellSummary, index: number, called: string): ReportChart {
  const run = runs.find(({ faults = [] }) => faults.some(changesDuringRun))!;
  const shown = pickEvenly(run.samples, MAX_CURVES_PER_CELL);
  const seconds = (message: MessageSample, at: number) => (sentAtMs(message, run) + Math.max(0, at)) / 1_000;
  const last = Math.max(...shown.flatMap((one) => one.receipts.map(({ at }) => seconds(one, at))));
  const end = 1.02 * Math.max(last, ...(run.faults ?? []).map(({ from, to }) => (to ?? from) / 1_000));
  const series = shown.flatMap((one): Series[] => {
    const all = one.receipts.length + one.never.length;
    const steps = one.receipts.map(({ at }, got) => ({ x: seconds(one, at), y: (100 * (got + 1)) / all }));
    return steps.length === 0 ? [] : [{ name: '', mark: 'curve', points: [...steps, { x: end, y: steps.at(-1)!.y }] }];
  });
  const bands = (run.faults ?? []).map(({ name, from, to }) => ({
    name,
    from: from / 1_000,
    to: to === null ? null : to / 1_000,
  }));
  const some = shown.length < run.samples.length ? ` (${shown.length} of ${run.samples.length} messages)` : '';
  const title = `How news spread: ${called}${some}`;
  const note = 'A curve for each message of one run, by when it was told: dark first. Shaded: faults in force.';
  const chart = {
    title,
    x: X_AXIS_TITLE,
    y: 'nodes that have it, %',
    top: 100,
    series,
    ordered: true,
    bands,
    note,
    legend: false,
  };
  return { name: `timeline-${index + 1}`, title, draw: (ground) => drawChart(chart, ground) };
}

/** The faults, where all runs had the same ones, each at the mean of its times, in seconds; undefined where they differ. */
function sharedFaultBands(runs: readonly CompleteRun[]): Band[] | undefined {
  const [first, ...others] = runs.map(({ faults = [] }) => faults);
  const names = (faults: readonly FaultPeriod[]) => faults.map(({ name, to }) => `${name} ${to === null}`).join();
  if (first === undefined || others.some((faults) => names(faults) !== names(first))) return undefined;
  return first.map(({ name, to }, at) => ({
    name,
    from: mean(runs.map(({ faults = [] }) => faults[at]!.from)) / 1_000,
    to: to === null ? null : mean(runs.map(({ faults = [] }) => faults[at]!.to!)) / 1_000,
  }));
}
