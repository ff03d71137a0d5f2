import { describe, expect, it } from 'vitest';
import { LogPosition } from '../../../src/controller/logs/log-position.ts';
import { parseEngineTime } from '../../../src/engine/connection/engine-time.ts';
import type { ContainerLogLine } from '../../../src/engine/streams/log-demuxer.ts';

const START_MS = Date.parse('2026-01-01T00:00:00Z');

/** A line of a time, in milliseconds since the start of the log. */
function line(ms: number, text: string, stream: ContainerLogLine['stream'] = 'stdout'): ContainerLogLine {
  const whole = Math.floor(ms);
  const nanoseconds = String(Math.round((ms - whole) * 1e6)).padStart(6, '0');
  const time = `${new Date(START_MS + whole).toISOString().slice(0, -1)}${nanoseconds}Z`;
  return { stream, time, timeMs: parseEngineTime(time), text };
}

const texts = (lines: readonly ContainerLogLine[]) => lines.map(({ text }) => text).join('');

/** Lines 100 us apart, of 100 bytes with what the engine writes around them: 10,000 a second. */
const fastLines = (count: number) => Array.from({ length: count }, (_, i) => line(i / 10, 'x'.repeat(29)));

describe('LogPosition', () => {
  it('takes lines in order, of both streams', () => {
    const position = new LogPosition(1_000);
    expect(position.since).toBeUndefined();
    expect(position.onOpened(START_MS)).toBe(true);
    const lines = [line(1, 'a'), line(1, 'b'), line(1.002, 'c', 'stderr'), line(1.001, 'd'), line(3, 'e')];
    expect(position.accept(lines, 2)).toEqual({ fresh: lines, isBroken: false });
    expect(position.lastTime).toBe('2026-01-01T00:00:00.003000000Z');
    expect(position.since).toBe(((START_MS + 3 - 100) / 1_000).toFixed(9));
  });

  it('leaves out what was read before, to the line, when the log is opened again', () => {
    const position = new LogPosition(1_000);
    position.onOpened(START_MS);
    const known = [line(1, 'a'), line(2, 'b'), line(2, 'c'), line(1.9, 'd', 'stderr')];
    position.accept(known, 0);
    position.onOpened(START_MS);
    const all = [...known, line(1.95, 'e', 'stderr'), line(2, 'f'), line(5, 'g')];
    expect(texts(position.accept(all.slice(0, 3), 0).fresh)).toBe('');
    const { fresh, gap, isBroken } = position.accept(all.slice(3), 0);
    expect([texts(fresh), gap, isBroken]).toEqual(['efg', undefined, false]);
  });

  it('is broken by lines that come again, and continues after them', () => {
    const position = new LogPosition(1_000);
    position.onOpened(START_MS);
    position.accept([line(0, 'a'), line(1_000, 'b')], 1_000);
    const again = position.accept([line(1_001, 'c'), line(0, 'a'), line(1_000, 'b')], 1_001);
    expect([texts(again.fresh), again.isBroken]).toEqual(['c', true]);
    expect(position.onOpened(START_MS + 2_000)).toBe(true);
    expect(texts(position.accept([line(1_000, 'b'), line(1_001, 'c'), line(1_002, 'd')], 1_002).fresh)).toBe('d');
  });

  it('is broken by lines that come again soon, of a program that fills a file faster than a clock is corrected', () => {
    const position = new LogPosition(1_000_000);
    position.onOpened(START_MS);
    const lines = Array.from({ length: 12_000 }, (_, i) => line(i / 1_000, `${i} `));
    for (const one of lines) position.accept([one], 0);
    const again = position.accept(lines.slice(8_000), 0);
    expect([texts(again.fresh), again.isBroken]).toEqual(['', true]);
    position.onOpened(START_MS);
    const { fresh } = position.accept([...lines.slice(8_000), line(12, 'new')], 0);
    expect(texts(fresh)).toBe('new');
  });

  it('is broken by a pause in which a file may have been skipped', () => {
    const position = new LogPosition(100_000); // 1,000 lines.
    position.onOpened(START_MS);
    expect(position.accept(fastLines(15_000), 0).isBroken).toBe(false);
    // It comes at once, half a second after the line before it.
    expect(position.accept([line(2_000, 'after')], 0).isBroken).toBe(true);
  });

  it.each([
    ['was really silent', { fileBytes: 100_000, pauseMs: 500, arrivesAfterMs: 500, openedAtMs: START_MS }],
    [
      'wrote before the log was opened',
      { fileBytes: 100_000, pauseMs: 500, arrivesAfterMs: 0, openedAtMs: START_MS + 10_000 },
    ],
    [
      'was silent too shortly to fill a file',
      { fileBytes: 64_000_000, pauseMs: 300, arrivesAfterMs: 0, openedAtMs: START_MS },
    ],
  ])('is not broken by a pause of a program that %s', (_, { fileBytes, pauseMs, arrivesAfterMs, openedAtMs }) => {
    const position = new LogPosition(fileBytes);
    position.onOpened(openedAtMs);
    position.accept(fastLines(15_000), 0);
    expect(position.accept([line(1_500 + pauseMs, 'after')], arrivesAfterMs).isBroken).toBe(false);
  });

  it('is not broken by pauses of a program that writes slowly, unless they are long', () => {
    const position = new LogPosition(64_000_000);
    position.onOpened(START_MS);
    const slow = Array.from({ length: 30 }, (_, i) => line(i * 1_000, 'x'));
    expect(position.accept(slow, 0).isBroken).toBe(false);
    expect(position.accept([line(40_000, 'y')], 0).isBroken).toBe(true);
  });

  it('measures what is missing, in whole files, when the log begins after the position', () => {
    const position = new LogPosition(1_000_000); // 10,000 lines.
    position.onOpened(START_MS);
    position.accept(fastLines(25_000), 0);
    position.onOpened(START_MS + 60_000);
    const { fresh, gap } = position.accept([line(4_600, 'a'), line(4_601, 'b')], 0);
    expect(texts(fresh)).toBe('ab');
    // 2.1 s at 10 lines a millisecond: two files.
    expect(gap).toMatchObject({ linesAbout: 20_000, afterMs: expect.closeTo(START_MS + 2_500, 0) });
    expect(gap?.durationMs).toBeCloseTo(2_100, 0);
  });

  it('finds nothing missing where the log begins right after the position', () => {
    const position = new LogPosition(10_000_000);
    position.onOpened(START_MS);
    position.accept([line(0, 'a')], 0);
    position.onOpened(START_MS + 1_000);
    expect(position.accept([line(10, 'b')], 0)).toEqual({ fresh: [line(10, 'b')], isBroken: false });
  });

  it('goes on from earlier times when the engine has set its clock back', () => {
    const position = new LogPosition(1_000);
    position.onOpened(START_MS);
    position.accept([line(3_600_000, 'a')], 0);
    expect(position.accept([line(5, 'b')], 1).isBroken).toBe(true);
    // Opened from an hour ahead, where there is nothing.
    expect(position.onOpened(START_MS + 1_000)).toBe(false);
    expect(position.since).toBe(((START_MS + 5 - 100) / 1_000).toFixed(9));
    position.onOpened(START_MS + 1_000);
    expect(texts(position.accept([line(5, 'b'), line(6, 'c')], 2).fresh)).toBe('bc');
  });

  it('takes small corrections of the clock as they are', () => {
    const position = new LogPosition(64_000_000);
    position.onOpened(START_MS);
    expect(texts(position.accept([line(1_000, 'a'), line(900, 'b'), line(901, 'c')], 0).fresh)).toBe('abc');
  });
});
