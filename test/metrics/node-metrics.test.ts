import { describe, expect, it } from 'vitest';
import { parseNodeMetrics } from '../../src/metrics/node-metrics.ts';

const names = new Map([['10.64.0.3:3000', 'n2']]);
const none = { messagesIn: 0, messagesOut: 0, bytesIn: 0, bytesOut: 0 };

describe('the metrics in a status', () => {
  it('name peers, and have traffic by type and link', () => {
    const status = {
      peers: [{ peer: '10.64.0.3:3000', queued: 7, messages_in: 1, bytes_out: 20 }, { peer: 'other:1' }],
      types: { gossip: { messages_in: 3, bytes_in: 300 } },
      buffered: 9,
      uptime: 1.5,
      counters: { gossip_received: 4, odd: 'x', below: -1 },
    };
    expect(parseNodeMetrics('n1', status, names)).toEqual({
      node: 'n1',
      types: [{ type: 'gossip', ...none, messagesIn: 3, bytesIn: 300 }],
      links: [
        { to: 'n2', ...none, messagesIn: 1, bytesOut: 20, queuedBytes: 7 },
        { to: 'other:1', ...none, queuedBytes: undefined },
      ],
      bufferedBytes: 9,
      uptimeSeconds: 1.5,
      counters: new Map([['gossip_received', 4]]),
    });
  });

  it.each([undefined, null, 'text', { peers: 'x', types: [1], counters: null }])(
    'take %j from a strange node',
    (status) => {
      expect(parseNodeMetrics('n1', status, names).links).toEqual([]);
    },
  );
});
