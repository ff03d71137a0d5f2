import { computeGraphMetrics, type GraphMetrics } from '../../topology/index.ts';
import type { GraphView, GraphViewLink } from '../layout/graph-view.ts';
import { computeLayout, type Layout } from '../layout/layout.ts';

/** Drawing as data. */
export interface GraphJson {
  name: string;
  /** Pixels, without the title and the legend. */
  width: number;
  height: number;
  nodes: { name: string; x: number; y: number; radius: number; state?: string }[];
  links: GraphViewLink[];
  parts: Layout['parts'];
  /** Metrics of the declared graph. */
  figures: GraphMetrics;
}

export function toGraphJson(view: GraphView): GraphJson {
  const layout = computeLayout(view);
  const round = (value: number) => Math.round(value * 10) / 10 || 0;
  const withState = <T extends object>(item: T, state: string | undefined) =>
    state === undefined ? item : { ...item, state };
  return {
    name: view.name,
    width: round(layout.width),
    height: round(layout.height),
    nodes: layout.nodes.map(({ name, state, x, y, radius }) =>
      withState({ name, x: round(x), y: round(y), radius: round(radius) }, state),
    ),
    links: view.links.map(({ from, to, state, cut }) => ({
      ...withState({ from, to }, state),
      ...(cut === undefined ? {} : { cut }),
    })),
    parts: layout.parts,
    figures: computeGraphMetrics({
      nodes: layout.nodes.filter(({ state }) => state !== 'foreign').map(({ name }) => name),
      links: view.links.filter(({ state }) => state !== 'extra').map(({ from, to }) => ({ from, to })),
    }),
  };
}
