import { type Background, svgDocument, svgText } from '../../graph-drawing/formats/svg-elements.ts';
import { textWidth, truncateMiddle } from '../../graph-drawing/layout/text-width.ts';

/** All plots of a report have this width, so that they are shown at one scale. Drawings of large graphs are wider. */
export const PLOT_WIDTH_PX = 640;
/** Size of all text in plots: they stand side by side. */
export const FONT_SIZE_PX = 12;
export const LINE_HEIGHT_PX = 17;
export const PADDING_PX = 16;
/** Ratio of the widths of bold and regular letters. */
const BOLD_WIDTH = 1.16;

const LIGHT = { ink: '#1f2733', quiet: '#5f6b7a', rule: '#e3e7ec', axis: '#98a3b0', page: '#fff', pale: '#c9d0d8' };
const DARK = { ink: '#e6eaf0', quiet: '#9aa6b5', rule: '#2a323c', axis: '#64707d', page: '#0f1318', pale: '#3a434e' };

const styleOf = ({ ink, quiet, rule, axis, page, pale }: typeof LIGHT): string =>
  `.plot .ink{fill:${ink}}.plot .quiet{fill:${quiet}}.plot .rule{stroke:${rule}}.plot .axis{stroke:${axis}}` +
  `.plot .pale{stroke:${pale}}.plot .hole{fill:${page}}.plot .rim{stroke:${page}}`;

/** Texts around a plot. */
export interface PlotTexts {
  title: string;
  /** Shown below the title. */
  subtitle?: string;
  /** Small print below the plot. */
  note?: string | undefined;
  /** For those who do not see the plot. */
  description: string;
  /** @default PLOT_WIDTH_PX */
  width?: number;
}

/** Draws the part between title and note. @param top where it starts @returns where it ends, and its elements */
export type PlotBody = (top: number) => { bottom: number; content: readonly string[] };

/** Formats a plot as an SVG document: title, plot, note. */
export function plotDocument(texts: PlotTexts, background: Background, drawBody: PlotBody): string {
  const { title, subtitle = '', note = '', description, width = PLOT_WIDTH_PX } = texts;
  const room = width - 2 * PADDING_PX;
  const titleLines = wrapText(title, room / BOLD_WIDTH, 2);
  const heading = [
    ...titleLines.map((text) => ({ text, className: 'ink', bold: true })),
    ...wrapText(subtitle, room, 4).map((text) => ({ text })),
  ];
  const { bottom, content } = drawBody(PADDING_PX + heading.length * LINE_HEIGHT_PX + 4);
  const notes = wrapText(note, room, 4);
  const height = Math.ceil(bottom + notes.length * LINE_HEIGHT_PX + PADDING_PX - 4);
  const style = `.plot text{stroke:none}.plot .line{fill:none}${styleOf(LIGHT)}`;
  const document = {
    width,
    height,
    title,
    description,
    className: 'plot',
    style,
    darkStyle: styleOf(DARK),
    background,
  };
  return svgDocument(document, [
    ...heading.map(({ text, ...options }, line) =>
      svgText(PADDING_PX, PADDING_PX + 11 + line * LINE_HEIGHT_PX, text, options),
    ),
    ...content,
    ...notes.map((text, line) => svgText(PADDING_PX, bottom + 13 + line * LINE_HEIGHT_PX, text)),
  ]);
}

/** Breaks a text into lines of at most `width`; the last of `maxLines` says that something is missing. */
export function wrapText(text: string, width: number, maxLines: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ').filter((one) => one !== '')) {
    const longer = `${lines.at(-1) ?? ''} ${word}`.trim();
    if (lines.length > 0 && textWidth(longer, FONT_SIZE_PX) <= width) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  const kept = lines.length <= maxLines ? lines : [...lines.slice(0, maxLines - 1), `${lines[maxLines - 1]} …`];
  return kept.map((line) => fitText(line, width));
}

/** Shortens a text in its middle until it is no wider than `width`. */
export function fitText(text: string, width: number): string {
  let fitting = text;
  for (let length = [...text].length - 1; length > 3 && textWidth(fitting, FONT_SIZE_PX) > width; length--)
    fitting = truncateMiddle(text, length);
  return fitting;
}
