import fc from 'fast-check';
import { HistogramLogReader } from 'hdr-histogram-js';
import { describe, expect, it } from 'vitest';
import { latencyHistogram, latencyHistogramLog } from '../../../src/experiment/metrics/latency-histogram.ts';
import { METRICS } from '../../../src/experiment/metrics/metrics.ts';
import { complete, message } from '../fixtures.ts';

/** In milliseconds, to the microsecond, as samples have them. */
const times = fc.array(
  fc.integer({ min: 0, max: 60_000_000 }).map((microseconds) => microseconds / 1_000),
  { minLength: 1, maxLength: 200 },
);

describe('the latency histogram', () => {
  it('has every receipt except that of the sender, and percentiles within 0.1 % of the exact ones', () => {
    fc.assert(
      fc.property(times, (all) => {
        const runs = [complete([message(all)])];
        const histogram = latencyHistogram(runs)!;
        expect(histogram.totalCount).toBe(all.length);
        for (const [percent, name] of [
          [50, 'latency-p50'],
          [90, 'latency-p90'],
          [99, 'latency-p99'],
          [100, 'latency-max'],
        ] as const) {
          const exact = METRICS[name].compute(runs)!;
          const estimate = histogram.getValueAtPercentile(percent) / 1_000;
          expect(Math.abs(estimate - exact)).toBeLessThanOrEqual(exact * 0.001 + 0.001);
        }
      }),
    );
  });

  it('takes a receipt that seems to precede the message for an immediate one', () => {
    expect(latencyHistogram([complete([message([-0.4])])])!.maxValue).toBe(0);
  });

  it('is undefined where no message reached anybody', () => {
    expect(latencyHistogram([complete([message([], 3)])])).toBeUndefined();
    expect(latencyHistogram([complete([])])).toBeUndefined();
  });
});

describe('the latency log', () => {
  it('can be read back, with the tag of each cell and the times of its messages', () => {
    const late = { ...message([40, 50]), sent: '2026-01-01T00:00:10.000000Z' };
    const text = latencyHistogramLog([
      { cell: 'shape=ring loss=5 %, more', runs: [complete([message([1, 2, 3])]), complete([late])] },
      { cell: 'empty', runs: [complete([message([], 2)])] },
      { cell: '', runs: [complete([message([7])])] },
    ]);
    const reader = new HistogramLogReader(text);
    const first = reader.nextIntervalHistogram()!;
    expect(first.tag).toBe('shape=ring;loss=5;%;more');
    expect([first.totalCount, first.getValueAtPercentile(0), first.maxValue]).toEqual([5, 1_000, 50_000 + 15]);
    const began = Date.parse('2026-01-01T00:00:00Z');
    expect([first.startTimeStampMsec - began, first.endTimeStampMsec - began]).toEqual([0, 10_050]);
    const second = reader.nextIntervalHistogram()!;
    expect([second.tag, second.totalCount]).toEqual(['all', 1]);
    expect(reader.nextIntervalHistogram()).toBeNull();
  });
});
