import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { TimedStep } from '../../../src/scenario/model/scenario.ts';
import { schedule } from '../../../src/scenario/schedule/schedule.ts';
import { describeSchedule, scenario } from '../../support/scenario-fixtures.ts';

describe('times', () => {
  test.each<[what: string, steps: string, expected: string[]]>([
    [
      'a step without a time takes that of the step before it',
      '- kill: a\n- { at: 5s, kill: b }\n- kill: c\n',
      ['0s kill-a: kill a', '5s kill-b: kill b', '5s kill-c: kill c'],
    ],
    [
      'steps are sorted by time, whatever their order in the file',
      '- { at: 5s, gossip: a }\n- { at: 1s, gossip: b }\n- gossip: c\n',
      ['1s gossip b', '1s gossip c', '5s gossip a'],
    ],
    [
      'a step repeats `times` times',
      '- { at: 1s, every: 500ms, times: 3, gossip: a }',
      ['1s gossip a', '1.5s gossip a', '2s gossip a'],
    ],
    [
      'a step repeats before `until`, not at it',
      '- { every: 2s, until: 6s, gossip: a }',
      ['0s gossip a', '2s gossip a', '4s gossip a'],
    ],
    [
      '`until` can lie between two repetitions',
      '- { every: 2s, until: 5s, gossip: a }',
      ['0s gossip a', '2s gossip a', '4s gossip a'],
    ],
    [
      'at one time, faults end before others begin',
      '- { every: 2s, times: 2, kill: a, for: 2s, name: x }',
      ['0s x: kill a', '2s heal x', '2s x-2: kill a', '4s heal x-2'],
    ],
    [
      'a heal ends the faults of its names, and a second one finds nothing',
      '- { at: 1s, kill: a, for: 9s, name: x }\n- { kill: b, name: y }\n- { at: 3s, heal: x }\n- { at: 4s, heal: x }',
      ['1s x: kill a', '1s y: kill b', '3s heal x', '4s heal '],
    ],
    [
      'a heal of all ends every earlier fault, not one that comes after it at the same time',
      '- { kill: a, name: x }\n- cut: a <-> b\n- { at: 2s, heal: all }\n- { at: 2s, kill: c }',
      ['0s x: kill a', '0s partition: cut a / b', '2s heal x, partition', '2s kill-c: kill c'],
    ],
    [
      'a heal does not end a later fault',
      '- { at: 2s, kill: a, for: 1s, name: x }\n- { at: 1s, heal: all }',
      ['1s heal ', '2s x: kill a', '3s heal x'],
    ],
    [
      'a heal ends every repetition of a step',
      '- { every: 1s, times: 2, cut: a <-> b, name: x }\n- { at: 5s, heal: x }',
      ['0s x: cut a / b', '1s x-2: cut a / b', '5s heal x, x-2'],
    ],
    [
      'a restart needs no healing',
      '- restart: a\n- { at: 1s, restart: a }\n- { at: 2s, heal: all }',
      ['0s restart-a: restart a', '1s restart-a-2: restart a', '2s heal '],
    ],
    [
      'no fault takes the name of another step',
      '- kill: a\n- { at: 1s, cut: a <-> b, name: kill-a, for: 1s }',
      ['0s kill-a-2: kill a', '1s kill-a: cut a / b', '2s heal kill-a'],
    ],
  ])('%s', (_, steps, expected) => expect(describeSchedule(steps)).toEqual(expected));

  test('an injection holds the time of its heal, unless only the end heals it', () => {
    const steps = schedule(
      scenario('- { kill: a, for: 3s }\n- kill: b\n- { kill: c, name: x }\n- { at: 2s, heal: x }'),
    );
    expect(steps.flatMap((step) => (step.do === 'inject' ? [step.until] : []))).toEqual([3_000, undefined, 2_000]);
  });
});

