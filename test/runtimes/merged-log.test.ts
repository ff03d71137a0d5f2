import { describe, expect, it } from 'vitest';
import { CONTROLLER, type LogEntry, toLogTime } from '../../src/network/log-entry.ts';
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

  /** Adds `count` entries of a and b in turn, a microsecond apart, from the `from`th of the day on. */
  const addMany = (book: MergedLog, count: number, from = 0) => {
    for (let i = from; i < from + count; i++)
      book.add({ ...entry(i % 2 === 0 ? 'a' : 'b', String(i)), time: toLogTime(i / 1_000) });
  };
  const gap = (from: number, count: number, of: string[], seconds: number) => ({
    time: toLogTime(from / 1_000),
    node: CONTROLLER,
    level: 'warn',
    event: 'log_gap',
    fields: { of, lines_about: count, seconds, reason: 'devnet dropped these lines before they were read' },
  });

  it.each<[string, string[] | undefined, number, string[]]>([
    ['all nodes', undefined, 1, ['a', 'b']],
    ['one of them', ['b'], 2, ['b']],
  ])('says to a reader of %s that paused how many entries it missed', async (_, nodes, every, of) => {
    const book = new MergedLog();
    addMany(book, 10);
    const entries: LogEntry[] = [];
    const reader = book.read({ follow: true, ...(nodes ? { nodes } : {}) });
    entries.push(...((await reader.next()).value as LogEntry[]));
    addMany(book, 450_000, 10);
    book.close();
    for await (const batch of reader) entries.push(...batch);
    // It is within the first chunk of 100,000; the last full one and the one after it are kept.
    expect(entries.filter(({ event }) => event === 'log_gap')).toEqual([gap(100_000, 200_000 / every, of, 0.199)]);
    expect(entries).toHaveLength(250_010 / every + 1);
    expect(entries[100_000 / every]?.event).toBe('log_gap');
    expect(entries.at(-1)?.event).toBe('450009');
  });

  it('says to a reader that comes late how many entries it missed, unless it asks for none of them', async () => {
    const book = new MergedLog();
    addMany(book, 250_000);
    const firstOf = async (options: Partial<ReadLogOptions>) =>
      (await book.read({ follow: false, ...options }).next()).value?.[0] as LogEntry | undefined;
    expect(await firstOf({})).toEqual(gap(0, 100_000, ['a', 'b'], 0.099));
    expect(await firstOf({ nodes: ['a'] })).toEqual(gap(0, 50_000, ['a'], 0.099));
    expect(book.entries[0]).toEqual(gap(0, 100_000, ['a', 'b'], 0.099));
    expect(book.entries).toHaveLength(150_001);
    expect(await firstOf({ nodes: ['c'] })).toBeUndefined();
    expect((await firstOf({ since: 100 }))?.event).toBe('100000');
    expect((await firstOf({ tail: 1 }))?.event).toBe('249998');
  });
});
