import { describe, expect, it } from 'vitest';
import { spreadNodes } from '../../../src/controller/placement/spread-nodes.ts';

const GIBIBYTE = 1024 ** 3;
const host = (name: string, gibibytes: number, cores: number) => ({ name, memoryBytes: gibibytes * GIBIBYTE, cores });
const nodes = (count: number, hosts: Record<number, string> = {}) =>
  Array.from({ length: count }, (_, index) => {
    const own = hosts[index];
    return { name: `n${index + 1}`, ...(own === undefined ? {} : { host: own }) };
  });
const counts = (places: ReadonlyMap<string, string>) => {
  const found: Record<string, number> = {};
  for (const name of places.values()) found[name] = (found[name] ?? 0) + 1;
  return found;
};
const none = new Map<string, string>();

describe('spreadNodes', () => {
  it('takes turns between equal hosts', () => {
    const places = spreadNodes(nodes(6), [host('a', 8, 4), host('b', 8, 4), host('c', 8, 4)], none);
    expect([...places.values()]).toEqual(['a', 'b', 'c', 'a', 'b', 'c']);
  });

  it.each([
    ['memory', [host('a', 2, 4), host('b', 6, 4)], { a: 33, b: 67 }],
    ['cores', [host('a', 8, 2), host('b', 8, 6)], { a: 33, b: 67 }],
    ['whichever is shorter', [host('a', 1, 6), host('b', 3, 2)], { a: 50, b: 50 }],
  ])('gives hosts as many nodes as they have room for, by %s', (_, hosts, expected) => {
    expect(counts(spreadNodes(nodes(100), hosts, none))).toEqual(expected);
  });

  it('puts nodes where they declare, and fills the other hosts up first', () => {
    const places = spreadNodes(nodes(6, { 0: 'a', 1: 'a', 2: 'a' }), [host('a', 8, 4), host('b', 8, 4)], none);
    expect(counts(places)).toEqual({ a: 3, b: 3 });
    expect([...places.values()].slice(0, 3)).toEqual(['a', 'a', 'a']);
  });

  it('leaves nodes where they are, unless they declare another host', () => {
    const kept = new Map([
      ['n1', 'b'],
      ['n2', 'b'],
      ['n3', 'b'],
    ]);
    const places = spreadNodes(nodes(4, { 2: 'a' }), [host('a', 8, 4), host('b', 8, 4)], kept);
    expect([...places.values()]).toEqual(['b', 'b', 'a', 'a']);
  });
});
