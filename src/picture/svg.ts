import { escapeXml } from '../xml.ts';
import { type LaidNode, type Layout, layout } from './layout.ts';
import { DRIFT, type Line, type Look, type Picture, summary, tally } from './picture.ts';
import type { Point } from './point.ts';
import type { Route } from './routes.ts';
import { shorten, widthOf } from './text.ts';

export interface SvgOptions {
  /**
   * `none` (the default): whatever lies behind shows through, and the colours follow the reader's preference for light
   * or dark. `white`: as in print.
   */
  ground?: 'none' | 'white';
}

const LIGHT = {
  ink: '#1f2733',
  quiet: '#66717f',
  link: '#8d99a8',
  node: '#3b6ea8',
  grey: '#66717f',
  pale: '#fbeaea',
  paler: '#fdf3e7',
};
const DARK = {
  ink: '#e6eaf0',
  quiet: '#98a4b3',
  link: '#7b8796',
  node: '#3f76b5',
  grey: '#98a4b3',
  pale: '#3a1e22',
  paler: '#33261a',
};
const RED = '#d64545';
const ORANGE = '#d9822b';

/** The picture as an SVG document. */
export function svg(picture: Picture, options: SvgOptions = {}): string {
  return draw(picture, layout(picture), options.ground ?? 'none');
}

const MARGIN = 24;
const FONTS = "system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif";

function draw(picture: Picture, laid: Layout, ground: 'none' | 'white'): string {
  const name = shorten(picture.name, 48);
  const words = summary(picture);
  // A large picture is looked at from further away: what is written around it grows with it.
  const scale = Math.max(1, Math.min(2, (laid.width + laid.height) / 1400));
  const titleWidth = (widthOf(name, 17) * 1.1 + 12 + widthOf(words, 13)) * scale;
  const items = legendOf(picture, laid);
  const column = Math.max(0, ...items.map(({ width }) => width)) * scale;
  const inner = Math.max(laid.width, titleWidth, Math.min(items.length, 3) * column, 200);
  const columns = Math.max(1, Math.floor((inner + 20) / Math.max(column, 1)));
  const head = 43 * scale;
  const foot = items.length === 0 ? 0 : (Math.ceil(items.length / columns) * 22 + 14) * scale;
  const width = Math.ceil(inner + 2 * MARGIN);
  const height = Math.ceil(head + laid.height + foot + 2 * MARGIN);
  const left = MARGIN + (inner - laid.width) / 2;
  const title = [
    `<text class="ink" x="${MARGIN}" y="${number(MARGIN + 14 * scale)}" font-size="${number(17 * scale)}" font-weight="bold">${escapeXml(name)}`,
    `<tspan class="quiet" dx="${number(10 * scale)}" font-size="${number(13 * scale)}" font-weight="normal">${escapeXml(words)}</tspan></text>`,
  ].join('');
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" class="devnet" role="img" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="${FONTS}">`,
    `<title>${escapeXml(picture.name)}</title>`,
    `<desc>${escapeXml(describe(picture))}</desc>`,
    `<style>${style(laid, ground)}</style>`,
    ...(ground === 'white' ? [`<rect width="${width}" height="${height}" fill="#fff"/>`] : []),
    title,
    `<g transform="translate(${number(left)} ${number(head + MARGIN)})">`,
    ...lines(laid),
    ...laid.nodes.map(node),
    '</g>',
    ...(items.length === 0
      ? []
      : [
          `<g transform="translate(${MARGIN} ${number(height - MARGIN - foot + 14 * scale)}) scale(${number(scale)})">`,
          ...legend(items, columns, column / scale),
          '</g>',
        ]),
    '</svg>',
    '',
  ].join('\n');
}

/** The same in a sentence, for those who do not see it. */
function describe(picture: Picture): string {
  const drift = [...tally(picture)].map(([kind, number]) => `${number} ${kind}`);
  return `${summary(picture)}${drift.length > 0 ? `; ${drift.join(', ')}` : ''}`;
}

