import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

/** Rectangle that a text takes, by the metrics of the font that pictures are rendered with. */
export interface TextBox {
  text: string;
  left: number;
  right: number;
  top: number;
  bottom: number;
  fontSize: number;
}

const ttf = join(createRequire(import.meta.url).resolve('dejavu-fonts-ttf/package.json'), '..', 'ttf');
const fonts = { normal: readFont('DejaVuSans.ttf'), bold: readFont('DejaVuSans-Bold.ttf') };

/** Letters reach so far above and below the baseline, as shares of the font size. */
const ASCENT = 0.76;
const DESCENT = 0.2;

/** Finds the boxes of all texts in an SVG document. Those that are rotated by other than a right angle are left out. */
export function textBoxes(svg: string): TextBox[] {
  return [...svg.matchAll(/<text ([^>]*)>([^<]*)<\/text>/g)].flatMap(([, attributes, escaped]) => {
    const attribute = (name: string) => new RegExp(`(?:^| )${name}="([^"]*)"`).exec(attributes!)?.[1];
    const number = (name: string) => Number(attribute(name));
    const text = unescapeXml(escaped!);
    const fontSize = number('font-size');
    const width = measure(text, attribute('font-weight') === 'bold' ? 'bold' : 'normal') * fontSize;
    const anchor = attribute('text-anchor') ?? 'start';
    const start = anchor === 'start' ? 0 : anchor === 'end' ? -width : -width / 2;
    if (attribute('transform') !== undefined) return [];
    const [x, y] = [number('x'), number('y')];
    const box = {
      left: x + start,
      right: x + start + width,
      top: y - ASCENT * fontSize,
      bottom: y + DESCENT * fontSize,
    };
    return [{ text, fontSize, ...box }];
  });
}

export const boxesOverlap = (one: TextBox, other: TextBox): boolean =>
  one.left < other.right && other.left < one.right && one.top < other.bottom && other.top < one.bottom;

const unescapeXml = (text: string) =>
  text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&');

function measure(text: string, weight: keyof typeof fonts): number {
  const { glyphOf, widthOf, unitsPerEm } = fonts[weight];
  return [...text].reduce((width, character) => width + widthOf(glyphOf(character.codePointAt(0)!)), 0) / unitsPerEm;
}

/** Reads the widths of glyphs (OpenType: tables head, hhea, hmtx and cmap of format 4). */
function readFont(file: string) {
  const bytes = readFileSync(join(ttf, file));
  const tables = new Map(
    Array.from({ length: bytes.readUInt16BE(4) }, (_, index) => {
      const at = 12 + 16 * index;
      return [bytes.toString('latin1', at, at + 4), bytes.readUInt32BE(at + 8)];
    }),
  );
  const [head, hhea, hmtx, cmap] = ['head', 'hhea', 'hmtx', 'cmap'].map((name) => tables.get(name)!) as [
    number,
    number,
    number,
    number,
  ];
  const metricCount = bytes.readUInt16BE(hhea + 34);
  const widthOf = (glyph: number) => bytes.readUInt16BE(hmtx + 4 * Math.min(glyph, metricCount - 1));
  const subtables = Array.from(
    { length: bytes.readUInt16BE(cmap + 2) },
    (_, index) => cmap + bytes.readUInt32BE(cmap + 4 + 8 * index + 4),
  );
  const format4 = subtables.find((at) => bytes.readUInt16BE(at) === 4)!;
  const segments = bytes.readUInt16BE(format4 + 6) / 2;
  const glyphOf = (code: number): number => {
    for (let segment = 0; segment < segments; segment++) {
      const end = bytes.readUInt16BE(format4 + 14 + 2 * segment);
      if (code > end) continue;
      const start = bytes.readUInt16BE(format4 + 16 + 2 * segments + 2 * segment);
      if (code < start) return 0;
      const delta = bytes.readUInt16BE(format4 + 16 + 4 * segments + 2 * segment);
      const offsetAt = format4 + 16 + 6 * segments + 2 * segment;
      const offset = bytes.readUInt16BE(offsetAt);
      if (offset === 0) return (code + delta) & 0xffff;
      const glyph = bytes.readUInt16BE(offsetAt + offset + 2 * (code - start));
      return glyph === 0 ? 0 : (glyph + delta) & 0xffff;
    }
    return 0;
  };
  return { glyphOf, widthOf, unitsPerEm: bytes.readUInt16BE(head + 18) };
}
