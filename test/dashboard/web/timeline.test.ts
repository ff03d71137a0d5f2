import { describe, expect, it } from 'vitest';
import { RecordedRun } from '../../../src/dashboard/web/state/recorded-run.ts';
import { toMs } from '../../../src/dashboard/web/state/time.ts';
import { computeCurves } from '../../../src/dashboard/web/timeline/curves.ts';
import { assignLanes } from '../../../src/dashboard/web/timeline/lanes.ts';
import { sampleRun, timeOf } from '../sample-run.ts';

const at = (ms: number) => toMs(timeOf(ms));

describe('the curves of a timeline', () => {
  const run = new RecordedRun();
  run.add(sampleRun({ file: { name: 'ring', nodes: { count: 8 }, links: 'ring' }, messages: 2 }));
  const range = { fromMs: at(0), toMs: at(80_000), steps: 80, nodes: 8 };

  it('count what the log has, and say how far the last message has come', () => {
    const { times, entries, receipts, coverage } = computeCurves(run, { ...range, nowMs: at(80_000) });
    expect(times[0]).toBe(at(1_000) / 1_000);
    const sum = (values: (number | null)[]) => values.reduce<number>((total, value) => total + (value ?? 0), 0);
    expect(sum(entries)).toBeCloseTo(run.log.length, 6);
    expect(sum(receipts)).toBeCloseTo(12, 6);
    // The first reaches all; the second is published while half of the nodes are cut off.
    expect([coverage[1], coverage[10], coverage[45]]).toEqual([null, 1, 0.5]);
  });

  it('show what nodes use between two counts, where it was counted', () => {
    const counted = new RecordedRun();
    const count = (ms: number, cpu: Record<string, number>, sent: Record<string, number>) =>
      counted.add([
        {
          type: 'samples',
          time: timeOf(ms),
          samples: {
            devnet_node_cpu_seconds_total: cpu,
            devnet_node_sent_bytes_total: sent,
            devnet_node_memory_bytes: {},
          },
        },
      ]);
    count(10_000, { n1: 5, n2: 7 }, { n1: 1_000, n2: 0 });
    counted.add([{ type: 'samples', time: timeOf(12_000), samples: { other: { n1: 3 } } }]);
    // n2 was restarted in between, and n3 is new.
    count(20_000, { n1: 7, n2: 1, n3: 9 }, { n1: 21_000, n2: 0, n3: 5 });
    expect(counted.usage.list).toEqual([{ fromMs: at(10_000), toMs: at(20_000), processor: 0.3, sent: 2_000 }]);
    const { processor, sent } = computeCurves(counted, { ...range, nowMs: at(80_000) });
    expect([processor[8], processor[10], processor[19], processor[21]]).toEqual([null, 0.3, 0.3, null]);
    expect([sent[8], sent[15], sent[40]]).toEqual([null, 2_000, null]);
    counted.usage.dropBefore(at(21_000));
    expect(counted.usage.list).toEqual([]);
  });

  it('say nothing of what is still to come', () => {
    const { times, entries, coverage } = computeCurves(run, { ...range, nowMs: at(40_000) });
    expect(times).toHaveLength(80);
    expect(entries.slice(42)).toEqual(new Array(38).fill(null));
    expect(coverage.at(-1)).toBeNull();
  });
});

it('faults that overlap have rows of their own, up to four', () => {
  const span = (fromMs: number, toMs?: number) => ({ name: 'f', description: 'f', fromMs, ...(toMs ? { toMs } : {}) });
  expect(assignLanes([span(0, 10), span(5, 20), span(10, 30), span(12), span(13), span(14), span(40, 50)])).toEqual([
    0, 1, 0, 2, 3, 3, 0,
  ]);
});
