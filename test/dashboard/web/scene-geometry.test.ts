import { describe, expect, it } from 'vitest';
import type { GraphScene, SceneLink, SceneNode } from '../../../src/dashboard/web/graph/graph-scene.ts';
import { nodeRadius, pillPosition } from '../../../src/dashboard/web/graph/scene-geometry.ts';

const nodeAt = (x: number, y: number): SceneNode => ({
  ...{ name: 'n', x, y, radius: 10, label: undefined, shape: 'running', group: -1, drifts: false, text: '' },
});
const linkBetween = (nodes: readonly SceneNode[], a: number, b: number): SceneLink => ({
  ...{ from: 'n', to: 'n', a, b, twoWay: true, curves: [], shape: 'up', conditions: '', sign: '', changed: false },
  lossy: false,
  middle: [(nodes[a]!.x + nodes[b]!.x) / 2, (nodes[a]!.y + nodes[b]!.y) / 2],
});
const sceneOf = (nodes: SceneNode[], ...pairs: [number, number][]): GraphScene => ({
  ...{ width: 0, height: 0, groups: [], islands: [], indexOf: new Map(), nodes },
  links: pairs.map(([a, b]) => linkBetween(nodes, a, b)),
});

describe('the radius of a node', () => {
  it.each([
    ['is that of the layout', 1, 10],
    ['can be seen from far away', 0.1, 34],
    ['does not fill the canvas from near by', 11, 4],
  ])('%s', (_, scale, radius) => {
    expect(nodeRadius({ radius: 10 }, scale)).toBeCloseTo(radius);
  });
});

describe('the conditions of a link', () => {
  const width = 60;
  const place = (scene: GraphScene) => pillPosition(scene, scene.links[0]!, width, 1);

  it('are on a link that is longer than they are', () => {
    expect(place(sceneOf([nodeAt(0, 0), nodeAt(200, 0)], [0, 1]))).toEqual({ x: 100, y: 0 });
  });

  it.each([
    ['below', -1, 1],
    ['above', 1, -1],
  ])('are %s a shorter one that has a node on the other side', (_, side, away) => {
    const { x, y } = place(sceneOf([nodeAt(0, 0), nodeAt(60, 0), nodeAt(30, side * 25)], [0, 1]));
    expect(x).toBe(30);
    expect(y * away).toBeGreaterThan(10);
  });

  it('have a place where both nodes are at one point', () => {
    const { x, y } = place(sceneOf([nodeAt(5, 5), nodeAt(5, 5)], [0, 1]));
    expect([x, y].every(Number.isFinite)).toBe(true);
  });
});
