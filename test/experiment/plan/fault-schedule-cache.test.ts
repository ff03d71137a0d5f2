import { describe, expect, it } from 'vitest';
import { parseExperiment } from '../../../src/experiment/plan/parse.ts';
import { resolveRuns } from '../../../src/experiment/results/results-folder.ts';
import { dryRun, plannedFaults } from '../../../src/experiment/run/dry-run.ts';
import { mistakesIn } from '../fixtures.ts';

const HEAD = 'name: x\nquestion: q\ntopology: { nodes: { count: 6 }, links: ring }\n';
const parse = (text: string) => parseExperiment(HEAD + text, { file: 'x.yaml' });
const planned = (text: string) =>
  parse(text).runs.map((run) => plannedFaults(run).map(({ name, what, from, to }) => `${name} ${from}-${to} ${what}`));

describe('scheduled faults', () => {
  it('are scenario steps with parameters', () => {
    expect(
      planned(`
matrix: { long: [2, 5] }
load: { messages: 10, every: 1s }
faults:
  - { at: 1s, name: split, partition: halves, for: '\${long}s' }
  - { at: 4s, kill: n2 }`),
    ).toEqual([
      ['split 1000-3000 cut n1, n2, n3 / n4, n5, n6', 'kill-n2 4000-null kill n2'],
      ['split 1000-6000 cut n1, n2, n3 / n4, n5, n6', 'kill-n2 4000-null kill n2'],
    ]);
  });

  it('may be a single parameter, and may be none', () => {
    const text = `
matrix: { fault: { none: [], cut: [{ cut: n1 <-> n2, for: 3s }], heal: [{ name: a, pause: n1 }, { at: 2s, heal: a }] } }
load: { messages: 5 }
faults: $fault`;
    expect(planned(text)).toEqual([[], ['partition 0-3000 cut n1 / n2'], ['a 0-2000 pause n1']]);
    expect(parse(text).runs[0]).not.toHaveProperty('faults');
    expect(dryRun(parse(text), 'containers').cells.map(({ faults }) => faults.length)).toEqual([0, 1, 1]);
  });

  it('depend on the seed of the run, unless they have their own', () => {
    const churn = (seed: string) => `
seeds: [1, 2, 1000]
load: { messages: 30, every: 1s }
faults: [{ churn: { rate: 30/m, down: 1s${seed} }, until: 20s }]`;
    const [one, two, more] = planned(churn(''));
    expect(one).toHaveLength(10);
    expect(one).not.toEqual(two);
    expect(two).not.toEqual(more);
    expect(planned(churn(''))[0]).toEqual(one);
    const [own, same] = planned(churn(', seed: 9'));
    expect(own).toEqual(same);
  });

  it('are part of the resolved runs', () => {
    const [one, other] = ['1s', '2s'].map((long) =>
      JSON.stringify(resolveRuns(parse(`load: {}\nfaults: [{ kill: n1, for: ${long} }]`).runs)),
    );
    expect(one).not.toBe(other);
  });

  it('make the next run start new nodes, except for faults on messages', () => {
    const networks = (step: string) => dryRun(parse(`repeats: 3\nload: {}\nfaults: [${step}]`), 'containers').networks;
    expect(networks('{ pause: n1, for: 1s }')).toBe(3);
    expect(networks('{ messages: { from: all, to: all, action: drop } }')).toBe(1);
  });

  it.each([
    ['load: {}\nfaults: [{ kill: n9 }]', ['5:18 unknown node "n9", with seed 1']],
    ['load: {}\nfaults: [{ kil: n1 }]', ['5:17 unknown key "kil", with seed 1']],
    [
      'load: {}\nfaults: { kill: n1 }',
      ['5:9 expected a list of steps such as { at: 1s, kill: n3, for: 5s }, got a map'],
    ],
    ['load: {}\nfaults: [{ gossip: n1 }]', ['5:12 expected a fault or a heal, got "gossip"']],
    ['load: {}\nfaults: [{ expect: no drift }]', ['5:12 expected a fault or a heal, got "expect"']],
    ['faults: [{ kill: n1 }]', ['4:1 "faults" needs "load": without a load no network is started']],
    [
      'load: { messages: 3, every: 1s, within: 2s }\nfaults: [{ at: 4s, kill: n1 }]',
      ['5:1 expected every step to start before the load ends at 4000 ms, got one at 4000 ms, with seed 1'],
    ],
    ['load: {}\nfaults: [{ at: $when, kill: n1 }]', ['5:16 unknown parameter $when']],
    [
      'matrix: { when: [1s] }\nload: {}\nfaults: [{ kill: n1 }]',
      ['4:11 parameter $when is not used in "topology" or "faults"'],
    ],
  ])('with mistakes are reported with their places: %s', (text, expected) => {
    const mistakes = mistakesIn(HEAD + text);
    for (const [index, mistake] of expected.entries()) expect(mistakes[index]).toContain(mistake);
  });
});
