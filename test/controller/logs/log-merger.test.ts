import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LogMerger } from '../../../src/controller/logs/log-merger.ts';

const at = (seconds: number, text = '') => ({
  time: `2026-01-01T00:00:${String(seconds).padStart(2, '0')}.000000Z`,
  text,
});
const texts = (items: { text: string }[]) => items.map(({ text }) => text).join('');

describe('LogMerger', () => {
  it('orders by time when every open source has an item waiting', () => {
    const merger = new LogMerger<ReturnType<typeof at>>(100);
    merger.open('a');
    merger.open('b');
    merger.push('a', [at(1, '1'), at(4, '4')], 0);
    merger.push('b', [at(2, '2'), at(3, '3')], 0);
    expect(texts(merger.take(0))).toBe('123');
    expect(merger.queuedCount).toBe(1);
  });

  it('holds the earliest item while a source without items could be earlier, for a window at most', () => {
    const merger = new LogMerger<ReturnType<typeof at>>(100);
    merger.open('a');
    merger.open('idle');
    merger.push('a', [at(1, '1')], 50);
    expect(merger.take(149)).toEqual([]);
    expect(merger.nextDueTime).toBe(150);
    expect(texts(merger.take(150))).toBe('1');
    expect(merger.nextDueTime).toBeUndefined();
  });

  it('lets an earlier item overtake one that waits', () => {
    const merger = new LogMerger<ReturnType<typeof at>>(100);
    merger.open('a');
    merger.open('b');
    merger.push('a', [at(5, '5')], 0);
    merger.push('b', [at(2, '2')], 60);
    expect(texts(merger.take(60))).toBe('2');
    expect(texts(merger.take(100))).toBe('5');
  });

  it('returns the rest of a source that ended, and waits for it no longer', () => {
    const merger = new LogMerger<ReturnType<typeof at>>(Number.POSITIVE_INFINITY);
    merger.open('a');
    merger.open('b');
    merger.push('a', [at(1, '1')], 0);
    expect(merger.take(1e9)).toEqual([]);
    merger.end('b');
    expect(texts(merger.take(0))).toBe('1');
    merger.end('a');
    expect(merger.queuedCount).toBe(0);
  });

  it('keeps the order of one source when its clock goes back', () => {
    const merger = new LogMerger<ReturnType<typeof at>>(0);
    merger.open('a');
    merger.push('a', [at(9, '9'), at(1, '1'), at(10, 'x')], 0);
    expect(texts(merger.take(0))).toBe('91x');
  });

  it('continues a source that was opened again before its last items left', () => {
    const merger = new LogMerger<ReturnType<typeof at>>(100);
    merger.open('a');
    merger.open('b');
    merger.push('a', [at(1, '1')], 0);
    merger.end('a');
    merger.open('a');
    merger.push('a', [at(2, '2')], 0);
    expect(texts(merger.take(100))).toBe('12');
  });

  it('loses and repeats nothing, and sorts a whole backlog, however it is split and interleaved', () => {
    const line = fc.integer({ min: 0, max: 59 });
    const sources = fc.array(fc.array(line, { maxLength: 40 }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(sources, fc.infiniteStream(fc.nat(1_000)), (drawn, choices) => {
        const merger = new LogMerger<{ time: string; source: number; place: number }>(Number.POSITIVE_INFINITY);
        const queues = drawn.map((seconds, source) =>
          [...seconds].sort((a, b) => a - b).map((second, place) => ({ ...at(second), source, place })),
        );
        const all = queues.flat();
        queues.forEach((_, source) => {
          merger.open(String(source));
        });
        const taken: { time: string; source: number; place: number }[] = [];
        const open = new Set(queues.keys());
        for (const choice of choices) {
          const source = [...open][choice % open.size];
          if (source === undefined) break;
          const queue = queues[source] as (typeof all)[number][];
          if (queue.length === 0) {
            merger.end(String(source));
            open.delete(source);
          } else merger.push(String(source), queue.splice(0, 1 + (choice % 3)), 0);
          taken.push(...merger.take(0));
        }
        expect(taken.length).toBe(all.length);
        for (let i = 1; i < taken.length; i++)
          expect((taken[i - 1] as { time: string }).time <= (taken[i] as { time: string }).time).toBe(true);
        drawn.forEach((_, source) => {
          const places = taken.filter((item) => item.source === source).map((item) => item.place);
          expect(places).toEqual([...places.keys()]);
        });
      }),
    );
  });
});
