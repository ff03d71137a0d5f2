import { escapeXml } from '../../shared/escape-xml.ts';

/** Where a drawing is to stand: alone, on white, or in a page, whose ground shows through and may be dark. */
export type Theme = 'white' | 'page';

const FONTS = "system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif";

const LIGHT = { ink: '#1f2733', quiet: '#5f6b7a', rule: '#e3e7ec', axis: '#98a3b0', ground: '#fff', pale: '#c9d0d8' };
const DARK = { ink: '#e6eaf0', quiet: '#9aa6b5', rule: '#2a323c', axis: '#64707d', ground: '#0f1318', pale: '#3a434e' };

/** A drawing as a document; `about` is for those who do not see it. */
export function svgDocument(
  { width, height, title, about }: { width: number; height: number; title: string; about: string },
  ground: Theme,
  content: readonly string[],
): string {
  const colours = (of: typeof LIGHT) =>
    [
      `.plot .ink{fill:${of.ink}}`,
      `.plot .quiet{fill:${of.quiet}}`,
      `.plot .rule{stroke:${of.rule}}`,
      `.plot .axis{stroke:${of.axis}}`,
      `.plot .pale{stroke:${of.pale}}`,
      `.plot .ground{fill:${of.ground}}`,
      `.plot .hole{fill:${of.ground}}`,
      `.plot .rim{stroke:${of.ground}}`,
    ].join('');
  const dark = ground === 'page' ? `@media (prefers-color-scheme:dark){${colours(DARK)}}` : '';
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" class="plot" role="img" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="${FONTS}" font-size="12">`,
    `<title>${escapeXml(title)}</title>`,
    `<desc>${escapeXml(about)}</desc>`,
    `<style>.plot text{stroke:none}.plot .line{fill:none}${colours(LIGHT)}${dark}</style>`,
    ...(ground === 'white' ? [`<rect class="ground" width="${width}" height="${height}"/>`] : []),
    ...content,
    '</svg>',
    '',
  ].join('\n');
}

export function svgText(
  x: number,
  y: number,
  words: string,
  options: {
    look?: 'ink' | 'quiet';
    anchor?: 'start' | 'middle' | 'end';
    size?: number;
    bold?: boolean;
    turn?: boolean;
  } = {},
): string {
  const { look = 'quiet', anchor = 'start', size = 12, bold = false, turn = false } = options;
  const rotate = turn ? ` transform="rotate(-90 ${formatCoordinate(x)} ${formatCoordinate(y)})"` : '';
  const weight = bold ? ' font-weight="bold"' : '';
  return `<text class="${look}" x="${formatCoordinate(x)}" y="${formatCoordinate(y)}" text-anchor="${anchor}" font-size="${size}"${weight}${rotate}>${escapeXml(words)}</text>`;
}

export function svgLine(x1: number, y1: number, x2: number, y2: number, attributes: string): string {
  return `<path d="M${formatCoordinate(x1)} ${formatCoordinate(y1)}L${formatCoordinate(x2)} ${formatCoordinate(y2)}" ${attributes}/>`;
}

export const formatCoordinate = (value: number): string => String(Math.round(value * 10) / 10 || 0);
