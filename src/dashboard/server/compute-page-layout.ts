import type { GraphView } from '../../graph-drawing/layout/graph-view.ts';
import { computeLayout } from '../../graph-drawing/layout/layout.ts';
import type { LaidOutNode, LaidOutRoute, PageLayout } from '../page/page-layout.ts';

/** Lays out a topology for the page, as its picture is. */
export function computePageLayout(graph: GraphView): PageLayout {
  const layout = computeLayout(graph);
  return {
    width: round(layout.width),
    height: round(layout.height),
    nodes: layout.nodes.map(({ name, x, y, radius, label }): LaidOutNode => {
      const node = { name, x: round(x), y: round(y), radius: round(radius) };
      if (!label) return node;
      const { size, anchor, angle, isInside } = label;
      return {
        ...node,
        label: { x: round(label.x), y: round(label.y), size: round(size), anchor, angle: round(angle), isInside },
      };
    }),
    routes: layout.routes.map(
      ({ edge: { a, b, twoWay }, segments, midpoint }): LaidOutRoute => ({
        a,
        b,
        twoWay,
        curves: segments.map(({ from, to, controlPoints }) =>
          [from, ...controlPoints, to].flatMap(({ x, y }) => [round(x), round(y)]),
        ),
        middle: [round(midpoint.x), round(midpoint.y)],
      }),
    ),
  };
}

/** Tenths of a pixel are enough, and shorten the page. */
function round(value: number): number {
  return Math.round(value * 10) / 10 || 0;
}
