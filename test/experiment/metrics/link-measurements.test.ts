import { describe, expect, it } from 'vitest';
import {
  selectDirectionsToMeasure,
  summariseLinkConditions,
} from '../../../src/experiment/metrics/link-measurements.ts';
import { parseExperiment } from '../../../src/experiment/plan/parse.ts';
import { linkConditionsTable } from '../../../src/experiment/report/tables.ts';
import type { CellSummary } from '../../../src/experiment/results/summary.ts';
import type { LinkMeasurement } from '../../../src/network/links/link-measurement.ts';
import { parseTopologyObject } from '../../../src/topology/index.ts';
import { complete } from '../fixtures.ts';

describe('link directions to measure', () => {
  const { conditions } = parseTopologyObject(
    {
      nodes: { count: 6 },
      links: [{ shape: 'line', delay: '20ms' }, { link: 'n1 <-> n6', loss: '5%' }, 'n2 <-> n6'],
    },
    { name: 'x' },
  );
  const chosen = (max: number) =>
    selectDirectionsToMeasure({ conditions }, max).map((direction) => direction.join(' '));

  it('are one of each kind before a second of any, and no more than asked for', () => {
    expect(chosen(1)).toEqual(['n1 n2']);
    expect(chosen(3)).toEqual(['n1 n2', 'n1 n6', 'n2 n1']);
    expect(chosen(100)).toHaveLength(12);
    expect(chosen(0)).toEqual([]);
    expect(selectDirectionsToMeasure({ conditions: [] }, 4)).toEqual([]);
  });

  it('leave out kinds of conditions that were measured on an earlier network', () => {
    const measured = new Set<string>();
    const next = (max: number) => selectDirectionsToMeasure({ conditions }, max, measured);
    expect(next(1)).toEqual([['n1', 'n2']]);
    expect(next(4)).toEqual([
      ['n1', 'n6'],
      ['n6', 'n1'],
    ]);
    expect(next(4)).toEqual([]);
  });

  it('are four by default', () => {
    const probeOf = (more: string) =>
      parseExperiment(`{ name: x, question: q, topology: { nodes: { count: 2 } }${more} }`, { file: 'x.yaml' }).probe;
    expect(probeOf('')).toBe(4);
    expect(probeOf(', probe: 0')).toBe(0);
    expect(() => probeOf(', probe: -1')).toThrow(/expected a whole number from 0 to 1000, got -1/);
  });
});

const measured = (value: number, outside = false): LinkMeasurement => ({
  from: 'a',
  to: 'b',
  conditions: { from: 'a', to: 'b', delay: 20, loss: 0.1 },
  roundTrip: { asked: 40, measured: { value, low: value, high: value, of: 10 }, outside },
  loss: { asked: 0.1, measured: { value: value / 400, low: 0, high: 1, of: 300 }, outside: false },
});

describe('measured link conditions', () => {
  const runs = [
    complete([], { conditions: [measured(40), measured(44, true), measured(41)] }),
    complete([]),
    complete([], {
      conditions: [{ ...measured(9), conditions: { from: 'a', to: 'b', rate: 1e6 }, trouble: 'it is cut' }],
    }),
  ];

  it('are summarised beside the declared ones, by kind', () => {
    expect(summariseLinkConditions(runs)).toEqual([
      {
        conditions: 'delay 20ms, loss 10%',
        directionCount: 3,
        metrics: [
          { name: 'round trip', declared: 40, min: 40, median: 41, max: 44 },
          { name: 'loss', declared: 0.1, min: 0.1, median: 0.1025, max: 0.11 },
        ],
        outOfTolerance: 1,
      },
      expect.objectContaining({ conditions: 'rate 1mbit', directionCount: 1, outOfTolerance: 1 }),
    ]);
  });

  it('are a table of the report', () => {
    const html = linkConditionsTable([{ runs } as unknown as CellSummary]);
    expect(html).toContain('<th scope="row">delay 20ms, loss 10%</th><td>3</td><td>round trip</td><td>40 ms</td>');
    expect(html).toContain('<td>41 ms<small>40 ms–44 ms</small></td><td>1</td>');
    expect(linkConditionsTable([{ runs: [complete([])] } as unknown as CellSummary])).toBe('');
  });
});
