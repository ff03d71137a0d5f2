import { describe, expect, it } from 'vitest';
import { parseExperiment } from '../../../src/experiment/plan/parse.ts';
import { failuresTable } from '../../../src/experiment/report/tables.ts';
import { describeFailure, explainFailure, locateFailure } from '../../../src/experiment/results/failure-causes.ts';
import { failuresCsv, summariseFailures } from '../../../src/experiment/results/failure-summary.ts';
import type { CellSummary } from '../../../src/experiment/results/summary.ts';
import { plannedFaults } from '../../../src/experiment/run/dry-run.ts';
import { complete, message } from '../fixtures.ts';

/** A line of four nodes with faults, and a message that was sent at second 5 and reached n2 only. */
function failedRun(
  faults: string,
  { env = '', links = 'n1 - n2 - n3 - n4'.replaceAll(' - ', ' <-> '), loss = '' } = {},
) {
  const text = `{ name: x, question: q, topology: { nodes: { count: 4, env: { ${env} } }, links: [{ link: ${links}${loss} }] }, load: {}, faults: ${faults} }`;
  const experiment = parseExperiment(text, { file: 'x.yaml' });
  const run = experiment.runs[0]!;
  const sample = { ...message([10], 2, run.key), sent: '2026-01-01T00:00:05.000000Z' };
  const end = complete([sample], { run: run.key, began: '2026-01-01T00:00:00.000Z', faults: plannedFaults(run) });
  return { experiment, run, sample, end };
}

const why = (faults: string, more = {}) => {
  const { run, sample, end } = failedRun(faults, more);
  return describeFailure(explainFailure(sample, { planned: run, actual: end }));
};

describe('the reason why a message was not forwarded over n2 -> n3', () => {
  it.each([
    ['a cut', '[{ at: 2s, name: split, partition: "n1, n2 / n3, n4", for: 5s }]', 'cut by split'],
    ['a cut in one direction', '[{ name: split, partition: "n3 / n2", oneway: true }]', 'cut by split'],
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
      'dropping in the other direction',
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
    expect(why(faults)).toBe(`not forwarded over n2 -> n3 (${expected})`);
  });

  it('is the choice of a node that forwards to some of its peers only, unless the link was cut', () => {
    const env = 'DEVNET_GOSSIP: "fanout:1"';
    expect(why('[]', { env })).toContain("(fan-out's choice)");
    const drop = '[{ name: eats, messages: { from: n2, to: n3, action: drop, probability: 50% } }]';
    expect(why(drop, { env })).toContain("(fan-out's choice, or dropped by eats)");
    expect(why('[{ name: split, partition: halves }]', { env })).toContain('(cut by split)');
  });

  it('is loss, where the topology declares it', () => {
    expect(why('[]', { loss: ', loss: 50%' })).toContain('(lost packets)');
  });
});

describe('undelivered messages', () => {
  it('were not sent where the sender was down', () => {
    const { run, sample, end } = failedRun('[{ name: crash, kill: n1 }]');
    const untold = { ...sample, receipts: [], never: ['n1', 'n2', 'n3', 'n4'] };
    const explained = explainFailure(untold, { planned: run, actual: end });
    expect(explained).toEqual({ failedLinks: [], unreachable: [], senderDownBy: 'crash' });
    expect(describeFailure(explained)).toBe('its sender was down (crash)');
  });

  it('are counted by cause, and listed', () => {
    const { experiment, end } = failedRun('[{ at: 2s, name: "split", partition: "n1, n2 / n3, n4" }]');
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

const link = (text: string) => {
  const [from, to] = text.split('>') as [string, string];
  return { from, to };
};

describe('the place where a message stopped', () => {
  const lost = { ...message([1, 2]), never: ['n4', 'n5', 'n6'] };

  it.each([
    ['is nowhere', { ...lost, never: [] }, 'n1>n2 n2>n3', [], [], ''],
    [
      'at a link, and all behind it',
      lost,
      'n1>n2 n2>n3 n3>n4 n4>n5 n5>n6',
      ['n3>n4'],
      [],
      'not forwarded over n3 -> n4',
    ],
    ['where there is no link', lost, 'n1>n2 n4>n3 n5>n4', [], ['n4', 'n5', 'n6'], 'no link leads to n4, n5, n6'],
    [
      'both',
      lost,
      'n1>n4 n2>n4 n6>n1 n5>n6',
      ['n1>n4', 'n2>n4'],
      ['n5', 'n6'],
      'not forwarded over n1 -> n4, n2 -> n4; no link leads to n5, n6',
    ],
    [
      'at many links',
      lost,
      'n1>n4 n2>n4 n1>n5 n2>n6',
      ['n1>n4', 'n2>n4', 'n1>n5', 'n2>n6'],
      [],
      'not forwarded over n1 -> n4, n2 -> n4, 2 other links',
    ],
  ])('%s', (_, sample, links, at, cutOff, words) => {
    const stopped = locateFailure(sample, links.split(' ').map(link));
    expect(stopped).toEqual({ failedLinks: at.map(link), unreachable: cutOff });
    expect(describeFailure(stopped)).toBe(words);
  });
});