function style(laid: Layout, ground: 'none' | 'white'): string {
  const many = laid.routes.length;
  const width = many > 1000 ? 0.6 : many > 600 ? 0.8 : many > 150 ? 1.1 : 1.6;
  const opacity = many > 4000 ? 0.25 : many > 1000 ? 0.45 : many > 600 ? 0.65 : many > 150 ? 0.85 : 1;
  const colours = (of: typeof LIGHT) => [
    `.devnet .ink{fill:${of.ink}}`,
    `.devnet .quiet{fill:${of.quiet}}`,
    `.devnet .link{stroke:${of.link}}`,
    `.devnet .head{fill:${of.link}}`,
    `.devnet .node{fill:${of.node}}`,
    `.devnet .unknown{stroke:${of.grey}}`,
    `.devnet .down{fill:${of.pale}}`,
    `.devnet .foreign{fill:${of.paler}}`,
    `.devnet .head.unknown{fill:${of.grey};stroke:none}`,
  ];
  return [
    '',
    `.devnet .line{fill:none;stroke-width:${width};stroke-linecap:round}`,
    ...(opacity < 1 ? [`.devnet .link{stroke-opacity:${opacity}}`] : []),
    ...colours(LIGHT),
    `.devnet .drift{fill:none;stroke-width:${Math.max(1.8, width * 1.3)};stroke-linecap:butt}`,
    `.devnet .missing{stroke:${RED};stroke-dasharray:7 5}`,
    `.devnet .broken{stroke:${RED}}`,
    `.devnet .extra{stroke:${ORANGE}}`,
    '.devnet .unknown{stroke-dasharray:2 4}',
    `.devnet .head.missing,.devnet .head.broken{fill:${RED};stroke:none}`,
    `.devnet .head.extra{fill:${ORANGE};stroke:none}`,
    `.devnet .sign{stroke:none}`,
    '.devnet .mark{fill:none;stroke:#fff;stroke-width:1.6;stroke-linecap:round}',
    '.devnet .name{fill:#fff}',
    `.devnet .down{stroke:${RED};stroke-width:2.5}`,
    `.devnet .foreign{stroke:${ORANGE};stroke-width:1.6;stroke-dasharray:3 3}`,
    ...(ground === 'none' ? [`@media (prefers-color-scheme:dark){${colours(DARK).join('')}}`] : []),
    '',
  ].join('\n');
}

/** What is as it should be goes into one path; every other line is an element that tells its name when pointed at. */
function lines({ routes, nodes }: Layout): string[] {
  const plain = routes.filter(({ line }) => line.look === 'plain');
  const others = [...DRIFT].reverse().flatMap((look) => routes.filter(({ line }) => line.look === look));
  const heads = plain.flatMap(({ head }) => (head ? [`M${head.map(point).join('L')}Z`] : []));
  return [
    ...(plain.length > 0 ? [`<path class="line link" d="${plain.map(way).join('')}"/>`] : []),
    ...(heads.length > 0 ? [`<path class="head" d="${heads.join('')}"/>`] : []),
    ...others.map((route) => {
      const { line, head, middle } = route;
      return [
        `<g><title>${escapeXml(caption(line, nodes))}</title>`,
        `<path class="drift ${line.look}" d="${way(route)}"/>`,
        ...(head ? [`<path class="head ${line.look}" d="M${head.map(point).join('L')}Z"/>`] : []),
        ...sign(line.look, middle),
        '</g>',
      ].join('');
    }),
  ];
}

function caption({ a, b, twoWay, look }: Line, nodes: readonly LaidNode[]): string {
  return `${nodes[a]!.name} ${twoWay ? '<->' : '->'} ${nodes[b]!.name}: ${look}`;
}

function way({ stretches }: Route): string {
  return stretches
    .map(
      ({ from, to, bends }) => `M${point(from)}${['L', 'Q', 'C'][bends.length]}${[...bends, to].map(point).join(' ')}`,
    )
    .join('');
}

