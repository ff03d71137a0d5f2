import { pluralize } from '../../shared/text.ts';
/**
 * What is to be drawn: who is there, who dials whom and, of a running devnet, how each of them was found. A topology
 * is one (nothing in it has a state), and so is what a devnet says of itself.
 */
export interface GraphView {
  name: string;
  /** In declared order, which is the order that shapes are drawn in. */
  nodes: readonly GraphViewNode[];
  links: readonly GraphViewLink[];
}

export interface GraphViewNode {
  name: string;
  /** `down`: declared, and it does not run; `foreign`: somebody dials it, and it is no node of this devnet. */
  state?: 'up' | 'down' | 'foreign';
}

/** `from` dials `to`. */
export interface GraphViewLink {
  from: string;
  to: string;
  /** How the link was found; absent where nobody asked. `listed` is as good as `up`. */
  state?: 'up' | 'listed' | 'missing' | 'broken' | 'extra' | 'unknown';
}

/** How a line looks: `plain` is a link that is as it should be, or that nobody asked about. */
export type EdgeStyle = 'plain' | 'missing' | 'broken' | 'extra' | 'unknown';

/** The looks that say that something is not as declared, worst first. */
export const DRIFT_STYLES = ['missing', 'broken', 'extra', 'unknown'] as const;

/** One line of the drawing: a link, or the two links between the same nodes where both are in the same state. */
export interface DrawnEdge {
  /** Positions of the nodes. One-way, the first dials the second. */
  a: number;
  b: number;
  twoWay: boolean;
  style: EdgeStyle;
  /** The two links between these nodes are in different states, so that each has a line of its own beside the other. */
  isParallel: boolean;
}

export const edgeStyleOf = (link: GraphViewLink): EdgeStyle =>
  link.state === undefined || link.state === 'up' || link.state === 'listed' ? 'plain' : link.state;

/** All nodes of a picture: those it names, then the far ends of links that it does not. */
export function viewNodesOf(picture: GraphView): GraphViewNode[] {
  const known = new Set(picture.nodes.map(({ name }) => name));
  const foreign = new Set(picture.links.flatMap(({ from, to }) => [from, to]).filter((name) => !known.has(name)));
  return [...picture.nodes, ...[...foreign].map((name) => ({ name, state: 'foreign' as const }))];
}

/** The lines between `nodes`, in the order of the links. A link that is there twice is drawn once; one to itself not. */
export function drawnEdgesOf(nodes: readonly GraphViewNode[], links: readonly GraphViewLink[]): DrawnEdge[] {
  const position = new Map(nodes.map(({ name }, at) => [name, at]));
  const key = (a: number, b: number) => a * nodes.length + b;
  const seen = new Set<number>();
  const lines = new Map<number, DrawnEdge>();
  for (const link of links) {
    const a = position.get(link.from);
    const b = position.get(link.to);
    if (a === undefined || b === undefined || a === b || seen.has(key(a, b))) continue;
    seen.add(key(a, b));
    const look = edgeStyleOf(link);
    const back = lines.get(key(b, a));
    if (back?.style === look) {
      back.twoWay = true;
    } else {
      if (back) back.isParallel = true;
      lines.set(key(a, b), { a, b, twoWay: false, style: look, isParallel: back !== undefined });
    }
  }
  return [...lines.values()];
}

/** What the title says beside the name. */
export function summariseGraph(picture: GraphView): string {
  const declared = picture.links.filter(({ state }) => state !== 'extra').length;
  const nodes = viewNodesOf(picture).filter(({ state }) => state !== 'foreign').length;
  const asked = picture.links.some(({ state }) => state !== undefined) || picture.nodes.some(({ state }) => state);
  const drift = asked && countDrift(picture).size === 0 ? ', no drift' : '';
  return `${pluralize(nodes, 'node')}, ${pluralize(declared, 'link')}${drift}`;
}

/** How many links, and nodes, are in each state that is worth a word; those that are in none are absent. */
export function countDrift(picture: GraphView): Map<Exclude<EdgeStyle, 'plain'> | 'down' | 'foreign', number> {
  const all = [...picture.links.map(edgeStyleOf), ...viewNodesOf(picture).map(({ state }) => state ?? 'up')];
  const kinds = [...DRIFT_STYLES, 'down', 'foreign'] as const;
  return new Map(
    kinds.map((kind) => [kind, all.filter((one) => one === kind).length] as const).filter(([, number]) => number > 0),
  );
}
