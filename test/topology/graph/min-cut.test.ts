import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { minimumCut } from '../../../src/topology/graph/min-cut.ts';
import { parseTopologyObject } from '../../../src/topology/index.ts';

const graph = (count: number, links: [number, number][]) => ({
  nodes: Array.from({ length: count }, (_, node) => `n${node}`),
  links: links.map(([from, to]) => ({ from: `n${from}`, to: `n${to}` })),
});

/** Returns the fewest edges between two parts, trying every way to divide the nodes. */
function byTrying(count: number, links: [number, number][]): number {
  const edges = new Set(links.map(([a, b]) => `${Math.min(a, b)} ${Math.max(a, b)}`));
  let least = count < 2 ? 0 : Number.POSITIVE_INFINITY;
  for (let part = 1; part < 2 ** (count - 1); part++) {
    const side = (node: number) => (part >> node) & 1;
    const across = [...edges].filter((edge) => {
      const [a, b] = edge.split(' ').map(Number) as [number, number];
      return side(a) !== side(b);
    });
    least = Math.min(least, across.length);
  }
  return least;
}

const graphs = fc.integer({ min: 1, max: 8 }).chain((count) => {
  const node = fc.integer({ min: 0, max: count - 1 });
  const link = fc.tuple(node, node).filter(([a, b]) => a !== b || count < 2);
  return fc.tuple(fc.constant(count), fc.array(link, { maxLength: count < 2 ? 0 : 30 }));
});

describe('minimumCut', () => {
  it('refuses a link that leaves the graph', () => {
    expect(() => minimumCut({ nodes: ['a'], links: [{ from: 'a', to: 'b' }] })).toThrow(RangeError);
  });

  it('agrees with trying all divisions', () => {
    fc.assert(
      fc.property(graphs, ([count, links]) => {
        expect(minimumCut(graph(count, links))).toBe(byTrying(count, links));
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ['line', 1],
    ['ring', 2],
    ['mesh', 11],
    ['star', 1],
    [{ shape: 'torus', columns: 4 }, 4],
    [{ shape: 'regular', degree: 3 }, 3],
  ])('of twelve nodes, %j: %d', (links, expected) => {
    const { nodes, links: all } = parseTopologyObject({ nodes: { count: 12 }, links }, { name: 'x' });
    expect(minimumCut({ nodes: nodes.map(({ name }) => name), links: all })).toBe(expected);
  });

  it('handles a graph of a thousand nodes', () => {
    const shape = { shape: 'small-world', degree: 10, rewire: 0.1 };
    const { nodes, links } = parseTopologyObject({ nodes: { count: 1_000 }, links: shape }, { name: 'x' });
    expect(minimumCut({ nodes: nodes.map(({ name }) => name), links })).toBeGreaterThanOrEqual(5);
  });
});
