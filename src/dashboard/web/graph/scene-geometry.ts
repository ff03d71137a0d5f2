import type { GraphScene, SceneLink, SceneNode } from './graph-scene.ts';

/** A node is never smaller or larger than this, pixels of the canvas. */
const MIN_NODE_PX = 3.4;
const MAX_NODE_PX = 44;

/** Radius of a node, in pixels of the layout. */
export function nodeRadius(node: Pick<SceneNode, 'radius'>, scale: number): number {
  return Math.min(Math.max(node.radius, MIN_NODE_PX / scale), Math.max(MAX_NODE_PX / scale, MIN_NODE_PX / scale));
}

interface Point {
  x: number;
  y: number;
}

/**
 * Returns the middle of the pill that has the conditions of a link: on its link or, where that is shorter than the pill, beside it on the emptier side.
 * @param width of the pill, pixels of the layout
 * @param px pixels of the layout in one of the canvas
 */
export function pillPosition(scene: GraphScene, { a, b, middle }: SceneLink, width: number, px: number): Point {
  const [x, y] = middle;
  const [from, to] = [scene.nodes[a]!, scene.nodes[b]!];
  const length = Math.hypot(to.x - from.x, to.y - from.y);
  if (length - from.radius - to.radius > width + 6 * px) return { x, y };
  const [nx, ny] = [(from.y - to.y) / (length || 1), (to.x - from.x) / (length || 1)];
  const radius = nodeRadius(from, 1 / px);
  const away = (Math.abs(nx) * width) / 2 + Math.abs(ny) * (radius + 13 * px) + Math.abs(nx) * 8 * px;
  const sides = [1, -1].map((side) => ({ x: x + side * nx * away, y: y + side * ny * away }));
  const [first, second] = sides as [Point, Point];
  return countCovered(scene, first, width, px) <= countCovered(scene, second, width, px) ? first : second;
}

/** Counts the nodes and the middles of links that a pill covers. */
function countCovered({ nodes, links }: GraphScene, at: Point, width: number, px: number): number {
  const isNear = (x: number, y: number, radius: number) =>
    Math.abs(x - at.x) < width / 2 + radius && Math.abs(y - at.y) < 9 * px + radius;
  return (
    nodes.filter((node) => isNear(node.x, node.y, node.radius)).length * 3 +
    links.filter(({ middle: [x, y] }) => isNear(x, y, 14 * px)).length
  );
}
