import { layout } from '../../picture/index.ts';
import { widthOf } from '../../picture/text.ts';
import type { Topology } from '../../topology/index.ts';
import { formatFigure } from '../figures.ts';
import type { MessageSample } from '../sample.ts';
import { describeStopped, whereStopped } from '../stopped.ts';
import { rampAt } from './colours.ts';
import { document, type Ground, line, number, text } from './svg.ts';

const MARGIN = 28;
const HEAD = 50;
const FOOT = 46;
/** Between lines of text, and most of them. */
const LINE = 16;
const MOST_LINES = 4;

/** The way of one piece of gossip through the graph: who told whom, and when. @param why it did not go on, in words */
export function drawInfection(
  title: string,
  topology: Topology,
  sample: MessageSample,
  ground: Ground,
  why = describeStopped(whereStopped(sample, topology.links)),
): string {
  const laid = layout(topology);
  const receipts = new Map(sample.receipts.map((receipt) => [receipt.node, receipt]));
  const last = sample.receipts.at(-1)?.at || 1;
  const told = new Set(sample.receipts.map(({ node, from }) => `${from} ${node}`));
  const colourAt = (at: number) => rampAt(at / last);
  const width = Math.ceil(Math.max(laid.width, 420) + 2 * MARGIN);
  const words = lines(why, width - 2 * MARGIN);
  const head = HEAD + Math.max(0, words.length - 1) * LINE;
  const height = Math.ceil(head + laid.height + FOOT + 2 * MARGIN);
  const nodes = laid.nodes.map(({ name }) => name);
  const ways = laid.routes.map(({ line: { a, b }, stretches }) => {
    const [one, other] = [nodes[a]!, nodes[b]!];
    const later = told.has(`${one} ${other}`) ? other : told.has(`${other} ${one}`) ? one : undefined;
    const d = stretches
      .map(({ from, to, bends }) => `M${at(from)}${['L', 'Q', 'C'][bends.length]}${[...bends, to].map(at).join(' ')}`)
      .join('');
    const colour = later === undefined ? undefined : colourAt(receipts.get(later)!.at);
    return {
      used: later !== undefined,
      drawn: `<path class="line${colour ? '' : ' pale'}" d="${d}" ${colour ? `stroke="${colour}" stroke-width="3.2" stroke-linecap="round"` : `stroke-width="${laid.routes.length > 100 ? 0.6 : 1.1}"`}/>`,
    };
  });
  const spots = laid.nodes.map(({ name, x, y, radius }) => {
    const receipt = receipts.get(name);
    const said = receipt ? `${name}: ${formatFigure(receipt.at)} ms, ${receipt.hops} hops` : `${name}: never`;
    const look = receipt
      ? `class="rim" fill="${colourAt(receipt.at)}" stroke-width="1.5"`
      : 'class="hole pale" stroke-width="1.5" stroke-dasharray="3 3"';
    const ring =
      receipt && receipt.from === null
        ? `<circle cx="${number(x)}" cy="${number(y)}" r="${number(radius + 4)}" fill="none" stroke="#c8476f" stroke-width="2.4"/>`
        : '';
    return `<g><title>${said}</title>${ring}<circle cx="${number(x)}" cy="${number(y)}" r="${number(radius)}" ${look}/></g>`;
  });
  const names = laid.nodes.flatMap(({ name, label }) => {
    if (!label) return [];
    const turn =
      label.angle === 0 ? '' : ` transform="rotate(${number(label.angle)} ${number(label.x)} ${number(label.y)})"`;
    // What is bright has dark letters in it.
    const inside =
      label.inside && receipts.has(name)
        ? `fill="${receipts.get(name)!.at / last > 0.6 ? '#1f2733' : '#fff'}"`
        : 'class="ink"';
    return [
      `<text ${inside} x="${number(label.x)}" y="${number(label.y)}" font-size="${number(label.size)}" text-anchor="${label.anchor}"${turn}>${label.text}</text>`,
    ];
  });
  const about = `From ${sample.sender} to ${sample.receipts.length - 1} others in ${formatFigure(last)} ms`;
  const missed = sample.never.length === 0 ? '' : `; ${sample.never.length} never got it`;
  return document({ width, height, title, about: `${about}${missed}` }, ground, [
    text(MARGIN, 26, title, { look: 'ink', size: 15, bold: true }),
    text(MARGIN, 44, `${about}${missed}`),
    ...words.map((line, index) => text(MARGIN, 60 + index * LINE, line)),
    `<g transform="translate(${number((width - laid.width) / 2)} ${head + MARGIN})">`,
    ...ways.filter(({ used }) => !used).map(({ drawn }) => drawn),
    ...ways.filter(({ used }) => used).map(({ drawn }) => drawn),
    ...spots,
    ...names,
    '</g>',
    ...legend(MARGIN, height - FOOT + 4, last),
  ]);
}

/** Words as lines of a width; what is too much ends with dots. */
function lines(words: string, width: number): string[] {
  const broken: string[] = [];
  for (const word of words.split(' ').filter((one) => one !== '')) {
    const longer = `${broken.at(-1) ?? ''} ${word}`.trim();
    if (broken.length > 0 && widthOf(longer, 12) <= width) broken[broken.length - 1] = longer;
    else broken.push(word);
  }
  return broken.length <= MOST_LINES ? broken : [...broken.slice(0, MOST_LINES - 1), `${broken[MOST_LINES - 1]} …`];
}

const at = ({ x, y }: { x: number; y: number }): string => `${number(x)} ${number(y)}`;

function legend(left: number, y: number, last: number): string[] {
  const steps = 40;
  const width = 180;
  const bars = Array.from({ length: steps }, (_, index) => {
    const x = left + (index * width) / steps;
    return `<rect x="${number(x)}" y="${y}" width="${number(width / steps + 0.6)}" height="9" fill="${rampAt(index / (steps - 1))}"/>`;
  });
  return [
    ...bars,
    text(left, y + 24, '0 ms', { size: 11 }),
    text(left + width, y + 24, `${formatFigure(last)} ms`, { size: 11, anchor: 'end' }),
    `<circle cx="${left + width + 30}" cy="${y + 5}" r="7" fill="none" stroke="#c8476f" stroke-width="2.4"/>`,
    text(left + width + 44, y + 9, 'told first', { size: 11 }),
    line(left + width + 118, y + 5, left + width + 142, y + 5, 'class="pale" stroke-width="1.4"'),
    text(left + width + 150, y + 9, 'brought nothing new', { size: 11 }),
  ];
}
