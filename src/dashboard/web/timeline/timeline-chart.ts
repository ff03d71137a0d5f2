import uPlot from 'uplot';
import type { Theme } from '../graph/theme.ts';
import type { Mark, RecordedRun, TimeRange } from '../state/recorded-run.ts';
import { type Band, bandsOf } from './bands.ts';
import { computeCurves } from './curves.ts';
import { assignLanes } from './lanes.ts';

const STEPS = 360;
const LANE_PX = 13;
const MARK_LANE_PX = 15;
const AXIS_FONT = '11px system-ui, sans-serif';

const STEPPED = uPlot.paths.stepped ? { paths: uPlot.paths.stepped({ align: -1 }) } : {};

/** Signs of marks: told apart by shape. */
const MARK_SIGNS: Record<Mark['kind'], { sign: string; colour: 'green' | 'red' | 'quiet' | 'amber' }> = {
  met: { sign: '✓', colour: 'green' },
  missed: { sign: '✕', colour: 'red' },
  passed: { sign: '✔', colour: 'green' },
  failed: { sign: '✖', colour: 'red' },
  step: { sign: '◆', colour: 'quiet' },
  died: { sign: '▼', colour: 'red' },
  gap: { sign: '?', colour: 'amber' },
};

/** Curves, bands of faults and marks over time. */
export class TimelineChart {
  readonly #element: HTMLElement;
  #plot: uPlot | undefined;
  #theme: Theme & { green: string };
  #run: RecordedRun | undefined;
  #range: TimeRange = { fromMs: 0, toMs: 1 };
  #bands: Band[] = [];
  #lanes: number[] = [];
  #laneCount = 0;
  #nowMs = 0;

  constructor(element: HTMLElement, theme: Theme & { green: string }) {
    this.#element = element;
    this.#theme = theme;
  }

