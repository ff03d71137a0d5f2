import {
  type Background,
  formatNumber,
  routePath,
  svgCircle,
  svgLine,
  svgText,
} from '../../graph-drawing/formats/svg-elements.ts';
import { computeLayout } from '../../graph-drawing/index.ts';
import { escapeXml } from '../../shared/escape-xml.ts';
import { pluralize } from '../../shared/text.ts';
import type { Topology } from '../../topology/index.ts';
import { formatMetric, NEVER } from '../metrics/metrics.ts';
import type { MessageSample } from '../metrics/samples.ts';
import { SENDER_COLOUR, sequentialColour } from '../plot/colours.ts';
import { FONT_SIZE_PX, PADDING_PX, PLOT_WIDTH_PX, plotDocument } from '../plot/plot-document.ts';
import { describeFailure, locateFailure } from '../results/failure-causes.ts';

const LEGEND_HEIGHT_PX = 46;
/** From this share of the time on, the colour of a node is too bright for white letters. */
const DARK_TEXT_SHARE = 0.6;
/** Unused links are drawn thinner in graphs with more links than this. */
const MANY_LINKS = 100;
/** In larger graphs names have no room in the size of type of the other plots, and are left to tooltips. */
const MAX_NAMED_NODES = 80;

/** Draws how one message spread through the graph: who passed it on to whom, and when. @param failure where it stopped */
export function drawPropagationTree(
  title: string,
  topology: Topology,
  { sender, receipts, never }: MessageSample,
  background: Background,
  failure = describeFailure(locateFailure({ receipts, never }, topology.links)),
): string {
  const layout = computeLayout(topology);
  const names = layout.nodes.length <= MAX_NAMED_NODES ? layout.nodes.flatMap(({ label }) => label ?? []) : [];
  // Names have the size of all type; the rest of the drawing grows with them.
  const scale = FONT_SIZE_PX / (names[0]?.size ?? FONT_SIZE_PX);
  const byNode = new Map(receipts.map((receipt) => [receipt.node, receipt]));
  const durationMs = receipts.at(-1)?.at || 1;
  const colourAt = (at: number) => sequentialColour(at / durationMs);
  const width = Math.max(PLOT_WIDTH_PX, Math.ceil(layout.width * scale + 2 * PADDING_PX));
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
    const tip = receipt ? `${name}: ${formatMetric(receipt.at)} ms, ${receipt.hops} hops` : `${name}: ${NEVER}`;
    const ring = receipt?.from === null ? svgCircle(x, y, radius + 4, SENDER_RING) : '';
    const style = receipt
      ? `class="rim" fill="${colourAt(receipt.at)}" stroke-width="1.5"`
      : 'class="hole pale" stroke-width="1.5" stroke-dasharray="3 3"';
    return `<g><title>${escapeXml(tip)}</title>${ring}${svgCircle(x, y, radius, style)}</g>`;
  });
  const missed = never.length === 0 ? '' : `; ${never.length} never received it`;
  const reached = Math.max(0, receipts.length - 1);
  const description = `From ${sender} to ${pluralize(reached, 'other')} in ${formatMetric(durationMs)} ms${missed}`;
  const subtitle = failure === '' ? description : `${description}: ${failure}`;
  return plotDocument({ title, subtitle, description, width }, background, (top) => {
    const left = (width - layout.width * scale) / 2;
    const labels = layout.nodes.flatMap(({ name, label }) => {
      if (!label || names.length === 0) return [];
      const receipt = label.isInside ? byNode.get(name) : undefined;
      const light = receipt && receipt.at / durationMs <= DARK_TEXT_SHARE;
      const colour = receipt ? { fill: light ? '#fff' : '#1f2733' } : { className: 'ink' };
      const { anchor, angle, text } = label;
      return [svgText(left + label.x * scale, top + 8 + label.y * scale, text, { anchor, angle, ...colour })];
    });
    const bottom = top + 16 + layout.height * scale;
    return {
      bottom: bottom + LEGEND_HEIGHT_PX,
      content: [
        `<g transform="translate(${formatNumber(left)} ${formatNumber(top + 8)}) scale(${Number(scale.toFixed(4))})">`,
        // Used links above the others.
        ...[false, true].flatMap((used) => links.filter(({ isUsed }) => isUsed === used).map(({ path }) => path)),
        ...nodes,
        '</g>',
        ...labels,
        ...drawTimeLegend(PADDING_PX, bottom + 12, durationMs),
      ],
    };
  });
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
    svgText(left, y + 24, '0 ms'),
    svgText(left + width, y + 24, `${formatMetric(durationMs)} ms`, { anchor: 'end' }),
    svgCircle(left + width + 30, y + 5, 7, SENDER_RING),
    svgText(left + width + 44, y + 9, 'sender'),
    svgLine(left + width + 100, y + 5, left + width + 124, y + 5, 'class="pale" stroke-width="1.4"'),
    svgText(left + width + 132, y + 9, 'delivered no new message'),
  ];
}
