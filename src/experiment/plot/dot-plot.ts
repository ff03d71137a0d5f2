import { type Background, svgLine, svgText } from '../../graph-drawing/formats/svg-elements.ts';
import { textWidth } from '../../graph-drawing/layout/text-width.ts';
import { formatMetric } from '../metrics/metrics.ts';
import { labelsWithRoom, valueScale } from './axis.ts';
import type { SeriesStyle } from './colours.ts';
import { drawMarker, drawWhisker } from './marker.ts';
import { FONT_SIZE_PX, fitText, PADDING_PX, PLOT_WIDTH_PX, plotDocument } from './plot-document.ts';
import type { Scale, Tick } from './scale.ts';

/** A plot of one value with its interval for each of several things, one row each. */
export interface DotPlot {
  title: string;
  /** Title of the axis, with the unit. */
  x: string;
  rows: DotPlotRow[];
  /** A line of small print. */
  note?: string | undefined;
}

export interface DotPlotRow {
  name: string;
  style: SeriesStyle;
  /** Null where it is unknown; infinity is never. */
  value: number | null;
  low: number | null;
  high: number | null;
}

const ROW_HEIGHT_PX = 22;
const MAX_NAME_WIDTH_PX = 250;
/** Room for values that never came, beside the others. */
const NEVER_WIDTH_PX = 70;
const GAP_PX = 12;

/** Draws a dot plot as an SVG document, with the rows in their order. */
export function drawDotPlot({ title, x, rows, note }: DotPlot, background: Background): string {
  const names = rows.map(({ name }) => fitText(name, MAX_NAME_WIDTH_PX));
  const values = rows.map(({ value }) => formatMetric(value));
  const widest = (texts: readonly string[]) => Math.max(...texts.map((text) => textWidth(text, FONT_SIZE_PX)));
  const left = PADDING_PX + widest(names) + GAP_PX;
  const right = PLOT_WIDTH_PX - PADDING_PX - widest(values) - GAP_PX;
  const scale = chooseXScale(rows, right - left);
  const toX = (value: number) => left + scale.position(value) * (right - left);
  const description = `${x}: ${rows.map(({ name }, index) => `${name} ${values[index]}`).join(', ')}`;
  return plotDocument({ title, note, description }, background, (top) => {
    const bottom = top + rows.length * ROW_HEIGHT_PX + 4;
    const tickX = ({ at }: Tick) => left + at * (right - left);
    const grid = scale.ticks.map((tick) => svgLine(tickX(tick), top, tickX(tick), bottom, 'class="rule"'));
    const labels = labelsWithRoom(scale.ticks, right - left).map((tick) =>
      svgText(tickX(tick), bottom + 19, tick.label, { anchor: 'middle' }),
    );
    const drawn = rows.flatMap(({ value, low, high, style }, index) => {
      const y = top + (index + 0.5) * ROW_HEIGHT_PX + 2;
      const hasInterval = low !== null && high !== null && low !== high;
      return [
        svgText(left - GAP_PX, y + 4, names[index]!, { anchor: 'end', className: 'ink' }),
        ...(hasInterval ? drawWhisker([toX(low), y], [toX(high), y], style.colour) : []),
        ...(value === null ? [] : [drawMarker(toX(value), y, 5, style, !Number.isFinite(value))]),
        svgText(PLOT_WIDTH_PX - PADDING_PX, y + 4, values[index]!, { anchor: 'end' }),
      ];
    });
    const cut = scale.startsAt === undefined ? '' : ` (axis starts at ${scale.startsAt})`;
    return {
      bottom: bottom + 48,
      content: [
        ...grid,
        ...labels,
        svgLine(left, top, left, bottom, 'class="axis"'),
        ...drawn,
        svgText((left + right) / 2, bottom + 38, `${x}${cut}`, { anchor: 'middle', className: 'ink' }),
      ],
    };
  });
}

function chooseXScale(rows: readonly DotPlotRow[], width: number): Scale {
  const values = rows.flatMap(({ value, low, high }) => [value, low, high].filter((one) => one !== null));
  return valueScale(values, 1 - NEVER_WIDTH_PX / width, { maxTicks: Math.max(2, Math.floor(width / 80)) });
}