describe('overlapping faults', () => {
  test.each([
    ['- { kill: a, for: 3s }\n- { at: 2s, stop: a }', 'at 2s, a is under another fault from 0s to 3s'],
    ['- kill: left\n- { at: 2s, restart: b }', 'at 2s, b is under another fault from 0s to the end'],
    [
      '- squeeze: { node: a, cpus: 1 }\n- squeeze: { node: a, memory: 32m }',
      'at 0s, the limit of a is under another fault',
    ],
    [
      '- { link: { from: a, to: b, delay: 1ms }, oneway: true }\n- { link: { from: b, to: a, delay: 2ms } }',
      'at 0s, a -> b is under another fault',
    ],
    // A short fault within a long one does not hide the long one.
    [
      '- { at: 1s, kill: a, for: 9s }\n- { at: 2s, kill: a, for: 1s }\n- { at: 5s, kill: a }',
      'at 5s, a is under another fault from 1s',
    ],
    [
      '- host: { name: beta, action: pause }\n- host: { name: beta, action: kill }',
      'at 0s, the host beta is under another fault',
    ],
  ])('rejects %s', (steps, message) => expect(() => scenario(steps)).toThrow(message));

  test.each([
    '- { kill: a, for: 3s }\n- { at: 3s, stop: a }',
    '- { kill: a, name: x }\n- { at: 1s, heal: x }\n- { at: 1s, stop: a }',
    '- restart: a\n- kill: a',
    '- host: { name: beta, action: pause }\n- host: { name: gamma, action: pause }\n- host: { name: beta, action: cut }',
    '- cut: a <-> b\n- cut: a <-> b',
    '- kill: a\n- squeeze: { node: a, cpus: 1 }',
    '- { link: { from: a, to: b, delay: 1ms }, oneway: true }\n- { link: { from: b, to: a, delay: 2ms }, oneway: true }',
    '- link: { from: all, to: all, delay: 1ms }\n- kill: a',
    '- { every: 2s, times: 2, for: 1s, link: { from: all, to: left, delay: 1ms } }\n- kill: a',
  ])('accepts %s', (steps) => expect(scenario(steps).steps.length).toBeGreaterThan(1));
});

type Inject = Extract<TimedStep, { do: 'inject' }>;
const injected = (steps: string) => schedule(scenario(steps)).filter((step): step is Inject => step.do === 'inject');

