import { describe, expect, it } from 'vitest';
import { parseExperiment } from '../../../src/experiment/plan/parse.ts';
import { failuresTable } from '../../../src/experiment/report/tables.ts';
import { describeFailure } from '../../../src/experiment/results/delivery-failure.ts';
import { describeFailureCause, explainFailure } from '../../../src/experiment/results/failure-causes.ts';
import { failuresCsv, summariseFailures } from '../../../src/experiment/results/failure-summary.ts';
import type { CellSummary } from '../../../src/experiment/results/summary.ts';
import { plannedFaults } from '../../../src/experiment/run/dry-run.ts';
import { complete, message } from '../fixtures.ts';

/** A line of four, on which something is done, and a message that was told at second 5 and came to n2 only. */
function trial(faults: string, { env = '', links = 'n1 - n2 - n3 - n4'.replaceAll(' - ', ' <-> '), loss = '' } = {}) {
  const text = `{ name: x, question: q, topology: { nodes: { count: 4, env: { ${env} } }, links: [{ link: ${links}${loss} }] }, load: {}, faults: ${faults} }`;
  const experiment = parseExperiment(text, { file: 'x.yaml' });
  const run = experiment.runs[0]!;
  const sample = { ...message([10], 2, run.key), sent: '2026-01-01T00:00:05.000000Z' };
  const end = complete([sample], { run: run.key, began: '2026-01-01T00:00:00.000Z', faults: plannedFaults(run) });
  return { experiment, run, sample, end };
}

const why = (faults: string, more = {}) => {
  const { run, sample, end } = trial(faults, more);
  return describeFailure(explainFailure(sample, { planned: run, actual: end }), (stop) =>
    describeFailureCause(stop.cause),
  );
};

describe('why a message did not go on at n2 -> n3', () => {
  it.each([
    ['a cut', '[{ at: 2s, name: split, partition: "n1, n2 / n3, n4", for: 5s }]', 'cut by split'],
    ['a cut one way', '[{ name: split, partition: "n3 / n2", oneway: true }]', 'cut by split'],
    ['a cut elsewhere', '[{ name: split, partition: "n1 / n2" }]', 'for no known reason'],
    ['a cut that comes later', '[{ at: 7s, name: split, partition: halves }]', 'for no known reason'],
    ['a cut that was over', '[{ name: split, partition: halves, for: 4s }]', 'not yet back from split'],
    ['a dead node', '[{ at: 4s, name: crash, kill: n3 }]', 'node down by crash'],
    ['a frozen node', '[{ name: ice, pause: n3, for: 9s }]', 'node down by ice'],
    ['another dead node', '[{ name: crash, kill: n4 }]', 'for no known reason'],
    ['dropping', '[{ name: eats, messages: { from: n2, to: n3, type: gossip, action: drop } }]', 'dropped by eats'],
    [
      'dropping none',
      '[{ name: eats, messages: { from: n2, to: n3, action: drop, probability: 0% } }]',
      'for no known reason',
    ],
    [
      'dropping another type',
      '[{ name: eats, messages: { from: n2, to: n3, type: ping, action: drop } }]',
      'for no known reason',
    ],
    [
      'dropping the other way',
      '[{ name: eats, messages: { from: n3, to: n2, type: gossip, action: drop } }]',
      'for no known reason',
    ],
    [
      'questions that are dropped',
      '[{ name: eats, messages: { from: n3, to: n2, type: iwant, action: drop } }]',
      'dropped by eats',
    ],
    ['lost packets', '[{ link: { from: n2, to: n3, loss: 90% } }]', 'lost packets'],
    ['a dead node among others', '[{ name: a, partition: "n1 / n4" }, { name: b, stop: n3 }]', 'node down by b'],
  ])('%s', (_, faults, expected) => {
    expect(why(faults)).toBe(`it did not go on at n2 -> n3 (${expected})`);
  });

  it('is that the node chose others, where it passes news on to some, unless nothing could pass at all', () => {
    const env = 'DEVNET_GOSSIP: "fanout:1"';
    expect(why('[]', { env })).toContain("(fan-out's choice)");
    const drop = '[{ name: eats, messages: { from: n2, to: n3, action: drop, probability: 50% } }]';
    expect(why(drop, { env })).toContain("(fan-out's choice, or dropped by eats)");
    expect(why('[{ name: split, partition: halves }]', { env })).toContain('(cut by split)');
  });

  it('is that packets are lost, where the topology says so', () => {
    expect(why('[]', { loss: ', loss: 50%' })).toContain('(lost packets)');
  });
});

describe('messages that stopped', () => {
  it('were not told at all where the sender was down', () => {
    const { run, sample, end } = trial('[{ name: crash, kill: n1 }]');
    const untold = { ...sample, receipts: [], never: ['n1', 'n2', 'n3', 'n4'] };
    const explained = explainFailure(untold, { planned: run, actual: end });
    expect(explained).toEqual({ failedLinks: [], unreachable: [], senderDownBy: 'crash' });
    expect(describeFailure(explained)).toBe('its sender was not there to be told: crash');
  });

  it('are counted by why, and listed', () => {
    const { experiment, end } = trial('[{ at: 2s, name: "split", partition: "n1, n2 / n3, n4" }]');
    const run = { ...end, samples: [...end.samples, { ...end.samples[0]!, id: 'other', never: [] }] };
    expect(summariseFailures({ runs: [run] } as unknown as CellSummary, experiment)).toEqual({
      messages: 2,
      undelivered: 1,
      causes: [['cut by split', 1]],
      unreachable: 0,
      sendersDown: 0,
    });
    const html = failuresTable(experiment, [{ parameters: {}, runs: [run] } as unknown as CellSummary]);
    expect(html).toContain('<td>2</td><td>1</td><td class="words">1 link: cut by split</td>');
    expect(failuresTable(experiment, [{ parameters: {}, runs: [] } as unknown as CellSummary])).toBe('');
    expect(failuresCsv(experiment, [run]).split('\r\n')).toEqual([
      'run,message,from,to,why',
      `${end.run},${end.samples[0]!.id},n2,n3,cut by split`,
      '',
    ]);
  });
});
