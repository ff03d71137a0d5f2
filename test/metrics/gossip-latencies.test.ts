import { describe, expect, it } from 'vitest';
import { GossipLatencies } from '../../src/metrics/gossip-latencies.ts';
import type { LogEntry } from '../../src/network/log-entry.ts';

const receipt = (node: string, second: string, hops: number, id: unknown = 'a'): LogEntry => ({
  time: `2026-01-31T12:00:${second}Z`,
  node,
  level: 'info',
  event: 'gossip_received',
  fields: { id, hops, from: 'n0' },
});

describe('latencies of gossip', () => {
  it('are the times from the first node that had a message', () => {
    const latencies = new GossipLatencies();
    expect(latencies.add([receipt('n1', '00.000000', 0), receipt('n2', '00.001500', 1)])).toEqual([
      { id: 'a', node: 'n2', hops: 1, seconds: 0.0015 },
    ]);
    expect(latencies.add([receipt('n3', '01.000000', 2)])).toEqual([{ id: 'a', node: 'n3', hops: 2, seconds: 1 }]);
  });

  it('are not negative where an entry came late, and tell messages apart', () => {
    const latencies = new GossipLatencies();
    latencies.add([receipt('n1', '02.000000', 0), receipt('n1', '03.000000', 0, 'b')]);
    expect(latencies.add([receipt('n2', '01.000000', 1), receipt('n2', '03.500000', 1, 'b')])).toEqual([
      { id: 'a', node: 'n2', hops: 1, seconds: 0 },
      { id: 'b', node: 'n2', hops: 1, seconds: 0.5 },
    ]);
  });

  it('leave other entries alone', () => {
    const other = { ...receipt('n1', '00.000000', 0), event: 'link_up' };
    expect(new GossipLatencies().add([other, receipt('n1', '00.000000', 0, 7)])).toEqual([]);
  });
});