describe('random faults', () => {
  const churned = (seed: number, count: number, down: number, until: number) =>
    `- { at: 10s, churn: { rate: ${count}/m, down: ${down}ms, seed: ${seed} }, until: ${until}s }`;
  const churn = fc.tuple(
    fc.integer({ min: 0, max: 2 ** 32 - 1 }),
    fc.integer({ min: 1, max: 100 }),
    fc.integer({ min: 1, max: 60_000 }),
    fc.integer({ min: 70, max: 1_000 }),
  );

  test('the same file gives the same schedule, byte for byte', () => {
    fc.assert(
      fc.property(churn, (values) => {
        expect(JSON.stringify(schedule(scenario(churned(...values))))).toBe(
          JSON.stringify(schedule(scenario(churned(...values)))),
        );
      }),
      { numRuns: 30 },
    );
  });

  test('the schedule of a seed never changes', () => {
    const steps =
      '- { churn: { rate: 4/m, down: 5s, seed: 7 }, until: 1m }\n- { cuts: { rate: 1/20s, for: 3s, seed: 7 }, until: 1m }\n';
    expect(describeSchedule(steps)).toEqual([
      '0.007s kill-c: kill c',
      '5.007s heal kill-c',
      '5.017s partition: cut c / d',
      '7.701s kill-e: kill e',
      '8.017s heal partition',
      '12.701s heal kill-e',
      '19.208s kill-e-2: kill e',
      '24.208s heal kill-e-2',
      '50.904s kill-b: kill b',
      '54s partition-2: cut d / e',
      '55.19s partition-3: cut e / a',
      '55.904s heal kill-b',
      '57s heal partition-2',
      '58.19s heal partition-3',
    ]);
  });

  test('two steps with the same seed get different times', () => {
    const made = injected(
      '- { churn: { rate: 1/s, down: 1ms }, until: 60s }\n- { at: 0s, cuts: { rate: 1/s, for: 1ms }, until: 60s }',
    );
    const times = (kind: string) => made.flatMap(({ at, faults }) => (faults[0]?.kind === kind ? [at] : []));
    expect(times('kill')).toHaveLength(60);
    expect(times('partition')).toHaveLength(60);
    expect(times('kill').filter((at) => times('partition').includes(at)).length).toBeLessThan(10);
  });

  test('another seed gives another schedule', () => {
    const all = Array.from({ length: 20 }, (_, seed) => JSON.stringify(injected(churned(seed, 10, 1_000, 100))));
    expect(new Set(all).size).toBe(20);
  });

  test('churn gives as many faults as the rate, in its time, each as long as given, and no node twice at once', () => {
    fc.assert(
      fc.property(churn, ([seed, count, down, until]) => {
        const made = injected(churned(seed, count, down, until));
        const expected = Math.round((count * (until - 10)) / 60);
        expect(made.length).toBeLessThanOrEqual(expected);
        const upAt = new Map<string, number>();
        let maxDown = 0;
        for (const { at, until: end, faults } of made) {
          expect(at).toBeGreaterThanOrEqual(10_000);
          expect(at).toBeLessThan(until * 1_000);
          expect(end).toBe(at + down);
          const [fault] = faults as [{ kind: string; node: string }];
          expect(fault.kind).toBe('kill');
          expect(upAt.get(fault.node) ?? 0).toBeLessThanOrEqual(at);
          upAt.set(fault.node, end!);
          maxDown = Math.max(maxDown, [...upAt.values()].filter((time) => time > at).length);
        }
        // A fault is left out only when all five nodes are down.
        if (maxDown < 5) expect(made.length).toBe(expected);
      }),
      { numRuns: 60 },
    );
  });

  test('times and nodes are evenly distributed', () => {
    const made = injected('- { churn: { rate: 10/s, down: 1ms, seed: 3 }, until: 900s }');
    expect(made.length).toBe(9_000);
    const thirds = [0, 0, 0];
    const nodes = new Map<string, number>();
    for (const { at, faults } of made) {
      thirds[Math.floor(at / 300_000)]!++;
      const { node } = faults[0] as { node: string };
      nodes.set(node, (nodes.get(node) ?? 0) + 1);
    }
    // Within five standard deviations.
    for (const third of thirds) expect(Math.abs(third - 3_000)).toBeLessThan(5 * Math.sqrt(2_000));
    for (const count of nodes.values()) expect(Math.abs(count - 1_800)).toBeLessThan(5 * Math.sqrt(1_440));
  });

  test('random faults avoid the faults that the file fixes', () => {
    const steps =
      '- { at: 5s, kill: [a, b, c, d], for: 50s }\n- { at: 5s, churn: { rate: 1/s, down: 1s }, until: 54s }';
    const drawn = injected(steps).filter(({ name }) => name.startsWith('kill-'));
    expect(drawn.length).toBeGreaterThan(5);
    for (const { faults } of drawn) expect(faults).toEqual([{ kind: 'kill', node: 'e' }]);
  });

  test('churn takes only the given nodes down, in the given way', () => {
    const made = injected('- { churn: { rate: 1/s, down: 10ms, nodes: right, by: pause }, until: 60s }');
    expect(new Set(made.flatMap(({ faults }) => faults.map((fault) => JSON.stringify(fault))))).toEqual(
      new Set(['{"kind":"pause","node":"d"}', '{"kind":"pause","node":"e"}']),
    );
  });

  test('cuts take links down in both directions, and no link twice at once', () => {
    const made = injected('- { cuts: { rate: 3/s, for: 1s, seed: 5 }, until: 100s }');
    expect(made.length).toBeGreaterThan(250);
    const upAt = new Map<string, number>();
    for (const { at, until, faults } of made) {
      const [fault] = faults;
      if (fault?.kind !== 'partition') throw new Error('expected a partition');
      const [there, back] = fault.cuts as [{ from: string[]; to: string[] }, { from: string[]; to: string[] }];
      expect(back).toEqual({ from: there.to, to: there.from });
      const link = [...there.from, ...there.to].sort().join();
      expect(['a,b', 'b,c', 'c,d', 'd,e', 'a,e']).toContain(link);
      expect(upAt.get(link) ?? 0).toBeLessThanOrEqual(at);
      upAt.set(link, until!);
    }
  });

  test('a heal of all ends random faults too', () => {
    const steps = schedule(scenario('- { churn: { rate: 1/s, down: 1h }, until: 5s }\n- { at: 6s, heal: all }'));
    const down = steps.flatMap((step) => (step.do === 'inject' ? [step.name] : []));
    expect(steps.at(-1)).toEqual({ at: 6_000, do: 'heal', names: down });
  });

  test('a preset with a seed is shuffled anew each time', () => {
    const made = injected('- { partition: { preset: one-alone, seed: 2 }, every: 1s, times: 40, for: 1s }');
    const alone = made.map(({ faults }) => (faults[0]?.kind === 'partition' ? faults[0].cuts[0]?.from.join() : ''));
    expect(new Set(alone)).toEqual(new Set(['a', 'b', 'c', 'd', 'e']));
  });
});