/** A cross on what is broken, a plus on what is too much. */
function sign(look: Look, { x, y }: Point): string[] {
  if (look !== 'broken' && look !== 'extra') return [];
  const mark =
    look === 'broken'
      ? `M${point({ x: x - 2.3, y: y - 2.3 })}L${point({ x: x + 2.3, y: y + 2.3 })}M${point({ x: x - 2.3, y: y + 2.3 })}L${point({ x: x + 2.3, y: y - 2.3 })}`
      : `M${point({ x: x - 3, y })}L${point({ x: x + 3, y })}M${point({ x, y: y - 3 })}L${point({ x, y: y + 3 })}`;
  const colour = look === 'broken' ? RED : ORANGE;
  return [
    `<circle class="sign" fill="${colour}" cx="${number(x)}" cy="${number(y)}" r="6"/>`,
    `<path class="mark" d="${mark}"/>`,
  ];
}

function node({ name, state, x, y, radius, label }: LaidNode): string {
  const kind = state === 'down' || state === 'foreign' ? state : 'node';
  const tip = state === 'down' ? `${name}: down` : state === 'foreign' ? `${name}: no node of this devnet` : name;
  const inset = kind === 'down' ? 1 : 0;
  return [
    `<g><title>${escapeXml(tip)}</title>`,
    `<circle class="${kind}" cx="${number(x)}" cy="${number(y)}" r="${number(radius - inset)}"/>`,
    ...(label ? [text(label, kind === 'node' && label.inside ? 'name' : 'ink')] : []),
    '</g>',
  ].join('');
}

function text(label: NonNullable<LaidNode['label']>, kind: string): string {
  const at = `x="${number(label.x)}" y="${number(label.y)}"`;
  const turn = label.angle === 0 ? '' : ` transform="rotate(${number(label.angle)} ${point(label)})"`;
  const anchor = label.anchor === 'start' ? '' : ` text-anchor="${label.anchor}"`;
  return `<text class="${kind}" ${at} font-size="${number(label.size)}"${anchor}${turn}>${escapeXml(label.text)}</text>`;
}

interface LegendItem {
  words: string;
  width: number;
  draw: (x: number, y: number) => string;
}

function legendOf(picture: Picture, { routes }: Layout): LegendItem[] {
  const items: LegendItem[] = [];
  const add = (words: string, sample: (x: number, y: number) => string) => {
    items.push({ words, width: 34 + widthOf(words, 12) + 20, draw: sample });
  };
  const counts = tally(picture);
  const plain = routes.filter(({ line }) => line.look === 'plain').map(({ line }) => line.twoWay);
  const heads = (x: number, y: number) =>
    `M${point({ x: x + 26, y })}L${point({ x: x + 19, y: y - 3 })}L${point({ x: x + 19, y: y + 3 })}Z`;
  const sample = (classes: string) => (x: number, y: number) =>
    `<path class="${classes}" d="M${point({ x, y })}L${point({ x: x + 26, y })}"/>`;
  if (plain.includes(true) && plain.includes(false)) {
    add('both dial', sample('line link'));
    add(
      'one dials',
      (x, y) =>
        `<path class="line link" d="M${point({ x, y })}L${point({ x: x + 20, y })}"/><path class="head" d="${heads(x, y)}"/>`,
    );
  }
  for (const look of DRIFT) {
    const found = counts.get(look);
    if (found === undefined) continue;
    add(`${found} ${look}`, (x, y) => `${sample(`drift ${look}`)(x, y)}${sign(look, { x: x + 13, y }).join('')}`);
  }
  for (const [kind, words] of [
    ['down', 'down'],
    ['foreign', 'not of this devnet'],
  ] as const) {
    const found = counts.get(kind);
    if (found === undefined) continue;
    add(`${found} ${words}`, (x, y) => `<circle class="${kind}" cx="${number(x + 13)}" cy="${number(y)}" r="7"/>`);
  }
  return items;
}

function legend(items: readonly LegendItem[], columns: number, width: number): string[] {
  return items.map(({ words, draw }, at) => {
    const x = (at % columns) * width;
    const y = Math.floor(at / columns) * 22 + 11;
    return `${draw(x, y)}<text class="quiet" x="${number(x + 34)}" y="${number(y + 4.2)}" font-size="12">${escapeXml(words)}</text>`;
  });
}

const number = (value: number): string => String(Math.round(value * 10) / 10 || 0);
const point = ({ x, y }: Point): string => `${number(x)} ${number(y)}`;
