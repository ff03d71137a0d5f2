import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LogMerger } from '../../../src/controller/logs/log-merger.ts';

const at = (timeMs: number, text = '', time = String(timeMs)) => ({ timeMs, time, text });
const texts = (items: { text: string }[]) => items.map(({ text }) => text).join('');
const NEVER = Number.NEGATIVE_INFINITY;

function openMerger(...sources: string[]): LogMerger<ReturnType<typeof at>> {
  const merger = new LogMerger<ReturnType<typeof at>>();
  for (const source of sources) merger.open(source);
  return merger;
}

describe('LogMerger', () => {
  it('orders by time when every open source has an item waiting', () => {
    const merger = openMerger('a', 'b');
    merger.push('a', [at(1, '1'), at(4, '4')]);
    merger.push('b', [at(2, '2'), at(3, '3')]);
    expect(texts(merger.take(NEVER))).toBe('123');
    expect(merger.queuedCount).toBe(1);
  });

  it('holds an item for a silent source until that is known to have none before', () => {
    const merger = openMerger('a', 'silent');
    merger.push('a', [at(50, '1')]);
    expect(merger.take(NEVER)).toEqual([]);
    expect(merger.take(49)).toEqual([]);
    expect(merger.blockingSources).toEqual(['silent']);
    expect(merger.headTimeMs).toBe(50);
    merger.push('silent', [at(0, '0')]);
    expect(texts(merger.take(NEVER))).toBe('0');
    expect(texts(merger.take(50))).toBe('1');
    expect(merger.headTimeMs).toBeUndefined();
    expect(merger.blockingSources).toEqual([]);
  });

  it('does not hold items from before the time until which a source is complete', () => {
    const merger = openMerger('a', 'silent');
    merger.push('a', [at(1, '1'), at(2, '2'), at(3, '3')]);
    merger.completeUntil('silent', 2);
    expect(texts(merger.take(NEVER))).toBe('12');
    merger.completeUntil('silent', 1);
    expect(merger.take(NEVER)).toEqual([]);
    expect(merger.blockingSources).toEqual(['silent']);
  });

  it('lets an earlier item overtake one that waits', () => {
    const merger = openMerger('a', 'b', 'c');
    merger.push('a', [at(5, '5')]);
    merger.push('b', [at(2, '2')]);
    expect(texts(merger.take(2))).toBe('2');
    expect(texts(merger.take(5))).toBe('5');
  });

  it('orders items by the text of their times when they are closer than a number can tell', () => {
    const merger = openMerger('a', 'b');
    merger.push('a', [at(1, '2', '00.000000002'), at(1, '4', '00.000000004')]);
    merger.push('b', [at(1, '1', '00.000000001'), at(1, '3', '00.000000003'), at(9, '9')]);
    expect(texts(merger.take(NEVER))).toBe('1234');
  });

  it('takes no more items than are asked for', () => {
    const merger = openMerger('a', 'b');
    merger.push('a', [at(1, '1'), at(2, '2'), at(3, '3')]);
    merger.push('b', [at(9, '9')]);
    expect(texts(merger.take(NEVER, 2))).toBe('12');
    expect(texts(merger.take(NEVER, 2))).toBe('3');
  });

  it('returns the rest of a source that ended, and waits for it no longer', () => {
    const merger = openMerger('a', 'b');
    merger.push('a', [at(1, '1')]);
    expect(merger.take(NEVER)).toEqual([]);
    merger.end('b');
    expect(texts(merger.take(NEVER))).toBe('1');
    merger.end('a');
    expect(merger.queuedCount).toBe(0);
  });

  it('keeps the order of one source when its clock goes back', () => {
    const merger = openMerger('a');
    merger.push('a', [at(9, '9'), at(1, '1'), at(10, 'x')]);
    expect(texts(merger.take(NEVER))).toBe('91x');
  });

  it('continues a source that was opened again before its last items left', () => {
    const merger = openMerger('a', 'b');
    merger.push('a', [at(1, '1')]);
    merger.end('a');
    merger.open('a');
    merger.push('a', [at(2, '2')]);
    merger.end('b');
    expect(texts(merger.take(NEVER))).toBe('12');
  });

  it('loses and repeats nothing, and sorts a whole backlog, however it is split and interleaved', () => {
    const line = fc.integer({ min: 0, max: 59 });
    const sources = fc.array(fc.array(line, { maxLength: 40 }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(sources, fc.infiniteStream(fc.nat(1_000)), (drawn, choices) => {
        const merger = new LogMerger<{ timeMs: number; time: string; source: number; place: number }>();
        const queues = drawn.map((times, source) =>
          [...times].sort((a, b) => a - b).map((timeMs, place) => ({ timeMs, time: '', source, place })),
        );
        const all = queues.flat();
        queues.forEach((_, source) => {
          merger.open(String(source));
        });
        const taken: { timeMs: number; source: number; place: number }[] = [];
        const open = new Set(queues.keys());
        for (const choice of choices) {
          const source = [...open][choice % open.size];
          if (source === undefined) break;
          const queue = queues[source] as (typeof all)[number][];
          if (queue.length === 0) {
            merger.end(String(source));
            open.delete(source);
          } else merger.push(String(source), queue.splice(0, 1 + (choice % 3)));
          taken.push(...merger.take(NEVER, 1 + (choice % 5)));
        }
        taken.push(...merger.take(NEVER));
        expect(taken.length).toBe(all.length);
        for (let i = 1; i < taken.length; i++)
          expect((taken[i - 1] as { timeMs: number }).timeMs <= (taken[i] as { timeMs: number }).timeMs).toBe(true);
        drawn.forEach((_, source) => {
          const places = taken.filter((item) => item.source === source).map((item) => item.place);
          expect(places).toEqual([...places.keys()]);
        });
      }),
    );
  });
});
