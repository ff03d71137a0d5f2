import { describe, expect, it } from 'vitest';
import { parsePartitionArguments } from '../../../../src/cli/commands/faults/partition.ts';
import { parseTopologyObject } from '../../../../src/topology/index.ts';

const topology = parseTopologyObject({
  name: 'test',
  nodes: ['a', 'b', 'c', 'd'],
  groups: { rest: ['b', 'c'] },
  links: 'ring',
});

describe('parsePartition', () => {
  it('cuts groups, named by nodes or by groups of the topology, in both directions', () => {
    expect(parsePartitionArguments(topology, 'a / rest, d')).toEqual([
      { from: ['a'], to: ['b', 'c', 'd'] },
      { from: ['b', 'c', 'd'], to: ['a'] },
    ]);
  });

  it.each(['a,b / c,d', 'halves'])('cuts %s in one direction', (text) => {
    expect(parsePartitionArguments(topology, text, true)).toEqual([{ from: ['a', 'b'], to: ['c', 'd'] }]);
  });

  it.each([
    ['a', false, 'usage', 'neither groups of nodes nor a preset'],
    ['a / a,b', false, 'usage', 'a is on both sides'],
    ['a / z', false, 'no_such_node', 'has no node "z"'],
    ['majorities-ring', true, 'usage', '--one-way needs groups'],
  ])('refuses %s', (text, oneWay, code, message) => {
    expect(() => parsePartitionArguments(topology, text, oneWay)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(message) }),
    );
  });
});
