import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { valueScale } from '../../../src/experiment/plot/axis.ts';
import { chooseScale, linearScale, logScale, percentileScale, rankScale } from '../../../src/experiment/plot/scale.ts';

const values = fc.array(fc.double({ noNaN: true, min: -1e6, max: 1e6 }), { minLength: 1, maxLength: 30 });

describe('a scale', () => {
  it('maps every value to the axis, in their order, and has a few ticks', () => {
    fc.assert(
      fc.property(values, fc.constantFrom('zero', 'first', 'visible'), fc.boolean(), (all, start, tight) => {
        const { position: place, ticks } = linearScale(all, { start, tight });
        for (const value of all) {
          expect(place(value)).toBeGreaterThanOrEqual(-1e-9);
          expect(place(value)).toBeLessThanOrEqual(1 + 1e-9);
        }
        const sorted = all.toSorted((a, b) => a - b).map(place);
        expect(sorted).toEqual(sorted.toSorted((a, b) => a - b));
        expect(ticks.length).toBeGreaterThanOrEqual(1);
        expect(ticks.length).toBeLessThanOrEqual(10);
      }),
    );
  });

  it('has round ticks', () => {
    const { ticks, position: place } = linearScale([3, 47]);
    expect(ticks.map(({ label }) => label)).toEqual(['0', '10', '20', '30', '40', '50']);
    expect(ticks.map(({ at }) => at)).toEqual([0, 10, 20, 30, 40, 50].map(place));
  });

  it.each([
    [[90, 100], '90'],
    [[99.2, 99.9], '99.2'],
    [[60, 100], undefined],
    [[0, 100], undefined],
    [[5, 5], undefined],
    [[-3, -2], undefined],
  ])('of %j starts where differences can be seen: %s', (all, startsAt) => {
    expect(linearScale(all, { maxTicks: 5 }).startsAt).toBe(startsAt);
    expect(linearScale(all, { start: 'zero' }).startsAt).toBeUndefined();
  });

  it('has whole ticks for whole numbers, and ranks from 1', () => {
    expect(linearScale([1, 2, 3]).ticks.map(({ label }) => label)).toEqual(['0', '1', '2', '3']);
    expect(linearScale([3, 4], { start: 'first' }).ticks.map(({ label }) => label)).toEqual(['3', '4']);
    const { position: place, ticks } = rankScale(20);
    expect(ticks.slice(0, 3).map(({ label }) => label)).toEqual(['1', '2', '4']);
    expect([0.5, 20.5].map(place)).toEqual([0, 1]);
  });

  it('has a place apart for what never came', () => {
    const { position: place, ticks } = valueScale([0, 100, Number.POSITIVE_INFINITY], 0.9);
    expect([0, 100, Number.POSITIVE_INFINITY].map(place)).toEqual([0, 0.9, 0.95]);
    expect(ticks.at(-1)).toEqual({ at: 0.95, label: 'never' });
    const { ticks: only } = valueScale([Number.POSITIVE_INFINITY], 0.9);
    expect(only.map(({ label }) => label)).toEqual(['never']);
  });

  it('gives each further nine of percentiles as much room as the one before', () => {
    const { position: place, ticks } = percentileScale([0, 50, 99.9]);
    expect(ticks.map(({ label }) => label)).toEqual(['0', '50', '90', '99', '99.9']);
    const [zero, half, ...nines] = ticks.map(({ at }) => at);
    expect([zero, half]).toEqual([0, place(50)]);
    for (const [index, at] of nines.entries()) expect(at).toBeCloseTo((index + 1) / 3);
  });

  it('is logarithmic where values span powers of ten, with zero apart', () => {
    const { position: place, ticks } = logScale([0, 0.001, 0.01, 0.1, 1]);
    const places = [0, 0.001, 0.01, 0.1, 1].map(place);
    expect(places[0]).toBe(0);
    expect(places[4]).toBe(1);
    const steps = places.slice(2).map((one, index) => one - places[index + 1]!);
    for (const step of steps) expect(step).toBeCloseTo(steps[0]!, 9);
    expect(ticks.filter(({ label }) => label !== '').map(({ label }) => label)).toEqual([
      '0',
      '0.001',
      '0.01',
      '0.1',
      '1',
    ]);
    expect(chooseScale([0, 0.001, 0.01, 0.1, 1]).ticks).toEqual(ticks);
    expect(() => logScale([-1, 1])).toThrow(RangeError);
  });
});
