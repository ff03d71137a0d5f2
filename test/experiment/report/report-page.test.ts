import { describe, expect, it } from 'vitest';
import { parseExperiment } from '../../../src/experiment/plan/parse.ts';
import { createReportCharts } from '../../../src/experiment/report/charts.ts';
import { comparisonsCsv } from '../../../src/experiment/report/comparison-table.ts';
import { groupCurves } from '../../../src/experiment/report/report-chart.ts';
import { renderReportPage } from '../../../src/experiment/report/report-page.ts';
import type { Results } from '../../../src/experiment/results/results-folder.ts';
import { summariseCells } from '../../../src/experiment/results/summary.ts';
import { complete, GRAPH, message } from '../fixtures.ts';
import { sampleResults } from './sample-results.ts';

const SOURCE = `
name: x
question: Is <it> all there?
topology: { nodes: { count: 4 }, links: { shape: $shape, delay: 5ms } }
matrix: { shape: [line, ring] }
load: { messages: 3, every: 2s }
faults: [{ at: 1s, name: split, cut: n2 <-> n3, for: 2s }]
measure: [t99, duplicates]
`;

/** Two runs that differ in everything that is plotted. */
function results(): Results {
  const experiment = parseExperiment(SOURCE, { file: 'x.yaml' });
  const runs = experiment.runs.map(({ key, cell, parameters }, index) => {
    const sentAt = (second: number, times: number[], lost: number) => ({
      ...message(times, lost, key),
      sent: `2026-01-01T00:00:0${second}.000000Z`,
    });
    const count = { received: 8, duplicates: 2 + index, forwarded: 8 + index, announced: 0, bytes: 900 };
    const late = 15 + index;
    return complete([sentAt(0, [5, 10, late], 0), sentAt(2, [5], 2), sentAt(4, [5, 10, late + 1], 0)], {
      run: key,
      cell,
      parameters,
      graph: { ...GRAPH, diameter: 3 - index, path: 2 - index / 2, degree: 1.5 + index / 2 },
      began: '2026-01-01T00:00:00.000Z',
      faults: [{ name: 'split', what: 'cut n2 / n3', from: 1_000, to: 3_000, across: 2 }],
      traffic: { n1: count },
      links: [
        { from: 'n1', to: 'n2', messages: 9, bytes: 900 },
        { from: 'n2', to: 'n3', messages: 5, bytes: 500 },
      ],
      conditions: [
        {
          from: 'n1',
          to: 'n2',
          conditions: { from: 'n1', to: 'n2', delay: 5 },
          roundTrip: { asked: 10, measured: { value: 10.4, low: 10, high: 11, of: 10 }, outside: false },
        },
      ],
    });
  });
  const versions = { devnet: '1', node: '20', kernel: '6' };
  const record = {
    source: SOURCE,
    randomness: { graphs: 'the <seeds>' },
    began: '2026-01-01T00:00:00.000Z',
    versions,
  } as unknown as Results['manifest'];
  return { experiment, manifest: record, runs, failed: new Map([['shape=star seed=1 repeat=1', 'n3 <died>']]) };
}

