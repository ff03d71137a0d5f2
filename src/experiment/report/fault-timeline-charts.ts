import { percentReached, timeToReach } from '../metrics/metrics.ts';
import type { CompleteRun, FaultPeriod, MessageSample } from '../metrics/samples.ts';
import { mean, median } from '../metrics/statistics.ts';
import type { Band, Chart, Series } from '../plot/chart.ts';
import { stepStyle } from '../plot/colours.ts';
import type { CellSummary } from '../results/summary.ts';
import type { CellStyles } from './cell-styles.ts';
import { groupCurves, pickEvenly, type ReportChart, sharedTop, toReportChart } from './report-chart.ts';

const MAX_CELLS = 4;
const MAX_CURVES_PER_CELL = 24;
/** A fault that was injected this soon counts as in force from the start. */
const START_TOLERANCE_MS = 500;

const X_AXIS_TITLE = 's since the load began';

/** Draws how messages spread by when they were sent, beside the faults, where some fault began or ended during a run. */
export function faultTimelineCharts(cells: readonly CellSummary[], styles: CellStyles): ReportChart[] {
  const faulty = cells.filter(({ runs }) => runs.some(({ faults = [] }) => faults.some(changesDuringRun)));
  if (faulty.length === 0) return [];
  return [
    ...comparisonCharts(cells, styles),
    ...pickEvenly(faulty, MAX_CELLS).map((cell, index) => cellTimelineChart(cell, index, styles.titleOf(cell))),
  ];
}

const changesDuringRun = ({ from, to }: FaultPeriod): boolean => from > START_TOLERANCE_MS || to !== null;

/** Milliseconds from the start of the load of its run until a message was sent. */
const sentAtMs = ({ sent }: MessageSample, { began }: CompleteRun): number => Date.parse(sent) - Date.parse(began!);

/** Draws how far messages came, and how long that took, by when they were sent. */
function comparisonCharts(cells: readonly CellSummary[], styles: CellStyles): ReportChart[] {
  const chartsOf = (
    name: string,
    { title, ...chart }: Pick<Chart, 'title' | 'y' | 'top'>,
    ofMessages: (messages: readonly MessageSample[]) => number,
  ): ReportChart[] => {
    const groups = groupCurves(cells, styles).map((group) => ({
      ...group,
      series: group.shown.map((cell): Series => {
        const points = groupByPosition(cell).map(({ at, messages }) => ({ x: at / 1_000, y: ofMessages(messages) }));
        return { name: styles.titleOf(cell), mark: 'line', style: styles.styleOf(cell), points };
      }),
    }));
    const all = groups.flatMap(({ series }) => series.flatMap(({ points }) => points.map(({ y }) => y)));
    if (new Set(all).size < 2) return [];
    const top = sharedTop(groups.map(({ series }) => series));
    return groups.map(({ shown, series, titleSuffix, nameSuffix }) => {
      const bands = sharedFaultBands(shown.flatMap(({ runs }) => runs));
      return toReportChart(`${name}${nameSuffix}`, {
        title: `${title}${titleSuffix}`,
        x: X_AXIS_TITLE,
        ...top,
        ...chart,
        series,
        scale: 'linear',
        ...(bands ? { bands } : {}),
      });
    });
  };
  return [
    ...chartsOf(
      'told-reached',
      { title: 'Nodes reached, by when a message was sent', y: 'nodes reached, %', top: 100 },
      (messages) => mean(messages.map(percentReached)),
    ),
    ...chartsOf(
      'told-t100',
      { title: 'Time to reach all nodes, by when a message was sent', y: 'time to 100 %, s' },
      (messages) => median(messages.map((message) => timeToReach(100, message))) / 1_000,
    ),
  ];
}

/** Groups the first messages of all runs, the second ones, and so on, with the mean of when they were sent. */
function groupByPosition({ runs }: CellSummary): { at: number; messages: MessageSample[] }[] {
  const length = Math.max(...runs.map(({ samples }) => samples.length));
  return Array.from({ length }, (_, position) => {
    const those = runs.filter(({ samples }) => samples[position] !== undefined);
    const at = mean(those.map((run) => sentAtMs(run.samples[position]!, run)));
    return { at, messages: those.map(({ samples }) => samples[position]!) };
  });
}

/** Draws how the messages of the first run with faults of a cell spread, each from when it was sent. */
function cellTimelineChart({ runs }: CellSummary, place: number, cellTitle: string): ReportChart {
  const run = runs.find(({ faults = [] }) => faults.some(changesDuringRun))!;
  const shown = pickEvenly(run.samples, MAX_CURVES_PER_CELL);
  const bands = (run.faults ?? []).map(toBand);
  const seconds = (message: MessageSample, at: number) => (sentAtMs(message, run) + Math.max(0, at)) / 1_000;
  const last = Math.max(...shown.flatMap((message) => message.receipts.map(({ at }) => seconds(message, at))));
  const end = 1.02 * Math.max(last, ...bands.map(({ from, to }) => to ?? from));
  const series = shown.flatMap((message, index): Series[] => {
    const { receipts, never } = message;
    const nodes = receipts.length + never.length;
    const steps = receipts.map(({ at }, received) => ({ x: seconds(message, at), y: (100 * (received + 1)) / nodes }));
    const style = stepStyle(index, shown.length);
    const last = steps.at(-1);
    return last ? [{ name: '', mark: 'curve', style, points: [...steps, { x: end, y: last.y }] }] : [];
  });
  const some = shown.length < run.samples.length ? ` (${shown.length} of ${run.samples.length} messages)` : '';
  return toReportChart(`timeline-${place + 1}`, {
    title: `How messages spread: ${cellTitle}${some}`,
    x: X_AXIS_TITLE,
    y: 'nodes that have it, %',
    top: 100,
    series,
    scale: 'tight',
    bands,
    legend: false,
    note: 'A curve for each message of one run, darkest first. Shaded: faults in force.',
  });
}

const toBand = ({ name, from, to }: Pick<FaultPeriod, 'name' | 'from' | 'to'>): Band => ({
  name,
  from: from / 1_000,
  to: to === null ? null : to / 1_000,
});

/** Returns the faults at the means of their times where all runs had the same ones; undefined where they differ. */
function sharedFaultBands(runs: readonly CompleteRun[]): Band[] | undefined {
  const [first, ...others] = runs.map(({ faults = [] }) => faults);
  const key = (faults: readonly FaultPeriod[]) => faults.map(({ name, to }) => `${name} ${to === null}`).join();
  if (first === undefined || others.some((faults) => key(faults) !== key(first))) return undefined;
  return first.map(({ name, to }, index) =>
    toBand({
      name,
      from: mean(runs.map(({ faults = [] }) => faults[index]!.from)),
      to: to === null ? null : mean(runs.map(({ faults = [] }) => faults[index]!.to!)),
    }),
  );
}
