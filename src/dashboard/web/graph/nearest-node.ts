import type { SceneNode } from './graph-scene.ts';

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
