import { describe, expect, it } from 'vitest';
import {
  coverageOverTime,
  deliveryLatencies,
  estimateMetric,
  formatMetric,
  independentUnits,
  METRICS,
  type MetricName,
  metricHeading,
  metricNamed,
  timeToReach,
} from '../../../src/experiment/metrics/metrics.ts';
import { complete, GRAPH, message } from '../fixtures.ts';

const INFINITY = Number.POSITIVE_INFINITY;

describe('metrics of a message', () => {
  it.each([
    [[1, 2, 3], 0, 50, 1],
    [[1, 2, 3], 0, 75, 2],
    [[1, 2, 3], 0, 76, 3],
    [[1, 2, 3], 0, 100, 3],
    [[1, 2], 1, 75, 2],
    [[1, 2], 1, 99, INFINITY],
    [[], 3, 25, 0],
    [[], 3, 50, INFINITY],
    // 7 % of 100 nodes are 7 nodes, though 0.07 * 100 is a little more.
    [[1, 2, 3, 4, 5, 6], 93, 7, 6],
  ])('%j and %d lost: %d %% within %d ms', (times, lost, percent, expected) => {
    expect(timeToReach(percent, message(times, lost))).toBe(expected);
  });

  it('count the sender as covered, and not as a latency', () => {
    expect(coverageOverTime(message([1, 5], 1))).toEqual([
      { at: 0, share: 0.25 },
      { at: 1, share: 0.5 },
      { at: 5, share: 0.75 },
    ]);
    expect(deliveryLatencies(message([1, 5], 1))).toEqual([1, 5]);
  });
});

describe('metrics of runs', () => {
  const traffic = {
    n1: { received: 2, duplicates: 3, forwarded: 6, announced: 0, bytes: 900 },
    n2: { received: 2, duplicates: 1, forwarded: 2, announced: 0, bytes: 100 },
  };
  const links = [
    { from: 'n1', to: 'n2', messages: 20, bytes: 700 },
    { from: 'n2', to: 'n1', messages: 10, bytes: 200 },
    { from: 'n2', to: 'n3', messages: 10, bytes: 100 },
  ];
  const runs = [
    complete([message([1, 2, 3]), message([2, 4, 9])], { traffic, links }),
    complete([message([5, 6], 1)], { graph: { ...GRAPH, path: 4, diameter: null } }),
  ];
  it.each<[MetricName, number | null]>([
    ['reached', (100 + 100 + 75) / 3],
    ['within-100-3ms', 100 / 3],
    ['within-75-4ms', 200 / 3],
    ['within-75-6ms', 100],
    ['t50', 2],
    ['t100', 9],
    ['latency-p50', 3],
    ['latency-max', 9],
    ['hops', (1 + 2 + 3 + 1 + 2 + 3 + 1 + 2) / 8],
    ['hops-max', (3 + 3 + 2) / 3],
    ['duplicates', 1],
    ['copies', 2],
    ['bytes', 250],
    ['lost', (2 + 8 - 4 - 4) / 4],
    // Of eight copies, two were needed: two messages were sent to one node, and had to reach the other.
    ['redundancy', 8 / (4 - 2) - 1],
    ['messages', 40 / 4],
    ['link-max', 700 / 2],
    ['node-max', (700 + 200 + 100) / 2],
    ['imbalance', 1000 / ((900 + 1000 + 100) / 3)],
    ['cut', 1],
    ['path', 3],
    ['diameter', null],
  ])('%s: %d', (name, expected) => {
    const value = metricNamed(name).compute(runs);
    if (expected === null) expect(value).toBeNull();
    else expect(value).toBeCloseTo(expected, 9);
  });

  it('are the same for a single run and for its messages one by one, which share its traffic', () => {
    const [one] = runs;
    const apart = independentUnits('t50', [one!]);
    expect(apart.map(({ samples }) => samples.length)).toEqual([1, 1]);
    for (const [name, { compute }] of Object.entries(METRICS)) expect(compute(apart), name).toBe(compute([one!]));
    // The traffic of one run is one value, not one for each message.
    expect(independentUnits('duplicates', [one!])).toEqual([one]);
  });

  it('are null without runs', () => {
    for (const [name, { compute }] of Object.entries(METRICS)) expect(compute([]), name).toBeNull();
  });
});

it.each([
  [0, '0'],
  [1, '1'],
  [0.0351, '0.035'],
  [2.34567, '2.35'],
  [31.4159, '31.4'],
  [314.159, '314'],
  [0.0001, '1.0e-4'],
  [-2.5, '-2.5'],
  [null, '–'],
  [INFINITY, 'never'],
])('formats %d as %s', (value, expected) => {
  expect(formatMetric(value)).toBe(expected);
});

describe('shares', () => {
  const late = complete([message([1, 2]), message([1, 900])]);
  const inTime = complete(Array.from({ length: 30 }, () => message([1, 2])));

  it('have an interval even where all or none succeed', () => {
    const { value, low, high } = estimateMetric('within-99-500ms', [inTime]);
    expect({ value, high }).toEqual({ value: 100, high: 100 });
    // 30 of 30: by Wilson, n / (n + z²).
    expect(low).toBeCloseTo((100 * 30) / (30 + 1.96 ** 2), 1);
    expect(estimateMetric('reached', [inTime])).toMatchObject({ value: 100, high: 100 });
    expect(estimateMetric('reached', [inTime]).low).toBeCloseTo((100 * 90) / (90 + 1.96 ** 2), 1);
    expect(estimateMetric('within-99-1ms', [inTime])).toMatchObject({ value: 0, low: 0 });
    expect(estimateMetric('within-99-1ms', [inTime]).high).toBeGreaterThan(10);
  });

  it('of a single message have one, too', () => {
    const { value, low, high } = estimateMetric('within-99-500ms', [complete([message([1, 2])])]);
    expect([value, Math.round(low!), high]).toEqual([100, 21, 100]);
  });

  it('count messages of different runs', () => {
    expect(estimateMetric('within-99-500ms', [late, late]).value).toBe(50);
    expect(metricHeading('within-99.9-500ms')).toBe('99.9 % within 500 ms, % of messages');
  });

  it('are unknown without messages', () => {
    expect(estimateMetric('within-99-500ms', [])).toEqual({ value: null, low: null, high: null });
  });
});

it.each(['within-x-5ms', 'within-99-500', 'constructor'])('there is no metric %s', (name) => {
  expect(() => metricNamed(name as MetricName)).toThrow(RangeError);
});
