import { escapeXml } from '../../shared/escape-xml.ts';
import { formatList } from '../../shared/text.ts';
import type { Point } from '../layout/geometry.ts';
import {
  countMarks,
  type DrawnEdge,
  type EdgeStyle,
  type GraphView,
  MARKED_STYLES,
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
  downFill: '#fbeaea',
  foreignFill: '#fdf3e7',
};
const DARK_COLOURS = {
  ink: '#e6eaf0',
  quiet: '#98a4b3',
  link: '#7b8796',
  node: '#3f76b5',
  grey: '#98a4b3',
  downFill: '#3a1e22',
  foreignFill: '#33261a',
};
const RED = '#d64545';
const ORANGE = '#d9822b';
const PURPLE = '#8e44ad';

const MARGIN_PX = 24;
const HEAD_PX = 43;
const TITLE_FONT_PX = 17;
const SUMMARY_FONT_PX = 13;
const LEGEND_ROW_PX = 22;
const LEGEND_SAMPLE_PX = 26;
const LEGEND_TEXT_X_PX = 34;

/** Renders a view as an SVG document. */
export function renderSvg(view: GraphView, { background = 'none' }: SvgOptions = {}): string {
  const layout = computeLayout(view);
  const name = truncateMiddle(view.name, 48);
  const summary = summariseGraph(view);
  // A large picture is looked at from further away, so its title and legend grow with it.
  const scale = Math.max(1, Math.min(2, (layout.width + layout.height) / 1400));
  const titleWidth = (textWidth(name, TITLE_FONT_PX) * 1.1 + 12 + textWidth(summary, SUMMARY_FONT_PX)) * scale;
  const items = legendItems(view, layout);
  const columnWidth = Math.max(0, ...items.map(({ width }) => width)) * scale;
  const innerWidth = Math.max(layout.width, titleWidth, Math.min(items.length, 3) * columnWidth, 200);
  const columns = Math.max(1, Math.floor((innerWidth + 20) / Math.max(columnWidth, 1)));
  const head = HEAD_PX * scale;
  const foot = items.length === 0 ? 0 : (Math.ceil(items.length / columns) * LEGEND_ROW_PX + 14) * scale;
  const width = Math.ceil(innerWidth + 2 * MARGIN_PX);
  const height = Math.ceil(head + layout.height + foot + 2 * MARGIN_PX);
  const left = MARGIN_PX + (innerWidth - layout.width) / 2;
  const legendTop = height - MARGIN_PX - foot + 14 * scale;
  const drift = [...countMarks(view)].map(([kind, count]) => `${count} ${kind}`);
  const description = drift.length > 0 ? `${summary}; ${drift.join(', ')}` : summary;
  return svgDocument(
    { width, height, title: view.name, description, className: 'devnet', ...styleRules(layout), background },
    [
      `<text class="ink" x="${MARGIN_PX}" y="${formatNumber(MARGIN_PX + 14 * scale)}" font-size="${formatNumber(TITLE_FONT_PX * scale)}" font-weight="bold">${escapeXml(name)}` +
        `<tspan class="quiet" dx="${formatNumber(10 * scale)}" font-size="${formatNumber(SUMMARY_FONT_PX * scale)}" font-weight="normal">${escapeXml(summary)}</tspan></text>`,
      `<g transform="translate(${formatPoint({ x: left, y: head + MARGIN_PX })})">`,
      ...drawEdges(layout),
      ...layout.nodes.map(drawNode),
      '</g>',
      ...(items.length === 0
        ? []
        : [
            `<g transform="translate(${formatPoint({ x: MARGIN_PX, y: legendTop })}) scale(${formatNumber(scale)})">`,
            ...drawLegend(items, columns, columnWidth / scale),
            '</g>',
          ]),
    ],
  );
}

/** Edges that are drawn thinner and paler where there are many of them. */
function edgeWeight(edges: number): { width: number; opacity: number } {
  if (edges <= 150) return { width: 1.6, opacity: 1 };
  if (edges <= 600) return { width: 1.1, opacity: 0.85 };
  if (edges <= 1000) return { width: 0.8, opacity: 0.65 };
  return { width: 0.6, opacity: edges <= 4000 ? 0.45 : 0.25 };
}

