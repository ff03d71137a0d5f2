import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { computeLayout, type GraphView, type Layout, renderSvg } from '../../../src/graph-drawing/index.ts';
import { pointOnSegment } from '../../../src/graph-drawing/layout/edge-routing.ts';
import type { Edge } from '../../../src/topology/shapes/edge.ts';
import * as shapeGenerators from '../../../src/topology/shapes/generators.ts';
import { drifted, viewOf } from '../fixtures.ts';

/** Checks that everything is inside the picture, and that no two nodes overlap. */
function expectSound({ nodes, routes, width, height }: Layout): void {
  for (const node of nodes) {
    expect(Number.isFinite(node.x + node.y)).toBe(true);
    expect(node.x - node.radius).toBeGreaterThanOrEqual(-1e-6);
    expect(node.y - node.radius).toBeGreaterThanOrEqual(-1e-6);
    expect(node.x + node.radius).toBeLessThanOrEqual(width + 1e-6);
    expect(node.y + node.radius).toBeLessThanOrEqual(height + 1e-6);
  }
  nodes.forEach((one, at) => {
    for (const other of nodes.slice(at + 1)) {
      const gap = Math.hypot(one.x - other.x, one.y - other.y) - one.radius - other.radius;
      if (gap < 1) expect.fail(`${one.name} and ${other.name} overlap: ${gap}`);
    }
  });
  for (const { segments } of routes) {
    for (const segment of segments) {
      const { x, y } = pointOnSegment(segment, 0.5);
      if (!(x >= 0 && y >= 0 && x <= width && y <= height)) expect.fail(`an edge leaves the picture at ${x}, ${y}`);
    }
  }
}

/** Checks that no label lies on another node or another label. */
function expectLabelsClear({ nodes, width, height }: Layout): void {
  const labels = nodes.flatMap(({ label }, at) => (label ? [{ label, at }] : []));
  for (const { label, at } of labels) {
    const { left, right, top, bottom } = label.box;
    expect(Math.min(left, top)).toBeGreaterThanOrEqual(-1e-6);
    expect(right).toBeLessThanOrEqual(width + 1e-6);
    expect(bottom).toBeLessThanOrEqual(height + 1e-6);
    nodes.forEach(({ x, y, radius, name }, other) => {
      if (other === at) return;
      const away = Math.hypot(x - Math.max(left, Math.min(right, x)), y - Math.max(top, Math.min(bottom, y)));
      if (away < radius) expect.fail(`the label of ${nodes[at]!.name} lies on ${name}`);
    });
    for (const { label: second, at: other } of labels) {
      if (other <= at || label.angle !== 0 || second.angle !== 0) continue;
      const box = second.box;
      if (left < box.right && box.left < right && top < box.bottom && box.top < bottom) {
        expect.fail(`the labels of ${nodes[at]!.name} and ${nodes[other]!.name} overlap`);
      }
    }
  }
}

const withPrefix = (view: GraphView, prefix: string): GraphView => ({
  ...view,
  nodes: view.nodes.map(({ name }) => ({ name: prefix + name })),
  links: view.links.map(({ from, to }) => ({ from: prefix + from, to: prefix + to })),
});

const families: [string, (nodes: number) => Edge[]][] = [
  ['line', shapeGenerators.line],
  ['ring', shapeGenerators.ring],
  ['star', (nodes) => shapeGenerators.star(nodes)],
  ['mesh', shapeGenerators.mesh],
  ['tree', (nodes) => shapeGenerators.tree(nodes)],
  ['tree of three', (nodes) => shapeGenerators.tree(nodes, { branching: 3 })],
  ['grid', (nodes) => shapeGenerators.grid(nodes === 5 ? 6 : nodes)],
  ['torus', (nodes) => shapeGenerators.torus(nodes === 5 ? 9 : nodes)],
  ['regular', (nodes) => shapeGenerators.regular(nodes, { degree: 4 })],
  ['random', (nodes) => shapeGenerators.random(nodes, { count: Math.ceil(nodes * 1.2), connected: false })],
  ['small world', (nodes) => shapeGenerators.smallWorld(nodes, { degree: 4, rewire: 0.1, connected: false })],
  ['scale-free', (nodes) => shapeGenerators.scaleFree(nodes, { attach: 2 })],
  ['scale-free tree', (nodes) => shapeGenerators.scaleFree(nodes, { attach: 1 })],
];

describe.each(families)('%s', (_, edgesOf) => {
  test.each([5, 20, 200])('of %i nodes stays inside the picture, and nothing overlaps', (size) => {
    const edges = edgesOf(size);
    const nodes = Math.max(size, ...edges.slice(-2).map(([a, b]) => Math.max(a, b) + 1));
    if (edges.length > 2000) return;
    const layout = computeLayout(viewOf(nodes, edges));
    expectSound(layout);
    expectLabelsClear(layout);
    if (nodes > 20) return;
    expect(layout.nodes.filter(({ label }) => label === undefined)).toEqual([]);
    const long = computeLayout(withPrefix(viewOf(nodes, edges), 'validator-'));
    expectSound(long);
    expectLabelsClear(long);
    expect(long.nodes.filter(({ label }) => label === undefined)).toEqual([]);
  });
});

