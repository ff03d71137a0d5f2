import { describe, expect, it, vi } from 'vitest';
import type { LogEntry } from '../../../src/network/log-entry.ts';
import { orderByTime } from '../../../src/runtimes/namespaces/supervisor/order-log.ts';

const entry = (node: string, time: string): LogEntry => ({ node, time, level: 'info', event: 'e', fields: {} });
const labels = (batches: LogEntry[][]) => batches.flat().map(({ node, time }) => `${node}${time}`);

async function collect(batches: AsyncGenerator<LogEntry[]>): Promise<LogEntry[][]> {
  const all: LogEntry[][] = [];
  for await (const batch of batches) all.push(batch);
  return all;
}

async function* source(...batches: LogEntry[][]): AsyncGenerator<LogEntry[]> {
  yield* batches;
}

describe('the log of programs with pipes of their own', () => {
  it('sorts what is there at once', async () => {
    expect(labels(await collect(orderByTime(source([entry('b', '3'), entry('a', '1'), entry('b', '4')]))))).toEqual([
      ...['a1', 'b3', 'b4'],
    ]);
  });

  it('puts what follows in order, as far as it comes within the window', async () => {
    const late = source([], [entry('b', '2')], [entry('a', '1')], [entry('a', '3'), entry('b', '4')]);
    expect(labels(await collect(orderByTime(late, 10_000)))).toEqual(['a1', 'b2', 'a3', 'b4']);
  });

  it('passes everything on at once without a window', async () => {
    const late = source([], [entry('b', '2')], [entry('a', '1')]);
    expect(labels(await collect(orderByTime(late, 0)))).toEqual(['b2', 'a1']);
  });

  it('passes an entry on when its window is over, though the log goes on', async () => {
    let end = () => {};
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    async function* endless(): AsyncGenerator<LogEntry[]> {
      yield [];
      yield [entry('b', '1'), entry('a', '1')];
      yield [entry('b', '2')];
      await ended;
    }
    const ordered = orderByTime(endless(), 20);
    const seen: string[] = [];
    while (seen.length < 3) seen.push(...labels([((await ordered.next()).value as LogEntry[] | undefined) ?? []]));
    // Equal times stay in the order of arrival.
    expect(seen).toEqual(['b1', 'a1', 'b2']);
    end();
    expect((await ordered.next()).done).toBe(true);
  });

  it('ends its source when nobody reads on', async () => {
    let closed = false;
    async function* endless(): AsyncGenerator<LogEntry[]> {
      try {
        yield [];
        for (;;) yield [entry('a', '1')];
      } finally {
        closed = true;
      }
    }
    for await (const batch of orderByTime(endless(), 1)) if (batch.length > 0) break;
    await vi.waitFor(() => expect(closed).toBe(true));
  });
});
