import { pluralize } from '../../shared/text.ts';

/**
 * Graph to draw: the nodes, who dials whom and, for a running network, the state in which each was found. A topology is a
 * view without states.
 */
export interface GraphView {
  name: string;
  /** In declared order, which is the order that shapes are drawn in. */
  nodes: readonly GraphViewNode[];
  links: readonly GraphViewLink[];
}

export interface GraphViewNode {
  name: string;
  /** `down`: declared, but not running. `foreign`: dialed by a node, but not a node of this network. */
  state?: 'up' | 'down' | 'foreign';
}

/** Link: `from` dials `to`. */
export interface GraphViewLink {
  from: string;
  to: string;
  /** State in which the link was found; absent if nobody asked. */
  state?: 'up' | 'listed' | 'missing' | 'broken' | 'extra' | 'unknown' | 'dead';
  /** Name of the fault that cuts the link. */
  cut?: string;
}

/** Styles of edges that are not plainly up, worst first; a link that is cut is drawn so whatever its state is. */
export const MARKED_STYLES = ['cut', 'dead', 'missing', 'broken', 'extra', 'unknown', 'listed'] as const;
export type MarkedStyle = (typeof MARKED_STYLES)[number];

/** `plain`: a link that is up, or that nobody asked about. */
export type EdgeStyle = 'plain' | MarkedStyle;

/** One edge of the drawing: a link, or both links between two nodes if they have the same style. */
export interface DrawnEdge {
  /** Indices of the nodes. If the edge is one-way, `a` dials `b`. */
  a: number;
  b: number;
  twoWay: boolean;
  style: EdgeStyle;
  /** Name of the fault that cuts it. */
  cut?: string;
  /** True if the links between these nodes have different styles, so that two edges are drawn side by side. */
  isParallel: boolean;
}

function edgeStyleOf({ state, cut }: GraphViewLink): EdgeStyle {
  if (cut !== undefined) return 'cut';
  return state === undefined || state === 'up' ? 'plain' : state;
}

/** Returns the nodes of a view, and after them the foreign ends of links. */
export function viewNodesOf({ nodes, links }: GraphView): GraphViewNode[] {
  const known = new Set(nodes.map(({ name }) => name));
  const foreign = new Set(links.flatMap(({ from, to }) => [from, to]).filter((name) => !known.has(name)));
  return [...nodes, ...[...foreign].map((name) => ({ name, state: 'foreign' as const }))];
}

/** Returns the edges between `nodes`, in the order of the links, without repetitions and links from a node to itself. */
export function drawnEdgesOf(nodes: readonly GraphViewNode[], links: readonly GraphViewLink[]): DrawnEdge[] {
  const indexOf = new Map(nodes.map(({ name }, index) => [name, index]));
  const key = (a: number, b: number) => a * nodes.length + b;
  const seen = new Set<number>();
  const edges = new Map<number, DrawnEdge>();
  for (const link of links) {
    const a = indexOf.get(link.from);
    const b = indexOf.get(link.to);
    if (a === undefined || b === undefined || a === b || seen.has(key(a, b))) continue;
    seen.add(key(a, b));
    const style = edgeStyleOf(link);
    const reverse = edges.get(key(b, a));
    if (reverse?.style === style && reverse.cut === link.cut) {
      reverse.twoWay = true;
    } else {
      if (reverse) reverse.isParallel = true;
      const cut = link.cut === undefined ? {} : { cut: link.cut };
      edges.set(key(a, b), { a, b, twoWay: false, style, ...cut, isParallel: reverse !== undefined });
    }
  }
  return [...edges.values()];
}

/** Summarises a view: `5 nodes, 8 links`, and `no drift` if all its links are found up or at least listed. */
export function summariseGraph(view: GraphView): string {
  const declared = view.links.filter(({ state }) => state !== 'extra').length;
  const nodes = viewNodesOf(view).filter(({ state }) => state !== 'foreign').length;
  const hasStates = [...view.links, ...view.nodes].some(({ state }) => state !== undefined);
  const isAsDeclared = [...countMarks(view).keys()].every((mark) => mark === 'listed');
  const drift = hasStates && isAsDeclared ? ', no drift' : '';
  return `${pluralize(nodes, 'node')}, ${pluralize(declared, 'link')}${drift}`;
}

/** Counts the links and nodes that are not plainly up, by mark; marks of none are absent. */
export function countMarks(view: GraphView): Map<MarkedStyle | 'down' | 'foreign', number> {
  const found = [...view.links.map(edgeStyleOf), ...viewNodesOf(view).map(({ state }) => state ?? 'up')];
  const kinds = [...MARKED_STYLES, 'down', 'foreign'] as const;
  return new Map(
    kinds.map((kind) => [kind, found.filter((one) => one === kind).length] as const).filter(([, count]) => count > 0),
  );
}
