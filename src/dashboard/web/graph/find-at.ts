import type { GraphItem } from '../state/graph-item.ts';
import { pointOnCurve } from './curves.ts';
import type { GraphScene, SceneLink, SceneNode } from './graph-scene.ts';

const MIN_TARGET_PX = 12;
const LINK_TARGET_PX = 6;
const SAMPLES = 8;

/**
 * Finds the node or, where there is none, the link at a point of the layout.
 * @param scale pixels of the canvas per pixel of the layout: small nodes have a target of a size that can be hit
 */
export function findAt(scene: GraphScene, x: number, y: number, scale: number): GraphItem | undefined {
  let best: { item: GraphItem; distance: number } | undefined;
  for (const node of scene.nodes) {
    const distance = Math.hypot(node.x - x, node.y - y);
    const reach = Math.max(node.radius, MIN_TARGET_PX / scale);
    if (distance <= reach && (!best || distance < best.distance)) {
      best = { item: { kind: 'node', name: node.name }, distance };
    }
  }
  if (best) return best.item;
  const reach = LINK_TARGET_PX / scale;
  for (const link of scene.links) {
    const distance = distanceToLink(link, x, y, reach);
    if (distance <= reach && (!best || distance < best.distance)) {
      best = { item: { kind: 'link', from: link.from, to: link.to }, distance };
    }
  }
  return best?.item;
}

/** Returns the names of the nodes inside a polygon, whose corners are x, y, x, y, … */
export function nodesInside(scene: GraphScene, polygon: readonly number[]): string[] {
  return scene.nodes.filter(({ x, y }) => isInside(polygon, x, y)).map(({ name }) => name);
}

/**
 * Finds the node that an arrow key leads to: near, and rather straight ahead than aside.
 * @param from name of the node to start from. @default the first node is returned
 */
export function nearestInDirection(
  nodes: readonly Pick<SceneNode, 'name' | 'x' | 'y'>[],
  from: string | undefined,
  dx: number,
  dy: number,
): string | undefined {
  const start = nodes.find(({ name }) => name === from);
  if (!start) return nodes[0]?.name;
  let best: { name: string; cost: number } | undefined;
  for (const { name, x, y } of nodes) {
    const ahead = (x - start.x) * dx + (y - start.y) * dy;
    if (ahead <= 0) continue;
    const cost = ((x - start.x) ** 2 + (y - start.y) ** 2) / ahead;
    if (!best || cost < best.cost) best = { name, cost };
  }
  return best?.name;
}

function isInside(polygon: readonly number[], x: number, y: number): boolean {
  let inside = false;
  for (let i = 0, j = polygon.length - 2; i < polygon.length; j = i, i += 2) {
    const [xi, yi, xj, yj] = [polygon[i]!, polygon[i + 1]!, polygon[j]!, polygon[j + 1]!];
    if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) inside = !inside;
  }
  return inside;
}

function distanceToLink({ curves }: SceneLink, x: number, y: number, reach: number): number {
  let nearest = Number.POSITIVE_INFINITY;
  for (const curve of curves) {
    if (isFarFrom(curve, x, y, reach)) continue;
    const steps = curve.length === 4 ? 1 : SAMPLES;
    let [px, py] = [curve[0]!, curve[1]!];
    for (let step = 1; step <= steps; step++) {
      const [qx, qy] = pointOnCurve(curve, step / steps);
      nearest = Math.min(nearest, distanceToSegment(x, y, px, py, qx, qy));
      [px, py] = [qx, qy];
    }
  }
  return nearest;
}

/** True if a point is outside the box around a curve's points, which holds the curve. */
function isFarFrom(curve: readonly number[], x: number, y: number, reach: number): boolean {
  let [left, right, top, bottom] = [Infinity, -Infinity, Infinity, -Infinity];
  for (let i = 0; i < curve.length; i += 2) {
    left = Math.min(left, curve[i]!);
    right = Math.max(right, curve[i]!);
    top = Math.min(top, curve[i + 1]!);
    bottom = Math.max(bottom, curve[i + 1]!);
  }
  return x < left - reach || x > right + reach || y < top - reach || y > bottom + reach;
}

function distanceToSegment(x: number, y: number, ax: number, ay: number, bx: number, by: number): number {
  const [dx, dy] = [bx - ax, by - ay];
  const length = dx * dx + dy * dy;
  const t = length === 0 ? 0 : Math.max(0, Math.min(1, ((x - ax) * dx + (y - ay) * dy) / length));
  return Math.hypot(x - ax - t * dx, y - ay - t * dy);
}
