import { describe, expect, it } from 'vitest';
import { CONTROLLER, type LogEntry } from '../../src/network/log-entry.ts';
import type { ReadLogOptions } from '../../src/network/running-network.ts';
import { MergedLog } from '../../src/runtimes/merged-log.ts';

const entry = (node: string, event: string, fields = {}): LogEntry => ({
  time: '',
  node,
  level: 'info',
  event,
  fields,
});

async function read(book: MergedLog, options: Partial<ReadLogOptions> = {}): Promise<string[]> {
  const events: string[] = [];
  for await (const batch of book.read({ follow: false, ...options })) for (const { event } of batch) events.push(event);
  return events;
}

describe('the log of nodes in this process', () => {
  it('returns all entries, those of some nodes, or the last ones', async () => {
    const book = new MergedLog();
    for (const event of ['1', '2', '3']) for (const node of ['a', 'b']) book.add(entry(node, node + event));
    book.add(entry(CONTROLLER, 'a ended', { of: 'a' }));
    expect(await read(book)).toEqual(['a1', 'b1', 'a2', 'b2', 'a3', 'b3', 'a ended']);
    expect(await read(book, { nodes: ['a'] })).toEqual(['a1', 'a2', 'a3', 'a ended']);
    expect(await read(book, { nodes: ['b'] })).toEqual(['b1', 'b2', 'b3']);
    expect(await read(book, { nodes: [CONTROLLER] })).toEqual(['a ended']);
    expect(await read(book, { tail: 1 })).toEqual(['a3', 'b3', 'a ended']);
    expect(await read(book, { tail: 0 })).toEqual([]);
    expect(await read(new MergedLog())).toEqual([]);
  });

  it('returns entries from a moment on, also those of the very millisecond', async () => {
    const book = new MergedLog();
    for (const time of [
      '09:59:59.999999Z',
      '10:00:00.122999Z',
      '10:00:00.123000Z',
      '10:00:00.123999Z',
      '10:00:01.000000Z',
    ])
      book.add({ ...entry('a', time.slice(6, -1)), time: `2026-01-01T${time}` });
    const since = Date.parse('2026-01-01T10:00:00.123Z');
    for (const ms of [since, since + 0.7]) {
      expect(await read(book, { since: ms })).toEqual(['00.123000', '00.123999', '01.000000']);
    }
    expect(await read(book, { since: since + 1 })).toEqual(['01.000000']);
  });

  it('gives each reader new entries until it is closed', async () => {
    const book = new MergedLog();
    book.add(entry('a', '1'));
    const readers = [read(book, { follow: true }), read(book, { follow: true, nodes: ['b'] })];
    await Promise.resolve();
    book.add(entry('b', '2'));
    await new Promise(setImmediate);
    book.add(entry('b', '3'));
    book.close();
    expect(await Promise.all(readers)).toEqual([
      ['1', '2', '3'],
      ['2', '3'],
    ]);
  });

  it('ends a reader when its signal aborts', async () => {
    const book = new MergedLog();
    const abort = new AbortController();
    const reading = read(book, { follow: true, signal: abort.signal });
    book.add(entry('a', '1'));
    await new Promise(setImmediate);
    abort.abort();
    book.add(entry('a', '2'));
    expect(await reading).toEqual(['1']);
  });

  it('keeps a bounded number of entries, and a reader that keeps up misses none', async () => {
    const book = new MergedLog();
    const total = 250_000;
    const abort = new AbortController();
    let seen = 0;
    const reading = (async () => {
      for await (const batch of book.read({ follow: true, signal: abort.signal })) {
        for (const { event } of batch) if (Number(event) === seen) seen++;
        if (seen === total) abort.abort();
      }
    })();
    for (let i = 0; i < total; i++) {
      book.add(entry('a', String(i)));
      if (i % 10_000 === 0) await new Promise(setImmediate);
    }
    await reading;
    expect(seen).toBe(total);
    const left = await read(book);
    expect(left.length).toBeLessThanOrEqual(200_000);
    expect(left.at(-1)).toBe(String(total - 1));
  });
});
