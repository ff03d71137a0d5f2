import { computeGraphMetrics } from '../../topology/index.ts';
import type { GraphView, GraphViewLink } from '../layout/graph-view.ts';
import { computeLayout, type Layout } from '../layout/layout.ts';

/** The picture as values, for programs that draw or count on their own. */
export interface GraphJson {
  name: string;
  /** Of the drawing without its title and legend, in pixels. */
  width: number;
  height: number;
  nodes: { name: string; x: number; y: number; radius: number; state?: string }[];
  links: GraphViewLink[];
  parts: Layout['parts'];
  /** Of the declared graph. */
  figures: ReturnType<typeof computeGraphMetrics>;
}

export function toGraphJson(picture: GraphView): GraphJson {
  const laid = computeLayout(picture);
  const round = (value: number) => Math.round(value * 10) / 10 || 0;
  const declared = picture.links.filter(({ state }) => state !== 'extra');
  return {
    name: picture.name,
    width: round(laid.width),
    height: round(laid.height),
    nodes: laid.nodes.map(({ name, state, x, y, radius }) => ({
      name,
      x: round(x),
      y: round(y),
      radius: round(radius),
      ...(state === undefined ? {} : { state }),
    })),
    links: picture.links.map(({ from, to, state }) => ({ from, to, ...(state === undefined ? {} : { state }) })),
    parts: laid.parts,
    figures: computeGraphMetrics({
      nodes: laid.nodes.filter(({ state }) => state !== 'foreign').map(({ name }) => name),
      links: declared.map(({ from, to }) => ({ from, to })),
    }),
  };
}
