import { describe, expect, test } from 'vitest';
import { declaredLinkState, listLinkConditions } from '../../../src/controller/links/declared-link-state.ts';
import { parseTopology } from '../../../src/topology/index.ts';

const topology = parseTopology(
  `
name: four
nodes: { count: 4 }
links: line
conditions: { between: [{ between: [n1, n2], delay: 10ms }] }
`,
  { file: 'four.yaml' },
);
const addresses = new Map(topology.nodes.map(({ name }, index) => [name, `10.0.0.${index + 2}`]));
const address = (name: string) => addresses.get(name) as string;
const declared = declaredLinkState(topology, { bridge: 'br', gateway: '10.0.0.1' }, addresses);
const cut = (fault: string, from: string[], to: string[]) => ({
  fault,
  from: from.map(address),
  to: to.map(address),
});

describe('the conditions in force', () => {
  test('are those of links, without the pairs of nodes that a fault cuts beside them', () => {
    const state = { ...declared, cuts: [cut('split', ['n1', 'n2'], ['n3', 'n4'])] };
    expect(listLinkConditions(state, [], topology.links)).toEqual([
      { from: 'n1', to: 'n2', delay: 10 },
      { from: 'n2', to: 'n1', delay: 10 },
      { from: 'n2', to: 'n3', cut: 'split' },
    ]);
  });

  test('include what is set between nodes without a link, and that it is cut', () => {
    const override = { fault: 'slow', from: address('n4'), to: address('n1'), loss: 5 };
    const state = { ...declared, conditions: [], overrides: [override], cuts: [cut('split', ['n4'], ['n1'])] };
    expect(listLinkConditions(state, [], topology.links)).toEqual([{ from: 'n4', to: 'n1', loss: 5, cut: 'split' }]);
  });

  test('say which directions are proxied', () => {
    expect(listLinkConditions(declared, [{ from: address('n2'), to: address('n1') }], topology.links)).toEqual([
      { from: 'n1', to: 'n2', delay: 10 },
      { from: 'n2', to: 'n1', delay: 10, proxied: true },
    ]);
  });

  test('of a thousand nodes in halves are as many as their links', () => {
    const large = parseTopology('name: large\nnodes: { count: 1000 }\nlinks: ring', { file: 'large.yaml' });
    const names = large.nodes.map(({ name }) => name);
    const of = new Map(names.map((name, index) => [name, `10.0.${index >> 8}.${index & 255}`]));
    const half = (half: number) => names.slice(500 * half, 500 * half + 500).map((name) => of.get(name) as string);
    const state = declaredLinkState(large, { bridge: 'br', gateway: '10.1.0.1' }, of);
    const halves = [
      { fault: 'halves', from: half(0), to: half(1) },
      { fault: 'halves', from: half(1), to: half(0) },
    ];
    expect(listLinkConditions({ ...state, cuts: halves }, [], large.links)).toHaveLength(4);
  });
});