function styleRules({ routes }: Layout): { style: string; darkStyle: string } {
  const { width, opacity } = edgeWeight(routes.length);
  const colours = (palette: typeof LIGHT_COLOURS) => [
    `.devnet .ink{fill:${palette.ink}}`,
    `.devnet .quiet{fill:${palette.quiet}}`,
    `.devnet .link{stroke:${palette.link}}`,
    `.devnet .head{fill:${palette.link}}`,
    `.devnet .node{fill:${palette.node}}`,
    `.devnet .unknown,.devnet .dead{stroke:${palette.grey}}`,
    `.devnet .listed{stroke:${palette.link}}`,
    `.devnet .down{fill:${palette.downFill}}`,
    `.devnet .foreign{fill:${palette.foreignFill}}`,
    `.devnet .head.unknown,.devnet .head.dead{fill:${palette.grey};stroke:none}`,
    `.devnet .head.listed{fill:${palette.link};stroke:none}`,
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
    `.devnet .cut{stroke:${PURPLE};stroke-dasharray:7 5}`,
    '.devnet .dead{stroke-dasharray:7 5}',
    '.devnet .listed{stroke-dasharray:1 3;stroke-linecap:round}',
    `.devnet .head.missing,.devnet .head.broken{fill:${RED};stroke:none}`,
    `.devnet .head.extra{fill:${ORANGE};stroke:none}`,
    `.devnet .head.cut{fill:${PURPLE};stroke:none}`,
    `.devnet .sign{stroke:none}`,
    '.devnet .mark{fill:none;stroke:#fff;stroke-width:1.6;stroke-linecap:round}',
    '.devnet .name{fill:#fff}',
    `.devnet .down{stroke:${RED};stroke-width:2.5}`,
    `.devnet .foreign{stroke:${ORANGE};stroke-width:1.6;stroke-dasharray:3 3}`,
  ];
  return { style: style.join('\n'), darkStyle: colours(DARK_COLOURS).join('') };
}

/** Draws all plain edges as one path, and each edge with drift as an element with a tooltip, the worst on top. */
function drawEdges({ routes, nodes }: Layout): string[] {
  const withStyle = (style: EdgeStyle) => routes.filter(({ edge }) => edge.style === style);
  const plain = withStyle('plain');
  const heads = plain.flatMap(({ arrowHead }) => (arrowHead ? [polygonPath(arrowHead)] : []));
  return [
    ...(plain.length > 0 ? [`<path class="line link" d="${plain.map(routePath).join('')}"/>`] : []),
    ...(heads.length > 0 ? [`<path class="head" d="${heads.join('')}"/>`] : []),
    ...MARKED_STYLES.toReversed()
      .flatMap(withStyle)
      .map((route) => {
        const { edge, arrowHead, midpoint } = route;
        const head = arrowHead ? `<path class="head ${edge.style}" d="${polygonPath(arrowHead)}"/>` : '';
        const title = `<title>${escapeXml(describeEdge(edge, nodes))}</title>`;
        return `<g>${title}<path class="drift ${edge.style}" d="${routePath(route)}"/>${head}${drawSign(edge.style, midpoint)}</g>`;
      }),
  ];
}

const polygonPath = (corners: readonly Point[]): string => `M${corners.map(formatPoint).join('L')}Z`;

function describeEdge({ a, b, twoWay, style, cut }: DrawnEdge, nodes: readonly PositionedNode[]): string {
  const state = cut === undefined ? style : `cut by ${cut}`;
  return `${nodes[a]!.name} ${twoWay ? '<->' : '->'} ${nodes[b]!.name}: ${state}`;
}

const SIGN_COLOURS: Partial<Record<EdgeStyle, string>> = { broken: RED, extra: ORANGE, cut: PURPLE };

