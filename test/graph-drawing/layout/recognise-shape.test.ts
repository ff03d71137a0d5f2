import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { computeLayout } from '../../../src/graph-drawing/index.ts';
import { findComponents } from '../../../src/graph-drawing/layout/components.ts';
import { recogniseShape } from '../../../src/graph-drawing/layout/recognise-shape.ts';
import { parseTopology } from '../../../src/topology/index.ts';
import type { Edge } from '../../../src/topology/shapes/edge.ts';
import * as shapeGenerators from '../../../src/topology/shapes/generators.ts';
import { root } from '../../support/paths.ts';
import { viewOf } from '../fixtures.ts';

const recognised = (nodes: number, edges: readonly Edge[], oneWay = false) => {
  const view = viewOf(nodes, edges, oneWay);
  return recogniseShape(findComponents(view.nodes, view.links)[0]!);
};

test.each<[string, number, readonly Edge[], object]>([
  ['one node', 1, [], { kind: 'single' }],
  ['two nodes', 2, [[0, 1]], { kind: 'line', order: [0, 1] }],
  ['line', 7, shapeGenerators.line(7), { kind: 'line', order: [0, 1, 2, 3, 4, 5, 6] }],
  [
    'line in another order',
    4,
    [
      [2, 0],
      [0, 3],
      [3, 1],
    ],
    { kind: 'line', order: [1, 3, 0, 2] },
  ],
  ['ring of 3', 3, shapeGenerators.ring(3), { kind: 'ring', order: [0, 1, 2] }],
  ['ring of 4', 4, shapeGenerators.ring(4), { kind: 'ring', order: [0, 1, 2, 3] }],
  ['ring of 200', 200, shapeGenerators.ring(200), { kind: 'ring' }],
  [
    'ring in another order',
    5,
    [
      [0, 3],
      [3, 1],
      [1, 4],
      [4, 2],
      [2, 0],
    ],
    { kind: 'ring', order: [0, 2, 4, 1, 3] },
  ],
  ['star', 6, shapeGenerators.star(6), { kind: 'star', hub: 0, order: [1, 2, 3, 4, 5] }],
  ['star around another hub', 6, shapeGenerators.star(6, { hub: 4 }), { kind: 'star', hub: 4 }],
  ['wheel', 6, [...shapeGenerators.star(6), [1, 2], [2, 3], [3, 4], [4, 5], [5, 1]], { kind: 'wheel', hub: 0 }],
  ['mesh', 7, shapeGenerators.mesh(7), { kind: 'mesh' }],
  ['tree', 11, shapeGenerators.tree(11, { branching: 3 }), { kind: 'tree', root: 0 }],
  ['tree of 200', 200, shapeGenerators.tree(200), { kind: 'tree', root: 0 }],
  [
    'tree whose first node is a leaf',
    6,
    [
      [0, 3],
      [3, 1],
      [3, 2],
      [2, 4],
      [2, 5],
    ],
    { kind: 'tree', root: 2 },
  ],
  ['grid', 12, shapeGenerators.grid(12, { columns: 4 }), { kind: 'grid', rows: 3, columns: 4 }],
  ['ladder', 10, shapeGenerators.grid(10, { columns: 2 }), { kind: 'grid', rows: 5, columns: 2 }],
  ['square', 4, shapeGenerators.grid(4), { kind: 'grid', rows: 2, columns: 2 }],
  ['torus of 3 × 3', 9, shapeGenerators.torus(9), { kind: 'torus', rows: 3, columns: 3 }],
  ['torus of 10 × 20', 200, shapeGenerators.torus(200), { kind: 'torus', rows: 10, columns: 20 }],
  ['torus of 4 × 4, which is also a hypercube', 16, shapeGenerators.torus(16), { kind: 'torus', rows: 4, columns: 4 }],
  ['cube', 8, shapeGenerators.hypercube(8), { kind: 'hypercube', dimensions: 3 }],
  ['tesseract', 16, shapeGenerators.hypercube(16), { kind: 'hypercube', dimensions: 4 }],
  ['small world', 40, shapeGenerators.smallWorld(40, { degree: 4, rewire: 0.2, seed: 3 }), { kind: 'circle' }],
  ['lattice of degree 6', 20, shapeGenerators.smallWorld(20, { degree: 6, rewire: 0 }), { kind: 'circle' }],
  ['ring with chords', 8, [...shapeGenerators.ring(8), [0, 4], [2, 6]], { kind: 'circle' }],
  ['all but random', 60, shapeGenerators.smallWorld(60, { degree: 4, rewire: 1, seed: 1 }), { kind: 'cloud' }],
  ['scale-free', 30, shapeGenerators.scaleFree(30, { attach: 2 }), { kind: 'cloud' }],
  ['random', 40, shapeGenerators.random(40, { probability: 0.15, seed: 1 }), { kind: 'cloud' }],
  ['regular', 40, shapeGenerators.regular(40, { degree: 4 }), { kind: 'cloud' }],
  ['grid without one link', 16, shapeGenerators.grid(16).slice(1), { kind: 'cloud' }],
] as [string, number, readonly Edge[], object][])('%s', (_, nodes, edges, expected) => {
  expect(recognised(nodes, edges)).toMatchObject(expected);
  if (nodes !== 6 && nodes !== 4) expect(recognised(nodes, edges, true)).toMatchObject(expected);
});

