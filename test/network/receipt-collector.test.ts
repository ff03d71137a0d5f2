import { describe, expect, it } from 'vitest';
import type { LogEntry } from '../../src/network/log-entry.ts';
import { epochMicroseconds, ReceiptCollector } from '../../src/network/receipt-collector.ts';
import { SAME_CLOCK } from '../../src/shared/time/clock-offset.ts';

const signal = new AbortController().signal;

const received = (node: string, id: string, fields: Record<string, unknown> = {}): LogEntry => ({
  time: '2026-01-01T00:00:00.000250Z',
  node,
  level: 'info',
  event: 'gossip_received',
  fields: { id, from: 'n0', hops: 1, ...fields },
});

describe('a receipt collector', () => {
  it('keeps the first receipt of each node, of watched messages only', () => {
    const collector = new ReceiptCollector();
    collector.watch('x');
    collector.add([received('n1', 'x'), received('n1', 'y'), { ...received('n2', 'x'), event: 'gossip_sent' }]);
    collector.add([received('n1', 'x', { hops: 7 }), received('n2', 'x', { hops: 2 })]);
    expect(collector.receipts('x')).toEqual([
      { node: 'n1', at: '2026-01-01T00:00:00.000250Z', hops: 1, from: 'n0' },
      { node: 'n2', at: '2026-01-01T00:00:00.000250Z', hops: 2, from: 'n0' },
    ]);
    expect(collector.receipts('y')).toEqual([]);
    expect(collector.count(['x', 'y'])).toBe(2);
    collector.unwatch('x');
    expect(collector.receipts('x')).toEqual([]);
  });

  it('wakes waiting callers when a receipt arrives', async () => {
    const collector = new ReceiptCollector();
    collector.watch('x');
    const waiting = collector.waitForMore(60_000, signal);
    collector.add([received('n1', 'x')]);
    expect(await waiting).toBe(true);
    expect(await collector.waitForMore(1, signal)).toBe(false);
    const abort = new AbortController();
    const aborted = collector.waitForMore(60_000, abort.signal);
    abort.abort(new Error('enough'));
    await expect(aborted).rejects.toThrow('enough');
  });

  it('opens a log once, and rejects waiting callers when it fails', async () => {
    let opened = 0;
    const network = {
      clockOffset: async () => SAME_CLOCK,
      readLog: async () => {
        opened++;
        return (async function* (): AsyncGenerator<LogEntry[]> {
          yield [received('n1', 'x')];
          throw new Error('the engine is gone');
        })();
      },
    };
    const collector = new ReceiptCollector();
    collector.watch('x');
    await Promise.all([collector.follow(network, signal), collector.follow(network, signal)]);
    expect(opened).toBe(1);
    const all = async () => {
      for (;;) await collector.waitForMore(60_000, signal);
    };
    await expect(all()).rejects.toThrow('the engine is gone');
    expect(collector.count(['x'])).toBe(1);
  });
});

describe('the time of a log entry', () => {
  it('is read to the microsecond', () => {
    expect(epochMicroseconds('1970-01-01T00:00:01.000250Z')).toBe(1_000_250);
  });
});
