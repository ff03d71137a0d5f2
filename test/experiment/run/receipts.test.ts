import { describe, expect, it } from 'vitest';
import { toSampleReceipts } from '../../../src/experiment/run/receipts.ts';
import type { GossipReceipt } from '../../../src/network/receipt-collector.ts';

const ADDRESSES = new Map(
  ['n1', 'n2', 'n3'].map((name, index) => [name, { host: `10.0.0.${index + 2}`, port: 3000 }] as const),
);

const received = (node: string, time: string, from: string, hops: number): GossipReceipt => ({
  at: `2026-01-01T00:00:${time}Z`,
  node,
  from,
  hops,
});

describe('the receipts of a sample', () => {
  it('count from the sender, which the controller sent the message to, with names for addresses', () => {
    const collected = [
      received('n3', '00.004000', '10.0.0.3', 2),
      received('n1', '00.001500', '10.0.0.1', 0),
      received('n2', '00.002250', 'n1', 1),
    ];
    expect(toSampleReceipts(collected, 'n1', ADDRESSES, 1_000)).toEqual({
      receipts: [
        { node: 'n1', at: 0, hops: 0, from: null },
        { node: 'n2', at: 0.75, hops: 1, from: 'n1' },
        { node: 'n3', at: 2.5, hops: 2, from: 'n2' },
      ],
      never: [],
    });
  });

  it('leave out nodes that received the message too late', () => {
    const collected = [
      received('n1', '00.000000', '10.0.0.1', 0),
      received('n2', '00.010000', 'n1', 1),
      received('n3', '02.000001', 'n2', 2),
    ];
    const { receipts, never } = toSampleReceipts(collected, 'n1', ADDRESSES, 2_000);
    expect(receipts.map(({ node, at }) => [node, at])).toEqual([
      ['n1', 0],
      ['n2', 10],
    ]);
    expect(never).toEqual(['n3']);
  });

  it('are none where not even the sender received the message', () => {
    expect(toSampleReceipts([], 'n1', ADDRESSES, 1_000)).toEqual({ receipts: [], never: ['n1', 'n2', 'n3'] });
  });
});
