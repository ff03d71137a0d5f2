import { escapeXml } from '../../shared/escape-xml.ts';
import type { Point } from '../layout/geometry.ts';
import {
  countDrift,
  DRIFT_STYLES,
  type DrawnEdge,
  type EdgeStyle,
  type GraphView,
  summariseGraph,
} from '../layout/graph-view.ts';
import { computeLayout, type Layout, type PositionedNode } from '../layout/layout.ts';
import { textWidth, truncateMiddle } from '../layout/text-width.ts';
import {
  type Background,
  formatNumber,
  formatPoint,
  linePath,
  routePath,
  svgCircle,
  svgDocument,
  svgText,
} from './svg-elements.ts';

export interface SvgOptions {
  /** @default 'none' */
  background?: Background;
}

const LIGHT_COLOURS = {
  ink: '#1f2733',
  quiet: '#66717f',
  link: '#8d99a8',
  node: '#3b6ea8',
  grey: '#66717f',
  pale: '#fbeaea',
  paler: '#fdf3e7',
};
const DARK_COLOURS = {
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
export function renderSvg(picture: GraphView, options: SvgOptions = {}): string {
  return drawDocument(picture, computeLayout(picture), options.background ?? 'none');
}

const MARGIN_PX = 24;

function drawDocument(picture: GraphView, laid: Layout, background: Background): string {
  const name = truncateMiddle(picture.name, 48);
  const words = summariseGraph(picture);
  // A large picture is looked at from further away: what is written around it grows with it.
  const scale = Math.max(1, Math.min(2, (laid.width + laid.height) / 1400));
  const titleWidth = (textWidth(name, 17) * 1.1 + 12 + textWidth(words, 13)) * scale;
  const items = legendItems(picture, laid);
  const column = Math.max(0, ...items.map(({ width }) => width)) * scale;
  const inner = Math.max(laid.width, titleWidth, Math.min(items.length, 3) * column, 200);
  const columns = Math.max(1, Math.floor((inner + 20) / Math.max(column, 1)));
  const head = 43 * scale;
  const foot = items.length === 0 ? 0 : (Math.ceil(items.length / columns) * 22 + 14) * scale;
  const width = Math.ceil(inner + 2 * MARGIN_PX);
  const height = Math.ceil(head + laid.height + foot + 2 * MARGIN_PX);
  const left = MARGIN_PX + (inner - laid.width) / 2;
  const title = [
    `<text class="ink" x="${MARGIN_PX}" y="${formatNumber(MARGIN_PX + 14 * scale)}" font-size="${formatNumber(17 * scale)}" font-weight="bold">${escapeXml(name)}`,
    `<tspan class="quiet" dx="${formatNumber(10 * scale)}" font-size="${formatNumber(13 * scale)}" font-weight="normal">${escapeXml(words)}</tspan></text>`,
  ].join('');
  const { style, darkStyle } = styleSheet(laid);
  const description = describeGraph(picture);
  return svgDocument(
    { width, height, title: picture.name, description, className: 'devnet', style, darkStyle, background },
    [
      title,
      `<g transform="translate(${formatNumber(left)} ${formatNumber(head + MARGIN_PX)})">`,
      ...drawEdges(laid),
      ...laid.nodes.map(drawNode),
      '</g>',
      ...(items.length === 0
        ? []
        : [
            `<g transform="translate(${MARGIN_PX} ${formatNumber(height - MARGIN_PX - foot + 14 * scale)}) scale(${formatNumber(scale)})">`,
            ...drawLegend(items, columns, column / scale),
            '</g>',
          ]),
    ],
  );
}

/** The same in a sentence, for those who do not see it. */
function describeGraph(picture: GraphView): string {
  const drift = [...countDrift(picture)].map(([kind, number]) => `${number} ${kind}`);
  return `${summariseGraph(picture)}${drift.length > 0 ? `; ${drift.join(', ')}` : ''}`;
}

function styleSheet(laid: Layout): { style: string; darkStyle: string } {
  const many = laid.routes.length;
  const width = many > 1000 ? 0.6 : many > 600 ? 0.8 : many > 150 ? 1.1 : 1.6;
  const opacity = many > 4000 ? 0.25 : many > 1000 ? 0.45 : many > 600 ? 0.65 : many > 150 ? 0.85 : 1;
  const colours = (of: typeof LIGHT_COLOURS) => [
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
  const style = [
    `.devnet .line{fill:none;stroke-width:${width};stroke-linecap:round}`,
    ...(opacity < 1 ? [`.devnet .link{stroke-opacity:${opacity}}`] : []),
    ...colours(LIGHT_COLOURS),
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
  ];
  return { style: style.join('\n'), darkStyle: colours(DARK_COLOURS).join('') };
}

/** What is as it should be goes into one path; every other line is an element that tells its name when pointed at. */
function drawEdges({ routes, nodes }: Layout): string[] {
  const plain = routes.filter(({ edge: line }) => line.style === 'plain');
  const others = [...DRIFT_STYLES].reverse().flatMap((look) => routes.filter(({ edge: line }) => line.style === look));
  const heads = plain.flatMap(({ arrowHead: head }) => (head ? [`M${head.map(formatPoint).join('L')}Z`] : []));
  return [
    ...(plain.length > 0 ? [`<path class="line link" d="${plain.map(routePath).join('')}"/>`] : []),
    ...(heads.length > 0 ? [`<path class="head" d="${heads.join('')}"/>`] : []),
    ...others.map((route) => {
      const { edge: line, arrowHead: head, midpoint: middle } = route;
      return [
        `<g><title>${escapeXml(edgeTitle(line, nodes))}</title>`,
        `<path class="drift ${line.style}" d="${routePath(route)}"/>`,
        ...(head ? [`<path class="head ${line.style}" d="M${head.map(formatPoint).join('L')}Z"/>`] : []),
        ...drawDriftSign(line.style, middle),
        '</g>',
      ].join('');
    }),
  ];
}

function edgeTitle({ a, b, twoWay, style: look }: DrawnEdge, nodes: readonly PositionedNode[]): string {
  return `${nodes[a]!.name} ${twoWay ? '<->' : '->'} ${nodes[b]!.name}: ${look}`;
}

/** A cross on what is broken, a plus on what is too much. */
function drawDriftSign(look: EdgeStyle, { x, y }: Point): string[] {
  if (look !== 'broken' && look !== 'extra') return [];
  const mark =
    look === 'broken'
      ? linePath({ x: x - 2.3, y: y - 2.3 }, { x: x + 2.3, y: y + 2.3 }) +
        linePath({ x: x - 2.3, y: y + 2.3 }, { x: x + 2.3, y: y - 2.3 })
      : linePath({ x: x - 3, y }, { x: x + 3, y }) + linePath({ x, y: y - 3 }, { x, y: y + 3 });
  const colour = look === 'broken' ? RED : ORANGE;
  return [svgCircle(x, y, 6, `class="sign" fill="${colour}"`), `<path class="mark" d="${mark}"/>`];
}

function drawNode({ name, state, x, y, radius, label }: PositionedNode): string {
  const kind = state === 'down' || state === 'foreign' ? state : 'node';
  const tip = state === 'down' ? `${name}: down` : state === 'foreign' ? `${name}: no node of this devnet` : name;
  const inset = kind === 'down' ? 1 : 0;
  return [
    `<g><title>${escapeXml(tip)}</title>`,
    svgCircle(x, y, radius - inset, `class="${kind}"`),
    ...(label ? [drawLabel(label, kind === 'node' && label.isInside ? 'name' : 'ink')] : []),
    '</g>',
  ].join('');
}

function drawLabel(
  { x, y, text, size, anchor, angle }: NonNullable<PositionedNode['label']>,
  className: string,
): string {
  return svgText(x, y, text, { className, size, anchor, angle });
}

interface LegendItem {
  text: string;
  width: number;
  draw: (x: number, y: number) => string;
}

function legendItems(picture: GraphView, { routes }: Layout): LegendItem[] {
  const items: LegendItem[] = [];
  const add = (words: string, sample: (x: number, y: number) => string) => {
    items.push({ text: words, width: 34 + textWidth(words, 12) + 20, draw: sample });
  };
  const counts = countDrift(picture);
  const plain = routes.filter(({ edge: line }) => line.style === 'plain').map(({ edge: line }) => line.twoWay);
  const heads = (x: number, y: number) =>
    `M${formatPoint({ x: x + 26, y })}L${formatPoint({ x: x + 19, y: y - 3 })}L${formatPoint({ x: x + 19, y: y + 3 })}Z`;
  const sample = (classes: string) => (x: number, y: number) =>
    `<path class="${classes}" d="${linePath({ x, y }, { x: x + 26, y })}"/>`;
  if (plain.includes(true) && plain.includes(false)) {
    add('both dial', sample('line link'));
    add(
      'one dials',
      (x, y) =>
        `<path class="line link" d="${linePath({ x, y }, { x: x + 20, y })}"/><path class="head" d="${heads(x, y)}"/>`,
    );
  }
  for (const look of DRIFT_STYLES) {
    const found = counts.get(look);
    if (found === undefined) continue;
    add(
      `${found} ${look}`,
      (x, y) => `${sample(`drift ${look}`)(x, y)}${drawDriftSign(look, { x: x + 13, y }).join('')}`,
    );
  }
  for (const [kind, words] of [
    ['down', 'down'],
    ['foreign', 'not of this devnet'],
  ] as const) {
    const found = counts.get(kind);
    if (found === undefined) continue;
    add(`${found} ${words}`, (x, y) => svgCircle(x + 13, y, 7, `class="${kind}"`));
  }
  return items;
}

function drawLegend(items: readonly LegendItem[], columns: number, width: number): string[] {
  return items.map(({ text: words, draw }, at) => {
    const x = (at % columns) * width;
    const y = Math.floor(at / columns) * 22 + 11;
    return `${draw(x, y)}${svgText(x + 34, y + 4.2, words)}`;
  });
}
