import { svgLine, svgText } from '../../graph-drawing/formats/svg-elements.ts';
import { textWidth } from '../../graph-drawing/layout/text-width.ts';
import { DASH_PATTERNS, type SeriesStyle } from './colours.ts';
import { drawMarker } from './marker.ts';
import { FONT_SIZE_PX, fitText, LINE_HEIGHT_PX, PADDING_PX, PLOT_WIDTH_PX } from './plot-document.ts';

/** A name and how it is drawn. */
export interface LegendEntry {
  name: string;
  style: SeriesStyle;
  /** Form in which it is drawn: as a line, as points, or as both. */
  mark: 'curve' | 'points' | 'line';
}

const SAMPLE_WIDTH_PX = 22;
const SAMPLE_GAP_PX = 6;
const COLUMN_GAP_PX = 18;

/** Draws a legend in as many columns as fit. @returns where it ends, and its elements */
export function drawLegend(entries: readonly LegendEntry[], top: number): { bottom: number; content: string[] } {
  const room = PLOT_WIDTH_PX - 2 * PADDING_PX;
  const textRoom = room - SAMPLE_WIDTH_PX - SAMPLE_GAP_PX;
  const names = entries.map(({ name }) => fitText(name, textRoom));
  const widest = Math.max(...names.map((name) => textWidth(name, FONT_SIZE_PX)));
  const columnWidth = SAMPLE_WIDTH_PX + SAMPLE_GAP_PX + widest + COLUMN_GAP_PX;
  const columns = Math.max(1, Math.floor((room + COLUMN_GAP_PX) / columnWidth));
  const rows = Math.ceil(entries.length / columns);
  const content = entries.flatMap(({ style, mark }, index) => {
    const left = PADDING_PX + (index % columns) * columnWidth;
    const y = top + Math.floor(index / columns) * LINE_HEIGHT_PX + LINE_HEIGHT_PX / 2;
    return [
      ...(mark === 'points' ? [] : [svgLine(left, y, left + SAMPLE_WIDTH_PX, y, lineAttributes(style))]),
      ...(mark === 'curve' ? [] : [drawMarker(left + SAMPLE_WIDTH_PX / 2, y, 4, style)]),
      svgText(left + SAMPLE_WIDTH_PX + SAMPLE_GAP_PX, y + 4, names[index]!),
    ];
  });
  return { bottom: top + rows * LINE_HEIGHT_PX, content };
}

/** Attributes of a line of this style. */
export function lineAttributes({ colour, pattern }: SeriesStyle): string {
  const dash = DASH_PATTERNS[pattern];
  return `stroke="${colour}" stroke-width="2" stroke-linejoin="round"${dash ? ` stroke-dasharray="${dash}"` : ''}`;
}
