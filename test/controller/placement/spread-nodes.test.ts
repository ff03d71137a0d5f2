import { describe, expect, it } from 'vitest';
import {
  constraintFix,
  findMissingLabel,
  findUnmetConstraints,
  spreadNodes,
} from '../../../src/controller/placement/spread-nodes.ts';

const GIBIBYTE = 1024 ** 3;
const host = (name: string, gibibytes: number, cores: number, labels: Record<string, string> = {}) => ({
  name,
  memoryBytes: gibibytes * GIBIBYTE,
  cores,
  labels,
});
const EU = { region: 'eu' };
const US = { region: 'us' };
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

describe('spreadNodes by a label', () => {
  const spread = (count: number, hosts: Record<number, string> = {}) =>
    nodes(count, hosts).map((node) => ({ ...node, spread: 'region' }));

  it('puts as many nodes on each value of the label, and within one where there is room', () => {
    const hosts = [host('a', 2, 8, EU), host('b', 6, 8, EU), host('c', 1, 1, US), host('d', 64, 64)];
    expect(counts(spreadNodes(spread(80), hosts, none))).toEqual({ a: 10, b: 30, c: 40 });
  });

  it('counts nodes that stay where they are', () => {
    const hosts = [host('a', 8, 4, EU), host('b', 8, 4, US)];
    const kept = new Map([
      ['n1', 'a'],
      ['n2', 'a'],
      ['n3', 'a'],
    ]);
    expect(counts(spreadNodes(spread(6), hosts, kept))).toEqual({ a: 3, b: 3 });
  });

  it('leaves other nodes to what is free', () => {
    const hosts = [host('a', 8, 4, EU), host('b', 8, 4)];
    const places = spreadNodes([...spread(2), { name: 'other' }], hosts, none);
    expect([...places.values()]).toEqual(['a', 'a', 'b']);
  });

  it.each([
    [undefined, undefined],
    ['region', undefined],
    ['rack', 'rack'],
  ])('misses the label of a node that is spread by %s: %s', (label, missing) => {
    const node = label === undefined ? {} : { spread: label };
    expect(findMissingLabel(node, [host('a', 8, 4, EU), host('b', 8, 4)])).toBe(missing);
  });
});

describe('spreadNodes with constraints', () => {
  const hosts = [host('a', 8, 4, { ...EU, disk: 'ssd' }), host('b', 8, 4, EU), host('c', 8, 4, { ...US, disk: 'hdd' })];
  const constrained = (count: number, ...constraints: string[]) =>
    nodes(count).map((node) => ({ ...node, constraints }));

  it.each([
    [['region==eu'], { a: 3, b: 3 }],
    [['region==EU', 'disk!=hdd'], { a: 3, b: 3 }],
    [['disk!=ssd'], { b: 3, c: 3 }],
    [['region==eu', 'disk==ssd'], { a: 6 }],
  ])('uses only the hosts that meet %j', (constraints, expected) => {
    expect(counts(spreadNodes(constrained(6, ...constraints), hosts, none))).toEqual(expected);
  });

  it('moves a node from a host that does not meet them, and leaves one on a host that does', () => {
    const kept = new Map([
      ['n1', 'c'],
      ['n2', 'b'],
    ]);
    const places = spreadNodes(constrained(2, 'region==eu'), hosts, kept);
    expect(Object.fromEntries(places)).toEqual({ n1: 'a', n2: 'b' });
  });

  it('spreads over a label within them', () => {
    const some = constrained(4, 'disk!=hdd').map((node) => ({ ...node, spread: 'region' }));
    expect(counts(spreadNodes(some, hosts, none))).toEqual({ a: 2, b: 2 });
    expect(findMissingLabel({ spread: 'region', constraints: ['disk==tape'] }, hosts)).toBe('region');
  });

  it.each([
    [['region==eu', 'disk==hdd'], 'region==eu and disk==hdd'],
    [['region!=eu', 'region!=us'], 'region!=eu and region!=us'],
    [['region==us'], undefined],
    [undefined, undefined],
  ])('says that no host meets %j', (constraints, unmet) => {
    expect(findUnmetConstraints(constraints === undefined ? {} : { constraints }, hosts)).toBe(unmet);
  });

  it.each([
    ['region!=us and region==eu', '--label-add region=eu'],
    ['region==eu and disk==ssd', '--label-add region=eu --label-add disk=ssd'],
    ['region!=us', '--label-add LABEL=VALUE'],
  ])('says how a host meets %s', (unmet, label) => {
    expect(constraintFix(unmet)).toBe(`docker node update ${label} HOST, on the manager`);
  });
});