describe('a report', () => {
  const all = results();
  const rows = summariseCells(all.experiment, all.runs);
  const charts = createReportCharts(all.experiment, rows);
  const html = renderReportPage(all, rows, charts);

  it('has every picture', () => {
    expect(charts.map(({ name }) => name)).toEqual([
      'coverage',
      'latencies',
      'told-reached',
      'told-t100',
      'timeline-1',
      'timeline-2',
      't99',
      'duplicates',
      't99-path',
      'latency-p99-diameter',
      'duplicates-degree',
      'load-nodes',
      'load-links',
      'infection-1',
      'infection-2',
    ]);
    for (const { draw } of charts) expect(html).toContain(draw('none'));
  });

  it('has tables of metrics, undelivered messages and link conditions, and the runs that failed', () => {
    expect(html).toContain('Is &lt;it&gt; all there?');
    expect(html).toContain('<dt>graphs</dt><dd>the &lt;seeds&gt;</dd>');
    expect(html).toContain('<td>3</td><td>1</td><td class="words">1 link: cut by split');
    expect(html).toContain('<td>10 ms</td><td>10.4 ms<small>10.4 ms–10.4 ms</small></td>');
    expect(html).toContain('<b>shape=star seed=1 repeat=1</b> n3 &lt;died&gt;');
    expect(html).not.toMatch(/NaN|undefined|Infinity|\[object/);
  });
});

describe('cells of plots with a curve for each', () => {
  const group = (count: number, areOrdered: boolean, together = 1) =>
    groupCurves(
      Array.from({ length: count }, (_, index) => index),
      { areOrdered, together },
    ).map(({ shown, titleSuffix }) => [shown.length, titleSuffix]);

  it.each<[number, boolean, number, [number, string][]]>([
    [8, false, 1, [[8, '']]],
    [
      9,
      false,
      1,
      [
        [8, ' (1 of 2)'],
        [1, ' (2 of 2)'],
      ],
    ],
    // Cells that differ in the last parameter only stay together.
    [24, false, 6, [1, 2, 3, 4].map((plot) => [6, ` (${plot} of 4)`])],
    [30, false, 1, [1, 2, 3].map((plot) => [8, ` (${plot} of 3; 24 of 30 cells)`])],
    // Of steps of one quantity, some stand for all.
    [24, true, 1, [[8, ' (8 of 24 cells)']]],
  ])('%i cells, ordered: %s, %i together', (count, areOrdered, together, expected) => {
    expect(group(count, areOrdered, together)).toEqual(expected);
  });
});

it('a report says that there are too few runs, and which cells differ', () => {
  const report = (runs: number) => {
    const results = sampleResults('6 words', { runs, hasFaults: false });
    const cells = summariseCells(results.experiment, results.runs);
    return renderReportPage(results, cells, []);
  };
  const few = report(3);
  expect(few).toContain('3 runs a cell: intervals are hardly more than their range. Where an answer matters, use ten');
  expect(few).toContain('<h2>Which cells differ: 99 % within 160 ms, % of messages</h2>');
  expect(few).toContain('To tell a difference among so many comparisons takes 6 runs of each cell');
  const enough = report(6);
  expect(enough).not.toContain('a cell: intervals');
  expect(enough).toMatch(
    />ring<\/th><th scope="row">star<\/th><td>0<\/td><td>100<\/td><td>\+100<small>\+8\d.* to \+100<\/small>/,
  );
  expect(enough).toContain('B is higher');
});

it('comparisons.csv has every pair of cells by every metric', () => {
  const { experiment, runs } = sampleResults('6 words and numbers', { runs: 2 });
  const cells = summariseCells(experiment, runs);
  const [heading, first, ...rest] = comparisonsCsv(experiment, cells).trim().split('\r\n');
  expect(heading).toBe('metric,a,b,value_a,value_b,difference,difference_low,difference_high,p,p_corrected,verdict');
  expect(first).toMatch(/^within-99-160ms,shape=ring count=10,shape=ring count=20,.*,unknown$/);
  // Three pairs of shapes with either count, one pair of counts with each shape.
  expect(rest.length + 1).toBe(experiment.measure.length * (3 * 2 + 3));
  expect(rest.join()).not.toMatch(/NaN|Infinity/);
});

it('comparisons.csv says of a time that never came what the table says', () => {
  const experiment = parseExperiment(SOURCE, { file: 'x.yaml' });
  const runs = experiment.runs.map(({ key, cell, parameters }) =>
    complete([parameters.shape === 'line' ? message([5, 10, 15], 0, key) : message([5], 2, key)], {
      run: key,
      cell,
      parameters,
    }),
  );
  const rows = comparisonsCsv(experiment, summariseCells(experiment, runs)).split('\r\n');
  expect(rows.find((row) => row.startsWith('t99,'))).toMatch(/^t99,shape=line,shape=ring,15,never,B never,/);
});
