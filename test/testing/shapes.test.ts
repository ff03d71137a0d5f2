import { describe, expect, it } from 'vitest';
import { edges, parseTopologyObject, shapes } from '../../src/index.ts';
import { SHAPE_NAMES } from '../../src/topology/schema/index.ts';

const all = {
  line: shapes.line(6),
  ring: shapes.ring(6),
  star: shapes.star(6, { hub: 'n2' }),
  mesh: shapes.mesh(6),
  tree: shapes.tree(6, { branching: 3 }),
  grid: shapes.grid(6, { columns: 3 }),
  torus: shapes.torus(9),
  hypercube: shapes.hypercube(8),
  regular: shapes.regular(6, { degree: 3, seed: 5 }),
  random: shapes.random(6, { probability: 0.5 }),
  smallWorld: shapes.smallWorld(6, { degree: 2, rewire: 0.5 }),
  scaleFree: shapes.scaleFree(6, { attach: 2 }),
} satisfies Record<keyof typeof shapes, unknown>;

describe('shapes', () => {
  it('are the shapes of topology files', () => {
    expect(new Set(Object.values(all).map(({ links }) => links.shape))).toEqual(new Set(SHAPE_NAMES));
    expect(Object.keys(edges).sort()).toEqual(Object.keys(shapes).sort());
  });

  it.each(Object.entries(all))('return a topology with nodes and links: %s', (_, shaped) => {
    const { nodes, links } = parseTopologyObject(shaped, { name: 'x' });
    expect(nodes).toHaveLength(shaped.nodes.count);
    expect(links.length).toBeGreaterThanOrEqual(nodes.length - 1);
  });
});
