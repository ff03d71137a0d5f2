import { escapeXml } from '../../shared/escape-xml.ts';
import type { EdgeRoute } from '../layout/edge-routing.ts';
import type { Point } from '../layout/geometry.ts';

/**
 * `none`: the background shows through, and the colours follow the reader's preference for light or dark. `white`: light
 * colours on white, as in print.
 */
export type Background = 'none' | 'white';

export interface SvgDocumentOptions {
  width: number;
  height: number;
  title: string;
  /** Description for those who do not see the picture. */
  description: string;
  /** Class of the root element, which all style rules start with: other rules of a page stay apart. */
  className: string;
  /** Style rules in light colours. */
  style: string;
  /** The rules with other colours in the dark. */
  darkStyle: string;
  background: Background;
}

const FONT_FAMILY = "system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif";

/** Formats an SVG document. */
export function svgDocument(options: SvgDocumentOptions, content: readonly string[]): string {
  const { width, height, title, description, className, style, darkStyle, background } = options;
  const dark = background === 'none' ? `@media (prefers-color-scheme:dark){${darkStyle}}` : '';
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" class="${className}" role="img" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="${FONT_FAMILY}">`,
    `<title>${escapeXml(title)}</title>`,
    `<desc>${escapeXml(description)}</desc>`,
    `<style>\n${style}\n${dark}\n</style>`,
    ...(background === 'white' ? [`<rect width="${width}" height="${height}" fill="#fff"/>`] : []),
    ...content,
    '</svg>',
    '',
  ].join('\n');
}

export interface SvgTextOptions {
  /** @default 'quiet' */
  className?: string;
  /** Colour instead of that of a class. */
  fill?: string;
  anchor?: 'start' | 'middle' | 'end';
  /** @default 12 */
  size?: number;
  bold?: boolean;
  /** Degrees, clockwise. @default 0 */
  angle?: number;
}

export function svgText(x: number, y: number, text: string, options: SvgTextOptions = {}): string {
  const { className = 'quiet', fill, anchor = 'start', size = 12, bold = false, angle = 0 } = options;
  const attributes = [
    `${fill === undefined ? `class="${className}"` : `fill="${fill}"`} x="${formatNumber(x)}" y="${formatNumber(y)}" font-size="${formatNumber(size)}"`,
    ...(anchor === 'start' ? [] : [`text-anchor="${anchor}"`]),
    ...(bold ? ['font-weight="bold"'] : []),
    ...(angle === 0 ? [] : [`transform="rotate(${formatNumber(angle)} ${formatPoint({ x, y })})"`]),
  ];
  return `<text ${attributes.join(' ')}>${escapeXml(text)}</text>`;
}

export const svgCircle = (x: number, y: number, radius: number, attributes: string): string =>
  `<circle cx="${formatNumber(x)}" cy="${formatNumber(y)}" r="${formatNumber(radius)}" ${attributes}/>`;

export const svgLine = (x1: number, y1: number, x2: number, y2: number, attributes: string): string =>
  `<path d="${linePath({ x: x1, y: y1 }, { x: x2, y: y2 })}" ${attributes}/>`;

/** Path data of a straight line. */
export const linePath = (from: Point, to: Point): string => `M${formatPoint(from)}L${formatPoint(to)}`;

/** Path data of an edge. */
export function routePath({ segments }: EdgeRoute): string {
  return segments
    .map(
      ({ from, to, controlPoints }) =>
        `M${formatPoint(from)}${['L', 'Q', 'C'][controlPoints.length]}${[...controlPoints, to].map(formatPoint).join(' ')}`,
    )
    .join('');
}

export const formatNumber = (value: number): string => String(Math.round(value * 10) / 10 || 0);
export const formatPoint = ({ x, y }: Point): string => `${formatNumber(x)} ${formatNumber(y)}`;