test('the root of a one-way tree is the only node that nobody dials, or the only one that dials nobody', () => {
  const edges: Edge[] = [
    [3, 0],
    [3, 1],
    [1, 2],
    [1, 4],
  ];
  expect(recognised(5, edges, true)).toMatchObject({ kind: 'tree', root: 3 });
  expect(
    recognised(
      5,
      edges.map(([a, b]): Edge => [b, a]),
      true,
    ),
  ).toMatchObject({ kind: 'tree', root: 3 });
});

test.each([
  ['default', 'circle'],
  ['line', 'line'],
  ['ring', 'ring'],
  ['one-way', 'ring'],
  ['star', 'star'],
  ['mesh', 'mesh'],
  ['tree', 'tree'],
  ['grid', 'grid'],
  ['torus', 'torus'],
  ['hypercube', 'hypercube'],
  ['small-world', 'circle'],
  ['scale-free', 'cloud'],
  ['random', 'cloud'],
  ['custom', 'cloud'],
])('devnet/%s.yaml is drawn as a %s', (file, shape) => {
  const text = readFileSync(join(root, `devnet/${file}.yaml`), 'utf8');
  const { parts } = computeLayout(parseTopology(text, { file, name: file }));
  expect(parts.map((part) => part.shape)).toEqual([shape]);
});

describe('recognised shapes are drawn as people draw them:', () => {
  const placed = (nodes: number, edges: readonly Edge[]) => computeLayout(viewOf(nodes, edges)).nodes;
  const near = (one: number, other: number) => Math.abs(one - other) < 1e-6;

  test('a line is level', () => {
    const nodes = placed(5, shapeGenerators.line(5));
    expect(nodes.every(({ y }) => near(y, nodes[0]!.y))).toBe(true);
    expect(nodes.map(({ x }) => x)).toEqual(nodes.map(({ x }) => x).sort((a, b) => a - b));
  });

  test('a ring is round, clockwise from the top', () => {
    const nodes = placed(12, shapeGenerators.ring(12));
    const middle = { x: (nodes[3]!.x + nodes[9]!.x) / 2, y: (nodes[0]!.y + nodes[6]!.y) / 2 };
    const radii = nodes.map(({ x, y }) => Math.hypot(x - middle.x, y - middle.y));
    expect(Math.max(...radii) - Math.min(...radii)).toBeLessThan(1e-6);
    expect(nodes[0]!.y).toBe(Math.min(...nodes.map(({ y }) => y)));
    expect(nodes[1]!.x).toBeGreaterThan(nodes[0]!.x);
  });

  test('a grid is square', () => {
    const nodes = placed(12, shapeGenerators.grid(12, { columns: 4 }));
    const step = nodes[1]!.x - nodes[0]!.x;
    nodes.forEach(({ x, y }, at) => {
      expect(near(x - nodes[0]!.x, (at % 4) * step)).toBe(true);
      expect(near(y - nodes[0]!.y, Math.floor(at / 4) * step)).toBe(true);
    });
  });

  test('a tree goes down, parents in the middle above their children', () => {
    const nodes = placed(7, shapeGenerators.tree(7));
    expect(nodes[0]!.y).toBeLessThan(nodes[1]!.y);
    expect(near(nodes[1]!.y, nodes[2]!.y)).toBe(true);
    expect(nodes[3]!.y).toBeGreaterThan(nodes[1]!.y);
    for (const [parent, left, right] of [
      [0, 1, 2],
      [1, 3, 4],
      [2, 5, 6],
    ] as const) {
      expect(near(nodes[parent]!.x, (nodes[left]!.x + nodes[right]!.x) / 2)).toBe(true);
    }
  });

  test('the hub of a star is in its middle', () => {
    const nodes = placed(9, shapeGenerators.star(9));
    const away = nodes.slice(1).map(({ x, y }) => Math.hypot(x - nodes[0]!.x, y - nodes[0]!.y));
    expect(Math.max(...away) - Math.min(...away)).toBeLessThan(1e-6);
  });
});
