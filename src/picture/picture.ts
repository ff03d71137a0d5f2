/**
 * What is to be drawn: who is there, who dials whom and, of a running devnet, how each of them was found. A topology
 * is one (nothing in it has a state), and so is what a devnet says of itself.
 */
export interface Picture {
  name: string;
  /** In declared order, which is the order that shapes are drawn in. */
  nodes: readonly PictureNode[];
  links: readonly PictureLink[];
}

export interface PictureNode {
  name: string;
  /** `down`: declared, and it does not run; `foreign`: somebody dials it, and it is no node of this devnet. */
  state?: 'up' | 'down' | 'foreign';
}

/** `from` dials `to`. */
export interface PictureLink {
  from: string;
  to: string;
  /** How the link was found; absent where nobody asked. `listed` is as good as `up`. */
  state?: 'up' | 'listed' | 'missing' | 'broken' | 'extra' | 'unknown';
}

/** How a line looks: `plain` is a link that is as it should be, or that nobody asked about. */
export type Look = 'plain' | 'missing' | 'broken' | 'extra' | 'unknown';

/** The looks that say that something is not as declared, worst first. */
export const DRIFT = ['missing', 'broken', 'extra', 'unknown'] as const;

/** One line of the drawing: a link, or the two links between the same nodes where both are in the same state. */
export interface Line {
  /** Positions of the nodes. One-way, the first dials the second. */
  a: number;
  b: number;
  twoWay: boolean;
  look: Look;
  /** The two links between these nodes are in different states, so that each has a line of its own beside the other. */
  paired: boolean;
}

export const lookOf = (link: PictureLink): Look =>
  link.state === undefined || link.state === 'up' || link.state === 'listed' ? 'plain' : link.state;

/** All nodes of a picture: those it names, then the far ends of links that it does not. */
export function nodesOf(picture: Picture): PictureNode[] {
  const known = new Set(picture.nodes.map(({ name }) => name));
  const foreign = new Set(picture.links.flatMap(({ from, to }) => [from, to]).filter((name) => !known.has(name)));
  return [...picture.nodes, ...[...foreign].map((name) => ({ name, state: 'foreign' as const }))];
}

/** The lines between `nodes`, in the order of the links. A link that is there twice is drawn once; one to itself not. */
export function linesOf(nodes: readonly PictureNode[], links: readonly PictureLink[]): Line[] {
  const position = new Map(nodes.map(({ name }, at) => [name, at]));
  const key = (a: number, b: number) => a * nodes.length + b;
  const seen = new Set<number>();
  const lines = new Map<number, Line>();
  for (const link of links) {
    const a = position.get(link.from);
    const b = position.get(link.to);
    if (a === undefined || b === undefined || a === b || seen.has(key(a, b))) continue;
    seen.add(key(a, b));
    const look = lookOf(link);
    const back = lines.get(key(b, a));
    if (back?.look === look) {
      back.twoWay = true;
    } else {
      if (back) back.paired = true;
      lines.set(key(a, b), { a, b, twoWay: false, look, paired: back !== undefined });
    }
  }
  return [...lines.values()];
}

/** What the title says beside the name. */
export function summary(picture: Picture): string {
  const declared = picture.links.filter(({ state }) => state !== 'extra').length;
  const nodes = nodesOf(picture).filter(({ state }) => state !== 'foreign').length;
  const asked = picture.links.some(({ state }) => state !== undefined) || picture.nodes.some(({ state }) => state);
  const drift = asked && tally(picture).size === 0 ? ', no drift' : '';
  return `${count(nodes, 'node')}, ${count(declared, 'link')}${drift}`;
}

/** How many links, and nodes, are in each state that is worth a word; those that are in none are absent. */
export function tally(picture: Picture): Map<Exclude<Look, 'plain'> | 'down' | 'foreign', number> {
  const all = [...picture.links.map(lookOf), ...nodesOf(picture).map(({ state }) => state ?? 'up')];
  const kinds = [...DRIFT, 'down', 'foreign'] as const;
  return new Map(
    kinds.map((kind) => [kind, all.filter((one) => one === kind).length] as const).filter(([, number]) => number > 0),
  );
}

/** `1 node`, `2 nodes`. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