/** Draws a cross on a broken edge, a plus on an extra one, and two bars on one that is cut. */
function drawSign(style: EdgeStyle, { x, y }: Point): string {
  const colour = SIGN_COLOURS[style];
  if (colour === undefined) return '';
  const line = (fromX: number, fromY: number, toX: number, toY: number) =>
    linePath({ x: x + fromX, y: y + fromY }, { x: x + toX, y: y + toY });
  const marks: Record<string, string> = {
    broken: line(-2.3, -2.3, 2.3, 2.3) + line(-2.3, 2.3, 2.3, -2.3),
    extra: line(-3, 0, 3, 0) + line(0, -3, 0, 3),
    cut: line(-1.6, -3, -1.6, 3) + line(1.6, -3, 1.6, 3),
  };
  const mark = marks[style];
  return `${svgCircle(x, y, 6, `class="sign" fill="${colour}"`)}<path class="mark" d="${mark}"/>`;
}

const NODE_NOTES = { down: ': down', foreign: ': not a node of this network', up: '' };

function drawNode({ name, state = 'up', x, y, radius, label }: PositionedNode): string {
  const className = state === 'up' ? 'node' : state;
  const title = `<title>${escapeXml(`${name}${NODE_NOTES[state]}`)}</title>`;
  const circle = svgCircle(x, y, state === 'down' ? radius - 1 : radius, `class="${className}"`);
  return `<g>${title}${circle}${label ? drawLabel(label, state) : ''}</g>`;
}

function drawLabel(
  { x, y, text, size, anchor, angle, isInside }: NonNullable<PositionedNode['label']>,
  state: string,
): string {
  return svgText(x, y, text, { className: state === 'up' && isInside ? 'name' : 'ink', size, anchor, angle });
}

interface LegendItem {
  text: string;
  width: number;
  drawSample: (at: Point) => string;
}

function legendItems(view: GraphView, { routes }: Layout): LegendItem[] {
  const items: LegendItem[] = [];
  const add = (text: string, drawSample: LegendItem['drawSample']) => {
    items.push({ text, width: LEGEND_TEXT_X_PX + textWidth(text, 12) + 20, drawSample });
  };
  const line = (className: string, { x, y }: Point, length = LEGEND_SAMPLE_PX) =>
    `<path class="${className}" d="${linePath({ x, y }, { x: x + length, y })}"/>`;
  const plain = routes.filter(({ edge }) => edge.style === 'plain');
  if (plain.some(({ edge }) => edge.twoWay) && plain.some(({ edge }) => !edge.twoWay)) {
    add('both dial', (at) => line('line link', at));
    add('one dials', ({ x, y }) => {
      const head = [
        { x: x + LEGEND_SAMPLE_PX, y },
        { x: x + 19, y: y - 3 },
        { x: x + 19, y: y + 3 },
      ];
      return `${line('line link', { x, y }, 20)}<path class="head" d="${polygonPath(head)}"/>`;
    });
  }
  for (const [kind, count] of countMarks(view)) {
    if (kind === 'down' || kind === 'foreign') {
      add(`${count} ${kind === 'down' ? 'down' : 'not of this network'}`, ({ x, y }) =>
        svgCircle(x + LEGEND_SAMPLE_PX / 2, y, 7, `class="${kind}"`),
      );
    } else {
      add(
        kind === 'cut' ? `${count} cut by ${formatList(cutNames(view))}` : `${count} ${kind}`,
        ({ x, y }) => line(`drift ${kind}`, { x, y }) + drawSign(kind, { x: x + LEGEND_SAMPLE_PX / 2, y }),
      );
    }
  }
  return items;
}

const cutNames = ({ links }: GraphView): string[] => [...new Set(links.flatMap(({ cut }) => cut ?? []))];

function drawLegend(items: readonly LegendItem[], columns: number, columnWidth: number): string[] {
  return items.map(({ text, drawSample }, index) => {
    const x = (index % columns) * columnWidth;
    const y = Math.floor(index / columns) * LEGEND_ROW_PX + 11;
    return `${drawSample({ x, y })}${svgText(x + LEGEND_TEXT_X_PX, y + 4.2, text)}`;
  });
}
