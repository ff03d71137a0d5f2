import { describe, expect, it } from 'vitest';
import { compareDelay, compareLoss, compareRate } from '../../../src/controller/inspect/compare-conditions.ts';

const many = (value: number, spread = 0) => Array.from({ length: 101 }, (_, n) => value + ((n - 50) / 50) * spread);

describe('compareDelay', () => {
  it.each<[string, number, Parameters<typeof compareDelay>[1], boolean]>([
    ['the delay asked for', 10, { rtts: many(10.4) }, false],
    ['more than a delay of 0, by what a machine takes', 0, { rtts: many(0.7) }, false],
    ['twice the delay', 10, { rtts: many(20) }, true],
    ['half the delay', 20, { rtts: many(10) }, true],
    ['a delay with jitter', 100, { rtts: many(101, 40) }, false],
    ['a few that waited for a retransmission', 10, { rtts: [...many(10.2), ...Array(40).fill(1_010)] }, false],
    ['the time that the ping takes at the rate', 10, { rtts: many(12), serializationMs: 1.8 }, false],
    ['that time without the rate', 10, { rtts: many(12) }, true],
    ['late replies on a busy machine', 10, { rtts: many(16, 3), ownRtts: many(5, 2) }, false],
    ['late replies of a proxy on a busy machine', 10, { rtts: many(19, 3), ownRtts: many(5, 2), waits: 2 }, false],
    ['late replies on a machine that is not busy', 10, { rtts: many(16, 3), ownRtts: many(0.3) }, true],
    ['replies that are too early on a busy machine', 40, { rtts: many(20, 3), ownRtts: many(5, 2) }, true],
  ])('judges %s', (_, asked, roundTrips, outside) => {
    const { measured, outside: found } = compareDelay(asked, roundTrips);
    expect(found, JSON.stringify(measured)).toBe(outside);
    expect(measured.low).toBeLessThanOrEqual(measured.value);
    expect(measured.high).toBeGreaterThanOrEqual(measured.value);
  });
});

describe('compareLoss', () => {
  it.each([
    [0.1, 200, 2_000, false],
    // Within what one of a thousand measurements of a link with this loss finds.
    [0.1, 240, 2_000, false],
    [0.1, 260, 2_000, true],
    [0.01, 0, 2_000, true],
    [0.001, 0, 2_000, false],
  ])('judges a loss of %d where %d of %d are lost', (asked, lost, sent, outside) => {
    expect(compareLoss(asked, lost, sent).outside).toBe(outside);
  });

  it('has a 95 % interval', () => {
    const { measured } = compareLoss(0.1, 200, 2_000);
    expect([measured.low, measured.high].map((share) => share.toFixed(3))).toEqual(['0.088', '0.114']);
  });
});

describe('compareRate', () => {
  /** Counts every 100 ms, at these rates in Mbit/s: of the transfer, and of the receiver's other traffic. */
  const counts = (rates: number[], other = 0) => {
    let own = 0;
    return [0, ...rates].map((rate, n) => {
      own += (rate * 1e6 * 0.1) / 8;
      return { at: n * 100, bytes: own + (n * other * 1e6 * 0.1) / 8, ownBytes: (own * 1_448) / 1_514 };
    });
  };
  const even = (rate: number, other = 0) => counts(Array(12).fill(rate), other);

  it.each<[string, number, ReturnType<typeof counts>, boolean, boolean]>([
    ['the rate asked for', 1, even(0.99), true, false],
    ['too low a rate', 1, even(0.9), true, true],
    ['too high a rate', 1, even(1.1), true, true],
    ['a packet more or less in each part', 1, counts([0.9, 1.1, 1, 1, 0.9, 1.1, 1, 1, 1.1, 0.9, 1, 1]), true, false],
    [
      'a machine that stands still now and then',
      10,
      counts([10, 0, 10, 10, 0, 10, 10, 10, 0, 10, 10, 10]),
      true,
      false,
    ],
    ['a sender that is slower than the link', 1_000, even(400), false, false],
    ['a sender that is faster than a link that is too slow', 1_000, even(400), true, true],
    ['other traffic over other links', 1, even(0.99, 8), true, false],
    ['other traffic over the same link', 1, even(0.6, 0.39), true, false],
    ['too high a rate beside other traffic', 1, even(1.1, 8), true, true],
    ['too low a rate beside other traffic over the same link', 1, even(0.6, 0.2), true, true],
    ['nothing', 1, [], true, true],
  ])('judges %s', (_, asked, found, isHeldUp, outside) => {
    const { measured, outside: verdict } = compareRate(asked * 1e6, found, isHeldUp);
    expect(verdict, JSON.stringify(measured)).toBe(outside);
    expect(measured.low).toBeLessThanOrEqual(measured.value);
    expect(measured.high).toBeGreaterThanOrEqual(measured.value);
  });

  it('finds all that arrived where the connection only reads it late, behind a lost packet', () => {
    const late = even(1).map((count, n) => ({ ...count, ownBytes: count.ownBytes * (n % 4 < 2 ? 0.7 : 1) }));
    const { value } = compareRate(1e6, late, true).measured;
    expect((value / 1e6).toFixed(2)).toBe('1.00');
  });

  it('finds what the transfer got, of all that arrived', () => {
    const { value, low, high } = compareRate(1e6, even(1, 8), true).measured;
    expect([value, low, high].map((rate) => (rate / 1e6).toFixed(2))).toEqual(['1.00', '1.00', '9.00']);
  });
});
