import { describe, expect, it } from 'vitest';
import { ReceiptLog, toMessageReceipts } from '../../../src/experiment/run/receipt-log.ts';
import type { LogEntry } from '../../../src/network/log-entry.ts';

const NODES = new Map([
  ['n1', '10.0.0.2'],
  ['n2', '10.0.0.3'],
  ['n3', '10.0.0.4'],
]);

const received = (node: string, time: string, from: string, hops: number, id = 'x'): LogEntry => ({
  time: `2026-01-01T00:00:${time}Z`,
  node,
  level: 'info',
  event: 'gossip_received',
  fields: { id, from, hops },
});

function sightings(entries: LogEntry[]) {
  const receipts = new ReceiptLog();
  for (const entry of entries) receipts.add(entry);
  return receipts.get('x');
}

describe('receipts', () => {
  it('are counted from the sender, whom the controller told, with names for addresses', () => {
    const seen = sightings([
      received('n3', '00.004000', '10.0.0.3', 2),
      received('n1', '00.001500', '10.0.0.1', 0),
      received('n2', '00.002250', 'n1', 1),
      received('n2', '00.001000', 'n1', 1, 'another'),
    ]);
    expect(toMessageReceipts(seen, 'n1', NODES, 1_000)).toEqual({
      receipts: [
        { node: 'n1', at: 0, hops: 0, from: null },
        { node: 'n2', at: 0.75, hops: 1, from: 'n1' },
        { node: 'n3', at: 2.5, hops: 2, from: 'n2' },
      ],
      never: [],
    });
  });

  it('count once for each node, and not when they come too late', () => {
    const seen = sightings([
      received('n1', '00.000000', '10.0.0.1', 0),
      received('n2', '00.010000', 'n1', 1),
      received('n2', '00.020000', 'n3', 2),
      received('n3', '02.000001', 'n2', 2),
    ]);
    const { receipts, never } = toMessageReceipts(seen, 'n1', NODES, 2_000);
    expect(receipts.map(({ node, at }) => [node, at])).toEqual([
      ['n1', 0],
      ['n2', 10],
    ]);
    expect(never).toEqual(['n3']);
  });

  it('are none where not even the sender has it', () => {
    expect(toMessageReceipts([], 'n1', NODES, 1_000)).toEqual({ receipts: [], never: ['n1', 'n2', 'n3'] });
  });

  it('wake who waits for them, and pass on what the log failed with', async () => {
    const signal = new AbortController().signal;
    const receipts = new ReceiptLog();
    const waiting = receipts.waitForReceipt(60_000, signal);
    await receipts.follow(
      (async function* () {
        yield [received('n1', '00.000000', '10.0.0.1', 0)];
        throw new Error('the engine is gone');
      })(),
    );
    expect(await waiting).toBe(true);
    await expect(receipts.waitForReceipt(1, signal)).rejects.toThrow('the engine is gone');
    expect(receipts.count(['x', 'y'])).toBe(1);
    expect(await new ReceiptLog().waitForReceipt(1, signal)).toBe(false);
    await expect(new ReceiptLog().waitForReceipt(60_000, AbortSignal.abort(new Error('enough')))).rejects.toThrow(
      'enough',
    );
  });
});