  /** @param nowMs where faults end that are in force */
  show(run: RecordedRun, range: TimeRange, nodes: number, nowMs: number): void {
    this.#nowMs = nowMs;
    this.#run = run;
    this.#range = range;
    this.#bands = bandsOf(run);
    this.#lanes = assignLanes(this.#bands);
    const laneCount = Math.max(0, ...this.#lanes.map((lane) => lane + 1));
    const curves = computeCurves(run, { ...range, nowMs, steps: STEPS, nodes });
    const { times, entries, receipts, coverage, processor, sent } = curves;
    const data: uPlot.AlignedData = [times, entries, receipts, coverage, processor, sent];
    if (!this.#plot || laneCount !== this.#laneCount) {
      this.#laneCount = laneCount;
      this.#create(data);
    } else this.#plot.setData(data);
  }

  changeTheme(theme: Theme & { green: string }): void {
    this.#theme = theme;
    if (this.#plot) this.#create(this.#plot.data);
  }

  resize(): void {
    const { clientWidth: width, clientHeight: height } = this.#element;
    if (width > 0) this.#plot?.setSize({ width, height });
  }

  close(): void {
    this.#plot?.destroy();
  }

  /** True if nodes did not run, and no fault says why. */
  get hasOutages(): boolean {
    return this.#bands.some(({ kind }) => kind === 'outage');
  }

  /** Returns the moment at a distance from the left edge of the element, pixels. */
  timeAt(px: number): number {
    const { fromMs, toMs } = this.#range;
    const { left, width } = this.#area();
    return fromMs + Math.max(0, Math.min(1, (px - left) / width)) * (toMs - fromMs);
  }

  /** Returns the distance of a moment from the left edge of the element, pixels. */
  positionOf(atMs: number): number {
    const { fromMs, toMs } = this.#range;
    const { left, width } = this.#area();
    return left + Math.max(0, Math.min(1, (atMs - fromMs) / (toMs - fromMs))) * width;
  }

  /** Returns what is at a point, in words. */
  describeAt(px: number, py: number): string | undefined {
    const run = this.#run;
    if (!run) return undefined;
    const mark = run.marks.findLast(({ atMs }) => Math.abs(this.positionOf(atMs) - px) < 7);
    const lane = Math.floor(py / LANE_PX);
    if (mark && py >= this.#laneCount * LANE_PX && py <= this.#laneCount * LANE_PX + MARK_LANE_PX + 4) return mark.text;
    const atMs = this.timeAt(px);
    const slackMs = this.timeAt(px + 3) - atMs;
    const band = this.#bands.find(
      ({ fromMs, toMs = Number.POSITIVE_INFINITY }, index) =>
        this.#lanes[index] === lane && fromMs - slackMs <= atMs && atMs <= toMs + slackMs,
    );
    return band && (band.name === undefined ? band.description : `${band.description} (${band.name})`);
  }

  #area(): { left: number; width: number } {
    if (!this.#plot) return { left: 0, width: 1 };
    const { left, width } = this.#plot.bbox;
    return { left: left / devicePixelRatio, width: Math.max(1, width / devicePixelRatio) };
  }

  #create(data: uPlot.AlignedData): void {
    this.#plot?.destroy();
    const theme = this.#theme;
    const { clientWidth: width, clientHeight: height } = this.#element;
    const axis = {
      stroke: theme.quiet,
      font: AXIS_FONT,
      grid: { show: false },
      ticks: { stroke: theme.line, size: 4 },
    };
    this.#plot = new uPlot(
      {
        width: Math.max(width, 50),
        height: Math.max(height, 50),
        padding: [this.#laneCount * LANE_PX + MARK_LANE_PX + 4, 4, 0, 4],
        cursor: { show: false },
        legend: { show: false },
        scales: {
          x: { time: true, range: () => [this.#range.fromMs / 1_000, this.#range.toMs / 1_000] },
          rate: { range: (_plot, _min, max) => [0, Math.max(1, max * 1.05)] },
          share: { range: [0, 1.02] },
          // Without axes: their values at the moment that is shown stand in the legend.
          processor: { range: (_plot, _min, max) => [0, Math.max(0.01, max * 1.05)] },
          sent: { range: (_plot, _min, max) => [0, Math.max(1, max * 1.05)] },
        },
        axes: [
          { ...axis, size: 24, space: 86, values: formatTicks },
          {
            ...axis,
            scale: 'rate',
            size: 46,
            values: (_plot, values) => values.map((value) => (value >= 1_000 ? `${value / 1_000}k` : String(value))),
            splits: (_plot, _axis, min, max) =>
              [min, (min + max) / 2, max].map((value) => Number(value.toPrecision(2))),
          },
          {
            ...axis,
            scale: 'share',
            side: 1,
            size: 44,
            splits: () => [0, 0.5, 1],
            values: (_plot, values) => values.map((value) => `${value * 100} %`),
          },
        ],
        series: [
          {},
          { scale: 'rate', stroke: theme.link, fill: `${theme.link}40`, width: 1, points: { show: false } },
          { scale: 'rate', stroke: theme.node, width: 1.5, points: { show: false } },
          {
            scale: 'share',
            stroke: theme.green,
            width: 1.8,
            dash: [6, 3],
            points: { show: false },
            ...STEPPED,
          },
          { scale: 'processor', stroke: theme.amber, width: 1.5, dash: [2, 3], points: { show: false }, ...STEPPED },
          { scale: 'sent', stroke: theme.purple, width: 1.5, dash: [8, 3, 2, 3], points: { show: false }, ...STEPPED },
        ],
        hooks: { draw: [(plot) => this.#drawBands(plot)] },
      },
      data,
      this.#element,
    );
  }

  #drawBands(plot: uPlot): void {
    const run = this.#run;
    if (!run) return;
    const { ctx: context } = plot;
    const ratio = devicePixelRatio;
    const { left, width, top, height } = plot.bbox;
    const { fromMs, toMs } = this.#range;
    const xOf = (atMs: number) => left + ((atMs - fromMs) / (toMs - fromMs)) * width;
    context.save();
    context.beginPath();
    context.rect(left - 8 * ratio, 0, width + 16 * ratio, top + height);
    context.clip();
    this.#bands.forEach((band, index) => {
      const end = band.toMs ?? Math.max(this.#nowMs, band.fromMs);
      if (end < fromMs || band.fromMs > toMs) return;
      this.#drawBand(context, band, this.#lanes[index]!, Math.max(left, xOf(band.fromMs)), xOf(end), top, height);
    });
    context.font = `bold ${12 * ratio}px system-ui, sans-serif`;
    context.textAlign = 'center';
    context.textBaseline = 'middle';
    const y = (this.#laneCount * LANE_PX + MARK_LANE_PX / 2 + 1) * ratio;
    for (const { kind, atMs } of run.marks) {
      if (atMs < fromMs || atMs > toMs) continue;
      const { sign, colour } = MARK_SIGNS[kind];
      context.fillStyle = this.#theme[colour];
      context.fillText(sign, xOf(atMs), y);
      if (kind === 'step') continue;
      context.globalAlpha = 0.5;
      context.fillRect(xOf(atMs), y + 8 * ratio, ratio, top + height - y - 8 * ratio);
      context.globalAlpha = 1;
    }
    context.restore();
  }

  #drawBand(
    context: CanvasRenderingContext2D,
    { kind, description }: Band,
    lane: number,
    from: number,
    to: number,
    top: number,
    height: number,
  ): void {
    const ratio = devicePixelRatio;
    const width = Math.max(2 * ratio, to - from);
    const y = lane * LANE_PX * ratio;
    context.fillStyle = kind === 'fault' ? this.#theme.violet : this.#theme.red;
    context.globalAlpha = 0.08;
    context.fillRect(from, top, width, height);
    context.globalAlpha = 0.24;
    context.fillRect(from, y + ratio, width, (LANE_PX - 2) * ratio);
    context.globalAlpha = 1;
    context.fillRect(from, y + ratio, 2 * ratio, (LANE_PX - 2) * ratio);
    if (width < 30 * ratio) return;
    context.save();
    context.beginPath();
    context.rect(from, y, width - 2 * ratio, LANE_PX * ratio);
    context.clip();
    context.fillStyle = this.#theme.ink;
    context.font = `${10 * ratio}px system-ui, sans-serif`;
    context.textAlign = 'left';
    context.textBaseline = 'middle';
    context.fillText(description, from + 5 * ratio, y + (LANE_PX / 2 + 0.5) * ratio);
    context.restore();
  }
}

/** Times of day, with as many digits as tell neighbours apart. */
function formatTicks(_plot: uPlot, splits: number[]): string[] {
  const step = splits.length > 1 ? splits[1]! - splits[0]! : 1;
  const digits = step >= 1 ? 0 : Math.min(6, Math.ceil(-Math.log10(step)));
  return splits.map((seconds) => {
    const date = new Date(seconds * 1_000);
    const two = (number: number) => String(number).padStart(2, '0');
    const clock = `${two(date.getHours())}:${two(date.getMinutes())}`;
    if (step >= 60) return clock;
    const rest = (seconds % 60).toFixed(digits).padStart(digits === 0 ? 2 : digits + 3, '0');
    return digits > 2 ? `${rest} s` : `${clock}:${rest}`;
  });
}
