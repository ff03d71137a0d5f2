import { describe, expect, it } from 'vitest';
import { DeliverySchedule, FillPace, maxChunkBytes } from '../../../../src/agents/netem/proxy/delivery-schedule.ts';

describe('DeliverySchedule', () => {
  it('adds the delay, varied uniformly by the jitter', () => {
    const due = (dice: number) => new DeliverySchedule().nextArrival(10, 1_000, { delay: 50, jitter: 20 }, () => dice);
    expect([due(0), due(0.5), due(1)]).toEqual([1_030, 1_050, 1_070]);
  });

  it('keeps the order', () => {
    const schedule = new DeliverySchedule();
    const dice = [1, 0, 0.5];
    const random = () => dice.shift() as number;
    const dues = [0, 1, 2].map((now) => schedule.nextArrival(10, now, { delay: 50, jitter: 20 }, random));
    expect(dues).toEqual([70, 70, 70]);
    // The order also stays when the delay is removed.
    expect(schedule.nextArrival(10, 3, {}, () => 0.5)).toBe(70);
  });

  it('delivers what a wire of the rate carries, headers included', () => {
    const schedule = new DeliverySchedule();
    const rate = 1e6;
    let due = 0;
    for (let count = 0; count < 100; count++) due = schedule.nextArrival(1_448, 0, { rate, delay: 5 }, () => 0.5);
    expect(due).toBeCloseTo(5 + (100 * 1_514 * 8 * 1_000) / rate, 6);
  });

  it('does not accumulate credit while nothing is sent', () => {
    const schedule = new DeliverySchedule();
    const conditions = { rate: 1_514 * 8 };
    expect(schedule.nextArrival(1_448, 0, conditions, () => 0)).toBe(1_000);
    expect(schedule.nextArrival(1_448, 5_000, conditions, () => 0)).toBe(6_000);
  });

  it.each([
    [{}, Number.POSITIVE_INFINITY],
    [{ rate: 1_000 }, 1_448],
    [{ rate: 1e9 }, 119_550],
  ])('splits %j into chunks of %d bytes', (conditions, size) => {
    expect(maxChunkBytes(conditions)).toBe(size);
  });
});

describe('FillPace', () => {
  const READ_BYTES = 8_192;
  const READ_MS = 0.01;
  const DURATION_MS = 2_000;

  /** Reads a sender that always has more, with timers that are late. @returns the bytes read by each moment */
  function readAll(rate: number, lateMs: number): { at: number; bytes: number }[] {
    const pace = new FillPace();
    const read = [{ at: 0, bytes: 0 }];
    for (let now = 1_000, bytes = 0; now < 1_000 + DURATION_MS; now += READ_MS) {
      bytes += READ_BYTES;
      const mustWait = pace.read(READ_BYTES, now, rate);
      read.push({ at: now - 1_000, bytes });
      if (mustWait) now += Math.ceil(pace.pauseMs(now)) + lateMs;
    }
    return read;
  }

  it.each([1e5, 1e6, 10e6, 30e6, 100e6, 1e9])('keeps a link of %d bit/s full, though timers are late', (rate) => {
    for (const lateMs of [0, 1.2]) {
      const { at, bytes } = readAll(rate, lateMs).at(-1) as { at: number; bytes: number };
      expect((bytes * 8_000) / at / rate).toBeGreaterThan(1.2);
    }
  });

  it('reads no more at once than the kernel lets be', () => {
    const [, ...read] = readAll(1e6, 0);
    for (const { at, bytes } of read) expect(bytes).toBeLessThanOrEqual(2 * READ_BYTES + (2 * at * 1e6) / 8_000);
  });
});
