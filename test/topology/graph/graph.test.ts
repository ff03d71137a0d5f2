import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { computeGraphMetrics, type Graph, graphOf, hopsFrom } from '../../../src/topology/graph/graph.ts';
import type { Edge } from '../../../src/topology/shapes/edge.ts';
import * as shapeGenerators from '../../../src/topology/shapes/generators.ts';

const name = (node: number) => `n${node + 1}`;
const oneWay = (nodes: number, edges: readonly Edge[]): Graph => ({
  nodes: Array.from({ length: nodes }, (_, node) => name(node)),
  links: edges.map(([from, to]) => ({ from: name(from), to: name(to) })),
});
const twoWay = (nodes: number, edges: readonly Edge[]): Graph =>
  oneWay(nodes, [...edges, ...edges.map(([a, b]): Edge => [b, a])]);

describe('closed forms', () => {
  // nodes, edges, diameter, average path, clustering, transitivity
  test.each<[string, number, Edge[], number, number, number, number]>([
    ['line of 10: n - 1, (n + 1)/3', 10, shapeGenerators.line(10), 9, 11 / 3, 0, 0],
    ['ring of 10: n/2, n²/4/(n - 1)', 10, shapeGenerators.ring(10), 5, 25 / 9, 0, 0],
    ['ring of 9: (n - 1)/2, (n + 1)/4', 9, shapeGenerators.ring(9), 4, 2.5, 0, 0],
    ['star of 10: 2, 2 - 2/n', 10, shapeGenerators.star(10), 2, 1.8, 0, 0],
    ['mesh of 6: 1', 6, shapeGenerators.mesh(6), 1, 1, 1, 1],
    ['hypercube of 16: k, k/2·n/(n - 1)', 16, shapeGenerators.hypercube(16), 4, 32 / 15, 0, 0],
    ['grid of 3 × 4: (r - 1) + (c - 1), (r + c)/3', 12, shapeGenerators.grid(12), 5, 7 / 3, 0, 0],
    ['torus of 4 × 4: r/2 + c/2', 16, shapeGenerators.torus(16), 4, 32 / 15, 0, 0],
    ['torus of 3 × 3: every row a triangle', 9, shapeGenerators.torus(9), 2, 1.5, 1 / 3, 1 / 3],
    ['full binary tree of 7: twice its height', 7, shapeGenerators.tree(7), 4, 16 / 7, 0, 0],
    ['lattice of degree 4: ½', 20, shapeGenerators.smallWorld(20, { degree: 4, rewire: 0 }), 5, 55 / 19, 0.5, 0.5],
    ['one node', 1, [], 0, 0, 0, 0],
  ])('%s', (_, nodes, edges, diameter, averagePath, clustering, transitivity) => {
    const result = computeGraphMetrics(twoWay(nodes, edges));
    expect(result.diameter).toBe(diameter);
    expect(result.averagePath).toBeCloseTo(averagePath, 12);
    expect(result.clustering).toBeCloseTo(clustering, 12);
    expect(result.transitivity).toBeCloseTo(transitivity, 12);
    expect(result.parts).toHaveLength(1);
    expect(result).toMatchObject({ nodes, links: edges.length * 2 });
  });

  test('degrees of a star', () => {
    expect(computeGraphMetrics(oneWay(5, shapeGenerators.star(5))).degree).toEqual({
      in: { min: 0, mean: 0.8, max: 1 },
      out: { min: 0, mean: 0.8, max: 4 },
      neighbours: { min: 1, mean: 1.6, max: 4 },
    });
  });

  test('clustering is a mean over nodes, transitivity over paths', () => {
    // A triangle with a tail: the shares are 1, 1, 1/3 and 0; 3 of 5 paths close.
    const graph = twoWay(4, [
      [0, 1],
      [1, 2],
      [2, 0],
      [2, 3],
    ]);
    expect(computeGraphMetrics(graph).clustering).toBeCloseTo(7 / 12, 12);
    expect(computeGraphMetrics(graph).transitivity).toBeCloseTo(3 / 5, 12);
  });
});

describe('direction', () => {
  test('a one-way ring has a diameter of n - 1', () => {
    const result = computeGraphMetrics(oneWay(6, shapeGenerators.ring(6)));
    expect(result).toMatchObject({ diameter: 5, averagePath: 3 });
    expect(result.eccentricity.every(({ hops }) => hops === 5)).toBe(true);
  });

  test('a one-way line reaches all nodes from its first one only', () => {
    const result = computeGraphMetrics(oneWay(3, shapeGenerators.line(3)));
    expect(result).toMatchObject({ diameter: null, averagePath: null });
    expect(result.eccentricity).toEqual([
      { node: 'n1', hops: 2 },
      { node: 'n2', hops: null },
      { node: 'n3', hops: null },
    ]);
    expect(result.parts).toEqual([['n1', 'n2', 'n3']]);
  });

  test('hops are counted along the links', () => {
    const graph = oneWay(4, [
      [0, 1],
      [1, 2],
      [3, 0],
    ]);
    expect([...hopsFrom(graph, 'n1')]).toEqual([
      ['n1', 0],
      ['n2', 1],
      ['n3', 2],
    ]);
    expect(() => hopsFrom(graph, 'n9')).toThrow('no node "n9" in the graph');
  });
});

test('components come largest first, their nodes in order', () => {
  const result = computeGraphMetrics(
    oneWay(6, [
      [5, 1],
      [1, 4],
      [3, 0],
    ]),
  );
  expect(result.parts).toEqual([['n2', 'n5', 'n6'], ['n1', 'n4'], ['n3']]);
  expect(result.diameter).toBeNull();
});

test('metrics of an empty graph', () => {
  expect(computeGraphMetrics({ nodes: [], links: [] })).toMatchObject({
    nodes: 0,
    parts: [],
    diameter: 0,
    clustering: 0,
  });
});

test('rejects a link to an unknown node', () => {
  expect(() => computeGraphMetrics({ nodes: ['a'], links: [{ from: 'a', to: 'b' }] })).toThrow(RangeError);
});

test('outgoing and incoming links are equally many, and neighbours are mutual', () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 30 }), fc.nat(), fc.nat(), (nodes, share, seed) => {
      const edges = shapeGenerators.random(nodes, {
        count: share % ((nodes * (nodes - 1)) / 2),
        seed,
        connected: false,
      });
      const { degree, links } = computeGraphMetrics(oneWay(nodes, edges));
      expect(degree.in.mean * nodes).toBeCloseTo(links, 9);
      expect(degree.out.mean * nodes).toBeCloseTo(links, 9);
      expect(degree.neighbours.mean * nodes).toBeCloseTo(2 * links, 9);
    }),
  );
});

test('1,000 nodes of degree 6 take well under a second of processor time', () => {
  const graph = twoWay(1000, shapeGenerators.regular(1000, { degree: 6 }));
  // Its own time and not that of the clock, which goes on while others have the processor.
  const before = process.cpuUsage();
  expect(computeGraphMetrics(graph).diameter).toBeLessThan(8);
  const { user, system } = process.cpuUsage(before);
  expect((user + system) / 1e6).toBeLessThan(1);
});

test('graphOf takes the nodes and links of a topology', () => {
  expect(graphOf({ nodes: [{ name: 'a' }], links: [] })).toEqual({ nodes: ['a'], links: [] });
});