test.each([8, 16, 32, 64])('a hypercube of %i nodes', (nodes) => {
  const layout = computeLayout(viewOf(nodes, shapeGenerators.hypercube(nodes)));
  expectSound(layout);
  expectLabelsClear(layout);
});

test('the same view gives the same bytes, whatever was drawn before', () => {
  const view = viewOf(80, shapeGenerators.scaleFree(80, { attach: 2 }));
  const first = renderSvg(view);
  renderSvg(viewOf(30, shapeGenerators.regular(30, { degree: 4 })));
  expect(renderSvg(structuredClone(view))).toBe(first);
});

test('a layout uses neither random numbers nor the clock', () => {
  const { random } = Math;
  const { now } = Date;
  Math.random = Date.now = () => expect.fail('used a random number or the clock');
  try {
    computeLayout(viewOf(30, shapeGenerators.random(30, { count: 50 })));
  } finally {
    Math.random = random;
    Date.now = now;
  }
});

test('drift moves no node', () => {
  const edges = shapeGenerators.regular(20, { degree: 4 });
  const plain = viewOf(20, edges);
  const links = plain.links.map((link, at) => ({ ...link, state: (['up', 'missing', 'broken'] as const)[at % 3]! }));
  const found = { ...plain, links: [...links, { from: 'n1', to: 'n20', state: 'extra' as const }] };
  const positions = (view: GraphView) => {
    const { nodes } = computeLayout(view);
    return nodes.map(({ x, y }) => [Math.round(x - nodes[0]!.x), Math.round(y - nodes[0]!.y)]);
  };
  expect(positions(found)).toEqual(positions(plain));
});

test('components stand side by side, the largest first', () => {
  const layout = computeLayout(
    viewOf(16, [...shapeGenerators.ring(6), ...shapeGenerators.line(4).map(([a, b]): Edge => [a + 7, b + 7])]),
  );
  expect(layout.parts.map(({ shape, nodes }) => [shape, nodes.length])).toEqual([
    ['ring', 6],
    ['line', 4],
    ['single', 1],
    ['single', 1],
    ['single', 1],
    ['single', 1],
    ['single', 1],
    ['single', 1],
  ]);
  expectSound(layout);
  expectLabelsClear(layout);
});

test('an edge goes around a node that is in its way', () => {
  const view = viewOf(5, shapeGenerators.line(5));
  const links = [...view.links, { from: 'n1', to: 'n3', state: 'extra' as const }];
  const bent = computeLayout({ ...view, links }).routes.filter(({ segments }) => segments[0]!.controlPoints.length > 0);
  expect(bent.map(({ edge }) => [edge.a, edge.b])).toEqual([[0, 2]]);
});

test('the edge that closes a row of a torus arcs over it, and in a large torus leaves at the sides', () => {
  const small = computeLayout(viewOf(9, shapeGenerators.torus(9))).routes;
  expect(small.filter(({ segments }) => segments[0]!.controlPoints.length === 2)).toHaveLength(6);
  const large = computeLayout(viewOf(64, shapeGenerators.torus(64))).routes;
  expect(large.filter(({ segments }) => segments.length === 2)).toHaveLength(16);
});

test('a view without nodes, and links to unknown nodes, can be laid out', () => {
  expect(computeLayout({ name: 'none', nodes: [], links: [] })).toMatchObject({ width: 0, height: 0, nodes: [] });
  const layout = computeLayout({
    name: 'odd',
    nodes: [{ name: 'a' }, { name: 'b' }],
    links: [
      { from: 'a', to: 'a' },
      { from: 'a', to: 'b' },
      { from: 'a', to: 'b' },
      { from: 'x', to: 'y' },
    ],
  });
  expectSound(layout);
  expect(layout.nodes.map(({ name, state }) => [name, state])).toEqual([
    ['a', undefined],
    ['b', undefined],
    ['x', 'foreign'],
    ['y', 'foreign'],
  ]);
  expect(layout.routes).toHaveLength(2);
});

test('every kind of drift at once can be laid out', () => {
  const layout = computeLayout(drifted);
  expectSound(layout);
  expectLabelsClear(layout);
});

test('any graph stays inside the picture, and no nodes overlap', () => {
  const graph = fc.integer({ min: 1, max: 24 }).chain((nodes) =>
    fc.record({
      nodes: fc.constant(nodes),
      pairs: fc.array(fc.tuple(fc.nat(nodes - 1), fc.nat(nodes - 1)), { maxLength: nodes * 2 }),
      oneWay: fc.boolean(),
      prefix: fc.constantFrom('', 'a-rather-long-name-'),
    }),
  );
  fc.assert(
    fc.property(graph, ({ nodes, pairs, oneWay, prefix }) => {
      const layout = computeLayout(withPrefix(viewOf(nodes, pairs, oneWay), prefix));
      expect(layout.nodes).toHaveLength(nodes);
      expectSound(layout);
      expectLabelsClear(layout);
    }),
    { numRuns: 20, seed: 7 },
  );
});
