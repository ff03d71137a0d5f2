import {
  type Background,
  formatNumber,
  routePath,
  svgCircle,
  svgLine,
  svgText,
} from '../../graph-drawing/formats/svg-elements.ts';
import { computeLayout } from '../../graph-drawing/index.ts';
import { textWidth } from '../../graph-drawing/layout/text-width.ts';
import { escapeXml } from '../../shared/escape-xml.ts';
import type { Topology } from '../../topology/index.ts';
import { formatMetric } from '../metrics/metrics.ts';
import type { MessageSample } from '../metrics/samples.ts';
import { SENDER_COLOUR, sequentialColour } from '../plot/colours.ts';
import { plotDocument } from '../plot/plot-document.ts';
import { describeFailure, locateFailure } from '../results/failure-causes.ts';

const MARGIN_PX = 28;
const HEADER_HEIGHT_PX = 50;
const FOOTER_HEIGHT_PX = 46;
const LINE_HEIGHT_PX = 16;
const MAX_LINES = 4;
/** From this share of the time on, the colour of a node is too bright for white letters. */
const DARK_TEXT_SHARE = 0.6;
/** Unused links are drawn thinner in graphs with more links than this. */
const MANY_LINKS = 100;

/** Draws how one message spread through the graph: who passed it on to whom, and when. @param failure where it stopped */
export function drawPropagationTree(
  title: string,
  topology: Topology,
  { sender, receipts, never }: MessageSample,
  background: Background,
  failure = describeFailure(locateFailure({ receipts, never }, topology.links)),
): string {
  const layout = computeLayout(topology);
  const byNode = new Map(receipts.map((receipt) => [receipt.node, receipt]));
  const durationMs = receipts.at(-1)?.at || 1;
  const colourAt = (at: number) => sequentialColour(at / durationMs);
  const width = Math.ceil(Math.max(layout.width, 420) + 2 * MARGIN_PX);
  const lines = wrapText(failure, width - 2 * MARGIN_PX);
  const headerHeight = HEADER_HEIGHT_PX + Math.max(0, lines.length - 1) * LINE_HEIGHT_PX;
  const height = Math.ceil(headerHeight + layout.height + FOOTER_HEIGHT_PX + 2 * MARGIN_PX);
  const links = layout.routes.map((route) => {
    const [a, b] = [layout.nodes[route.edge.a]!.name, layout.nodes[route.edge.b]!.name];
    const receipt = [byNode.get(b), byNode.get(a)].find((one) => one && one.from === (one.node === b ? a : b));
    const stroke = receipt
      ? `class="line" stroke="${colourAt(receipt.at)}" stroke-width="3.2" stroke-linecap="round"`
      : `class="line pale" stroke-width="${layout.routes.length > MANY_LINKS ? 0.6 : 1.1}"`;
    return { isUsed: receipt !== undefined, path: `<path ${stroke} d="${routePath(route)}"/>` };
  });
  const nodes = layout.nodes.map(({ name, x, y, radius }) => {
    const receipt = byNode.get(name);
    const tip = receipt ? `${name}: ${formatMetric(receipt.at)} ms, ${receipt.hops} hops` : `${name}: never`;
    const ring = receipt?.from === null ? svgCircle(x, y, radius + 4, SENDER_RING) : '';
    const style = receipt
      ? `class="rim" fill="${colourAt(receipt.at)}" stroke-width="1.5"`
      : 'class="hole pale" stroke-width="1.5" stroke-dasharray="3 3"';
    return `<g><title>${escapeXml(tip)}</title>${ring}${svgCircle(x, y, radius, style)}</g>`;
  });
  const labels = layout.nodes.flatMap(({ name, label }) => {
    if (!label) return [];
    const receipt = label.isInside ? byNode.get(name) : undefined;
    const light = receipt && receipt.at / durationMs <= DARK_TEXT_SHARE;
    const colour = receipt ? { fill: light ? '#fff' : '#1f2733' } : { className: 'ink' };
    return [svgText(label.x, label.y, label.text, { ...label, ...colour })];
  });
  const missed = never.length === 0 ? '' : `; ${never.length} never received it`;
  const description = `From ${sender} to ${receipts.length - 1} others in ${formatMetric(durationMs)} ms${missed}`;
  return plotDocument({ width, height }, { title, description, titleX: MARGIN_PX }, background, [
    svgText(MARGIN_PX, 44, description),
    ...lines.map((line, index) => svgText(MARGIN_PX, 60 + index * LINE_HEIGHT_PX, line)),
    `<g transform="translate(${formatNumber((width - layout.width) / 2)} ${headerHeight + MARGIN_PX})">`,
    // Used links above the others.
    ...[false, true].flatMap((used) => links.filter(({ isUsed }) => isUsed === used).map(({ path }) => path)),
    ...nodes,
    ...labels,
    '</g>',
    ...drawTimeLegend(MARGIN_PX, height - FOOTER_HEIGHT_PX + 4, durationMs),
  ]);
}

/** Breaks a text into lines of at most `width`, and cuts off what exceeds the most lines. */
function wrapText(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ').filter((one) => one !== '')) {
    const longer = `${lines.at(-1) ?? ''} ${word}`.trim();
    if (lines.length > 0 && textWidth(longer, 12) <= width) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines.length <= MAX_LINES ? lines : [...lines.slice(0, MAX_LINES - 1), `${lines[MAX_LINES - 1]} …`];
}

const SENDER_RING = `fill="none" stroke="${SENDER_COLOUR}" stroke-width="2.4"`;

function drawTimeLegend(left: number, y: number, durationMs: number): string[] {
  const steps = 40;
  const width = 180;
  const bars = Array.from({ length: steps }, (_, index) => {
    const x = left + (index * width) / steps;
    return `<rect x="${formatNumber(x)}" y="${y}" width="${formatNumber(width / steps + 0.6)}" height="9" fill="${sequentialColour(index / (steps - 1))}"/>`;
  });
  return [
    ...bars,
    svgText(left, y + 24, '0 ms', { size: 11 }),
    svgText(left + width, y + 24, `${formatMetric(durationMs)} ms`, { size: 11, anchor: 'end' }),
    svgCircle(left + width + 30, y + 5, 7, SENDER_RING),
    svgText(left + width + 44, y + 9, 'sender', { size: 11 }),
    svgLine(left + width + 98, y + 5, left + width + 122, y + 5, 'class="pale" stroke-width="1.4"'),
    svgText(left + width + 130, y + 9, 'delivered no new message', { size: 11 }),
  ];
}
