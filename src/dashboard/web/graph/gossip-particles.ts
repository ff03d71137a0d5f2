import type { GossipMessage } from '../state/gossip-book.ts';
import { pointOnCurves } from './curves.ts';
import type { GraphScene, SceneLink } from './graph-scene.ts';
import { nodeRadius } from './scene-geometry.ts';
import { hopColour } from './theme.ts';

/** Time that a hop is shown, milliseconds: real hops take less than the eye can follow. */
const HOP_MS = 260;
const PULSE_MS = 420;
/** Later receipts than this belong to what happens now, not to the wave that began with the first. */
const WAVE_MS = 4_000;
const MAX_PARTICLES = 4_000;

interface Particle {
  link: SceneLink | undefined;
  isReverse: boolean;
  target: number;
  hops: number;
  startsAt: number;
}

/** A message on its way, as it is drawn: a dot between two nodes, or a ring around the one that received it. */
export type Mote =
  | { kind: 'dot'; x: number; y: number; hops: number }
  | { kind: 'ring'; x: number; y: number; radius: number; hops: number; share: number };

/** The links of a scene by their ends, either way. */
export class LinkFinder {
  readonly #links = new Map<string, SceneLink>();

  constructor(scene: GraphScene) {
    for (const link of scene.links) this.#links.set(`${link.from} ${link.to}`, link);
  }

  find(from: string, to: string): { link: SceneLink; isReverse: boolean } | undefined {
    const link = this.#links.get(`${from} ${to}`);
    if (link) return { link, isReverse: false };
    const reverse = this.#links.get(`${to} ${from}`);
    return reverse && { link: reverse, isReverse: true };
  }
}

/** Messages that travel now, hop by hop, slowed down so that one can follow them. */
export class GossipAnimation {
  #particles: Particle[] = [];
  readonly #waves = new Map<string, number>();
  readonly #shown = new Map<string, number>();

  get isRunning(): boolean {
    return this.#particles.length > 0;
  }

  /** Takes receipts as shown, without showing them: those from before the page was opened. */
  skip(messages: Iterable<GossipMessage>): void {
    for (const { id, receipts } of messages) this.#shown.set(id, receipts.length);
  }

  /** Starts to show the receipts that were added. */
  update(messages: Iterable<GossipMessage>, scene: GraphScene, links: LinkFinder, now: number): void {
    for (const { id, receipts } of messages) {
      const shown = this.#shown.get(id) ?? 0;
      if (receipts.length === shown) continue;
      this.#shown.set(id, receipts.length);
      let wave = this.#waves.get(id);
      if (wave === undefined || now > wave + WAVE_MS) {
        const lowestHop = Math.min(...receipts.slice(shown).map(({ hops }) => hops));
        wave = now - lowestHop * HOP_MS;
        this.#waves.set(id, wave);
      }
      for (const { node, from, hops } of receipts.slice(shown)) {
        const target = scene.indexOf.get(node);
        if (target === undefined || this.#particles.length >= MAX_PARTICLES) continue;
        const found = from === undefined ? undefined : links.find(from, node);
        const startsAt = Math.max(now, wave + (hops - 1) * HOP_MS);
        this.#particles.push({ link: found?.link, isReverse: found?.isReverse ?? false, target, hops, startsAt });
      }
    }
    // A wave that ended long ago does not come back.
    for (const [id, startedAt] of this.#waves) if (now > startedAt + 60_000) this.#waves.delete(id);
  }

  /** Returns what is to be seen, and forgets what is over. */
  motesAt(now: number, scene: GraphScene, scale: number): Mote[] {
    this.#particles = this.#particles.filter(({ startsAt }) => now < startsAt + HOP_MS + PULSE_MS);
    return this.#particles.flatMap((particle): Mote[] => {
      const age = now - particle.startsAt;
      if (age < 0) return [];
      return moteOf(scene, particle, age / HOP_MS, (age - HOP_MS) / PULSE_MS, scale);
    });
  }
}

/** Returns the motes of a message at a moment of the run: each is where the message was. */
export function motesOfMessage(
  { receipts, byNode, firstMs, lastMs }: GossipMessage,
  atMs: number,
  scene: GraphScene,
  links: LinkFinder,
  scale: number,
): Mote[] {
  const pulseMs = Math.max(1, (lastMs - firstMs) * 0.12);
  return receipts.flatMap((receipt): Mote[] => {
    const target = scene.indexOf.get(receipt.node);
    if (target === undefined) return [];
    const found = receipt.from === undefined ? undefined : links.find(receipt.from, receipt.node);
    const sentMs = (receipt.from && byNode.get(receipt.from)?.atMs) || receipt.atMs;
    const travel = receipt.atMs > sentMs ? (atMs - sentMs) / (receipt.atMs - sentMs) : atMs >= receipt.atMs ? 1 : -1;
    const particle = { link: found?.link, isReverse: found?.isReverse ?? false, target, hops: receipt.hops };
    return moteOf(scene, particle, travel, (atMs - receipt.atMs) / pulseMs, scale);
  });
}

function moteOf(
  scene: GraphScene,
  { link, isReverse, target, hops }: Omit<Particle, 'startsAt'>,
  travel: number,
  pulse: number,
  scale: number,
): Mote[] {
  if (travel < 0) return [];
  if (travel < 1 && link) {
    const [x, y] = pointOnCurves(isReverse ? reversed(link.curves) : link.curves, travel);
    return [{ kind: 'dot', x, y, hops }];
  }
  if (pulse < 0 || pulse >= 1) return [];
  const node = scene.nodes[target]!;
  return [{ kind: 'ring', x: node.x, y: node.y, radius: nodeRadius(node, scale), hops, share: pulse }];
}

/** Returns curves as they are from their end. */
function reversed(curves: readonly number[][]): number[][] {
  return curves.toReversed().map((curve) => {
    const points: number[] = [];
    for (let i = curve.length - 2; i >= 0; i -= 2) points.push(curve[i]!, curve[i + 1]!);
    return points;
  });
}

export function drawMotes(
  context: CanvasRenderingContext2D,
  motes: readonly Mote[],
  scale: number,
  halo: string,
): void {
  const px = 1 / scale;
  const size = (motes.length > 400 ? 2.6 : 4.2) * px;
  for (const mote of motes) {
    context.beginPath();
    if (mote.kind === 'dot') {
      context.arc(mote.x, mote.y, size, 0, 2 * Math.PI);
      context.fillStyle = hopColour(mote.hops);
      context.strokeStyle = halo;
      context.lineWidth = 1.4 * px;
      context.fill();
      context.stroke();
    } else {
      context.globalAlpha = 1 - mote.share;
      context.arc(mote.x, mote.y, mote.radius + (2 + 12 * mote.share) * px, 0, 2 * Math.PI);
      context.strokeStyle = hopColour(mote.hops);
      context.lineWidth = 3 * (1 - mote.share * 0.6) * px;
      context.stroke();
      context.globalAlpha = 1;
    }
  }
}
