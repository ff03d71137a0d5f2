import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  cutsForPreset,
  MIN_PRESET_NODES,
  PARTITION_PRESETS,
  type PartitionCut,
  type PartitionPreset,
} from '../../../src/scenario/model/partition-presets.ts';

const names = (count: number) => Array.from({ length: count }, (_, index) => `n${index}`);

/** Returns the nodes that a node can connect to: neither direction is cut. */
function reachable(node: string, nodes: readonly string[], cuts: readonly PartitionCut[]): string[] {
  const cut = (from: string, to: string) => cuts.some((one) => one.from.includes(from) && one.to.includes(to));
  return nodes.filter((other) => other === node || !(cut(node, other) || cut(other, node)));
}

const sized = (preset: PartitionPreset) => fc.integer({ min: MIN_PRESET_NODES[preset], max: 40 }).map(names);

describe('presets with any number of nodes', () => {
  test.each(PARTITION_PRESETS)('%s divides its smallest number of nodes, and no fewer', (preset) => {
    const nodes = names(MIN_PRESET_NODES[preset]);
    const divided = nodes.some((node) => reachable(node, nodes, cutsForPreset(preset, nodes)).length < nodes.length);
    expect(divided).toBe(true);
    const fewer = names(MIN_PRESET_NODES[preset] - 1);
    const whole = fewer.every((node) => reachable(node, fewer, cutsForPreset(preset, fewer)).length === fewer.length);
    expect(whole).toBe(true);
  });

  test('halves: every node reaches its own half', () => {
    fc.assert(
      fc.property(sized('halves'), (nodes) => {
        const half = Math.floor(nodes.length / 2);
        for (const [place, node] of nodes.entries())
          expect(reachable(node, nodes, cutsForPreset('halves', nodes))).toEqual(
            place < half ? nodes.slice(0, half) : nodes.slice(half),
          );
      }),
    );
  });

  test('one-alone: one node reaches none, and all others reach each other', () => {
    fc.assert(
      fc.property(sized('one-alone'), ([first, ...rest]) => {
        const nodes = [first!, ...rest];
        const cuts = cutsForPreset('one-alone', nodes);
        expect(reachable(first!, nodes, cuts)).toEqual([first]);
        for (const node of rest) expect(reachable(node, nodes, cuts)).toEqual(rest);
      }),
    );
  });

  test('bridge: one node reaches all, and all others reach their own side and the bridge', () => {
    fc.assert(
      fc.property(sized('bridge'), (nodes) => {
        const half = Math.floor(nodes.length / 2);
        const bridge = nodes[half]!;
        const cuts = cutsForPreset('bridge', nodes);
        expect(reachable(bridge, nodes, cuts)).toEqual(nodes);
        const [left, right] = [nodes.slice(0, half), nodes.slice(half + 1)];
        for (const node of left) expect(reachable(node, nodes, cuts)).toEqual([...left, bridge]);
        for (const node of right) expect(reachable(node, nodes, cuts)).toEqual([bridge, ...right]);
      }),
    );
  });

  test('majorities-ring: every node reaches a majority but not all, and no two reach the same', () => {
    fc.assert(
      fc.property(sized('majorities-ring'), (nodes) => {
        const cuts = cutsForPreset('majorities-ring', nodes);
        const views = nodes.map((node) => reachable(node, nodes, cuts));
        for (const view of views) {
          expect(view.length).toBeGreaterThan(nodes.length / 2);
          expect(view.length).toBeLessThan(nodes.length);
        }
        expect(new Set(views.map((view) => view.join())).size).toBe(nodes.length);
      }),
    );
  });
});
