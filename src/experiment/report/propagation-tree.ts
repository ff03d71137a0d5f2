import { computeLayout } from '../../graph-drawing/index.ts';
import { textWidth } from '../../graph-drawing/layout/text-width.ts';
import type { Topology } from '../../topology/index.ts';
import { formatMetric } from '../metrics/metrics.ts';
import type { MessageSample } from '../metrics/samples.ts';
import { sequentialColour } from '../plot/colours.ts';
import { formatCoordinate, svgDocument, svgLine, svgText, type Theme } from '../plot/svg.ts';
import { describeFailure, locateFailure } from '../results/delivery-failure.ts';

const MARGIN = 28;
const HEADER_HEIGHT = 50;
const FOOTER_HEIGHT = 46;
/** Between lines of text, and most of them. */
const LINE_HEIGHT = 16;
const MAX_LINES = 4;

/** The way of one piece of gossip through the graph: who told whom, and when. @param why it did not go on, in words */
export function drawPropagationTree(
  title: string,
  topology: Topology,
  sample: MessageSample,
  ground: Theme,
  why = describeFailure(locateFailure(sample, topology.links)),
): string {
  const laid = computeLayout(topology);
  const receipts = new Map(sample.receipts.map((receipt) => [receipt.node, receipt]));
  const last = sample.receipts.at(-1)?.at || 1;
  const told = new Set(sample.receipts.map(({ node, from }) => `${from} ${node}`));
  const colourAt = (at: number) => sequentialColour(at / last);
  const width = Math.ceil(Math.max(laid.width, 420) + 2 * MARGIN);
  const words = wrapText(why, width - 2 * MARGIN);
  const head = HEADER_HEIGHT + Math.max(0, words.length - 1) * LINE_HEIGHT;
  const height = Math.ceil(head + laid.height + FOOTER_HEIGHT + 2 * MARGIN);
  const nodes = laid.nodes.map(({ name }) => name);
  const ways = laid.routes.map(({ edge: { a, b }, segments: stretches }) => {
    const [one, other] = [nodes[a]!, nodes[b]!];
    const later = told.has(`${one} ${other}`) ? other : told.has(`${other} ${one}`) ? one : undefined;
    const d = stretches
      .map(
        ({ from, to, controlPoints: bends }) =>
          `M${formatPoint(from)}${['L', 'Q', 'C'][bends.length]}${[...bends, to].map(formatPoint).join(' ')}`,
      )
      .join('');
    const colour = later === undefined ? undefined : colourAt(receipts.get(later)!.at);
    return {
      used: later !== undefined,
      drawn: `<path class="line${colour ? '' : ' pale'}" d="${d}" ${colour ? `stroke="${colour}" stroke-width="3.2" stroke-linecap="round"` : `stroke-width="${laid.routes.length > 100 ? 0.6 : 1.1}"`}/>`,
    };
  });
  const spots = laid.nodes.map(({ name, x, y, radius }) => {
    const receipt = receipts.get(name);
    const said = receipt ? `${name}: ${formatMetric(receipt.at)} ms, ${receipt.hops} hops` : `${name}: never`;
    const look = receipt
      ? `class="rim" fill="${colourAt(receipt.at)}" stroke-width="1.5"`
      : 'class="hole pale" stroke-width="1.5" stroke-dasharray="3 3"';
    const ring =
      receipt && receipt.from === null
        ? `<circle cx="${formatCoordinate(x)}" cy="${formatCoordinate(y)}" r="${formatCoordinate(radius + 4)}" fill="none" stroke="#c8476f" stroke-width="2.4"/>`
        : '';
    return `<g><title>${said}</title>${ring}<circle cx="${formatCoordinate(x)}" cy="${formatCoordinate(y)}" r="${formatCoordinate(radius)}" ${look}/></g>`;
  });
  const names = laid.nodes.flatMap(({ name, label }) => {
    if (!label) return [];
    const turn =
      label.angle === 0
        ? ''
        : ` transform="rotate(${formatCoordinate(label.angle)} ${formatCoordinate(label.x)} ${formatCoordinate(label.y)})"`;
    // What is bright has dark letters in it.
    const inside =
      label.isInside && receipts.has(name)
        ? `fill="${receipts.get(name)!.at / last > 0.6 ? '#1f2733' : '#fff'}"`
        : 'class="ink"';
    return [
      `<text ${inside} x="${formatCoordinate(label.x)}" y="${formatCoordinate(label.y)}" font-size="${formatCoordinate(label.size)}" text-anchor="${label.anchor}"${turn}>${label.text}</text>`,
    ];
  });
  const about = `From ${sample.sender} to ${sample.receipts.length - 1} others in ${formatMetric(last)} ms`;
  const missed = sample.never.length === 0 ? '' : `; ${sample.never.length} never got it`;
  return svgDocument({ width, height, title, about: `${about}${missed}` }, ground, [
    svgText(MARGIN, 26, title, { look: 'ink', size: 15, bold: true }),
    svgText(MARGIN, 44, `${about}${missed}`),
    ...words.map((line, index) => svgText(MARGIN, 60 + index * LINE_HEIGHT, line)),
    `<g transform="translate(${formatCoordinate((width - laid.width) / 2)} ${head + MARGIN})">`,
    ...ways.filter(({ used }) => !used).map(({ drawn }) => drawn),
    ...ways.filter(({ used }) => used).map(({ drawn }) => drawn),
    ...spots,
    ...names,
    '</g>',
    ...drawTimeLegend(MARGIN, height - FOOTER_HEIGHT + 4, last),
  ]);
}

/** Words as lines of a width; what is too much ends with dots. */
function wrapText(words: string, width: number): string[] {
  const broken: string[] = [];
  for (const word of words.split(' ').filter((one) => one !== '')) {
    const longer = `${broken.at(-1) ?? ''} ${word}`.trim();
    if (broken.length > 0 && textWidth(longer, 12) <= width) broken[broken.length - 1] = longer;
    else broken.push(word);
  }
  return broken.length <= MAX_LINES ? broken : [...broken.slice(0, MAX_LINES - 1), `${broken[MAX_LINES - 1]} …`];
}

const formatPoint = ({ x, y }: { x: number; y: number }): string => `${formatCoordinate(x)} ${formatCoordinate(y)}`;

function drawTimeLegend(left: number, y: number, last: number): string[] {
  const steps = 40;
  const width = 180;
  const bars = Array.from({ length: steps }, (_, index) => {
    const x = left + (index * width) / steps;
    return `<rect x="${formatCoordinate(x)}" y="${y}" width="${formatCoordinate(width / steps + 0.6)}" height="9" fill="${sequentialColour(index / (steps - 1))}"/>`;
  });
  return [
    ...bars,
    svgText(left, y + 24, '0 ms', { size: 11 }),
    svgText(left + width, y + 24, `${formatMetric(last)} ms`, { size: 11, anchor: 'end' }),
    `<circle cx="${left + width + 30}" cy="${y + 5}" r="7" fill="none" stroke="#c8476f" stroke-width="2.4"/>`,
    svgText(left + width + 44, y + 9, 'told first', { size: 11 }),
    svgLine(left + width + 118, y + 5, left + width + 142, y + 5, 'class="pale" stroke-width="1.4"'),
    svgText(left + width + 150, y + 9, 'brought nothing new', { size: 11 }),
  ];
}
