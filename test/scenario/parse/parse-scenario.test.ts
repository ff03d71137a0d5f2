import { describe, expect, test } from 'vitest';
import { describeExpectation } from '../../../src/scenario/model/describe.ts';
import { parseScenario, parseScenarioObject, readTopologyPath } from '../../../src/scenario/parse/parse-scenario.ts';
import { describeSchedule, scenario, topology } from '../../support/scenario-fixtures.ts';

describe('faults', () => {
  test.each([
    ['two groups', 'partition: [[a, b], [c, d]]', 'partition: cut a, b / c, d'],
    ['names of groups', 'partition: [left, right]', 'partition: cut a, b, c / d, e'],
    ['text with a slash', 'partition: left / d', 'partition: cut a, b, c / d'],
    ['three groups', 'partition: a / b / c', 'partition: cut a / b; a / c; b / c'],
    ['one group against the rest', 'partition: [[b]]', 'partition: cut b / a, c, d, e'],
    ['a node in two groups', '{ partition: [a, left], oneway: true }', undefined],
    ['one way between two groups', '{ partition: [a, [b, c]], oneway: true }', 'partition: cut a -> b, c'],
    ['halves', 'partition: halves', 'partition: cut a, b / c, d, e'],
    ['one alone', 'partition: one-alone', 'partition: cut a / b, c, d, e'],
    ['one alone, one way', '{ partition: one-alone, oneway: true }', 'partition: cut a -> b, c, d, e'],
    ['a bridge', 'partition: bridge', 'partition: cut a, b / d, e'],
    [
      'majorities in a ring',
      'partition: majorities-ring',
      'partition: cut a -> c, d; b -> d, e; c -> a, e; d -> a, b; e -> b, c',
    ],
    ['a cut in both directions', 'cut: a <-> b', 'partition: cut a / b'],
    ['a cut in one direction', 'cut: b -> a', 'partition: cut b -> a'],
    ['cuts between groups', 'cut: left <-> right', 'partition: cut a, b, c / d, e'],
    ['kill', 'kill: c', 'kill-c: kill c'],
    ['kill of several nodes', 'kill: [a, right]', 'kill: kill a; kill d; kill e'],
    ['stop', 'stop: a, b', 'stop: stop a; stop b'],
    ['pause', 'pause: a', 'pause-a: pause a'],
    ['restart', 'restart: a', 'restart-a: restart a'],
    ['squeeze', 'squeeze: { node: a, cpus: 0.1, memory: 32m }', 'squeeze-a: squeeze a to 0.1 cpus and 32 MiB'],
    [
      'messages',
      'messages: { from: a, to: b, type: gossip, action: drop, probability: 20% }',
      'messages: drop 20% of gossip messages a -> b',
    ],
    [
      'messages of any type',
      'messages: { from: a, to: left, action: delay, delay: 1.5s }',
      'messages: delay all messages a -> b by 1500ms',
    ],
    [
      'a link',
      'link: { from: a, to: b, delay: 50ms, loss: 1%, rate: 10mbit }',
      'link: link a <-> b: delay 50ms, loss 1%, rate 10mbit',
    ],
    [
      'a link in one direction',
      '{ link: { from: a, to: b, delay: 1ms }, oneway: true }',
      'link: link a -> b: delay 1ms',
    ],
    ['a link without conditions', 'link: { from: a, to: b, delay: none }', 'link: link a <-> b: no conditions'],
    [
      'every link, in both directions',
      'link: { from: all, to: all, loss: 1% }',
      'link: link a <-> b: loss 1%; link a <-> e: loss 1%; link b <-> c: loss 1%; link c <-> d: loss 1%; link d <-> e: loss 1%',
    ],
    [
      'links between overlapping groups',
      'link: { from: "b, left", to: left, loss: 1% }',
      'link: link b <-> a: loss 1%; link b <-> c: loss 1%',
    ],
    [
      'links between overlapping groups, in one direction',
      '{ link: { from: [a, b], to: [a, b], loss: 1% }, oneway: true }',
      'link: link a -> b: loss 1%; link b -> a: loss 1%',
    ],
    [
      'messages in both directions',
      'messages: { from: [a, b], to: [a, b], action: drop }',
      'messages: drop all messages a -> b; drop all messages b -> a',
    ],
    ['a host that is cut off', 'host: { name: worker-2, action: cut }', 'cut-worker-2: cut host worker-2'],
    ['a host that is paused', 'host: { name: worker-2, action: pause }', 'pause-worker-2: pause host worker-2'],
  ])('%s', (_, step, expected) => {
    if (expected === undefined) expect(() => describeSchedule(`- ${step}`)).toThrow('got "a" in two');
    else expect(describeSchedule(`- ${step}`)).toEqual([`0s ${expected}`]);
  });

  test('a fault takes the name of its step', () => {
    expect(describeSchedule('- { kill: a, name: first, for: 1s }')).toEqual(['0s first: kill a', '1s heal first']);
  });
});

test('messages to nodes', () => {
  const steps = [
    '- gossip: a',
    '- gossip: { from: b, data: [1, null] }',
    '- send: { to: c, type: ping }',
    '- send: { to: c, type: echo, payload: null }',
  ];
  expect(describeSchedule(steps.join('\n'))).toEqual([
    '0s gossip a',
    '0s gossip b [1,null]',
    '0s send c ping',
    '0s send c echo null',
  ]);
});

describe('expectations', () => {
  test.each([
    ['gossip reaches all within 2s', 'gossip from a reaches a, b, c, d, e within 2s'],
    ['gossip from c reaches all but left', 'gossip from c reaches d, e within 10s'],
    ['gossip from c reaches only left within 500ms', 'gossip from c reaches only a, b, c within 500ms'],
    ['{ gossip: c, reaches: [left, d], within: 1m }', 'gossip from c reaches a, b, c, d within 1m'],
    ['{ gossip: c, reaches: all, but: d, only: true }', 'gossip from c reaches only a, b, c, e within 10s'],
    ['no drift', 'no drift within 10s'],
    ['no drift within 2min', 'no drift within 2m'],
    ['{ drift: none, within: 3s }', 'no drift within 3s'],
    ['log b matches /link_down peer=\\S+/ within 4s', 'log of b matches /link_down peer=\\S+/ within 4s'],
    ['log of left matches /a b/i', 'log of a, b, c matches /a b/i within 10s'],
    ['log matches /x/', 'log matches /x/ within 10s'],
    ['log never matches /x/y/ for 3s', 'log never matches /x/y/ for 3s'],

    ['log a, b never matches /panic/ for 3s', 'log of a, b never matches /panic/ for 3s'],
    ['{ log: a, matches: plain words }', 'log of a matches /plain words/ within 10s'],
    ['{ log: all, never: /WORDS/i, for: 1s }', 'log never matches /WORDS/i for 1s'],
    ['b has no peers within 5s', 'b has no peers within 5s'],
    ['b has peers a, c', 'b has peers a, c within 10s'],
    ['b has 1 peer', 'b has 1 peer within 10s'],
    ['{ peers: b, are: [], within: 1s }', 'b has no peers within 1s'],
    ['{ peers: b, are: 2 }', 'b has 2 peers within 10s'],
    ['a -> b is down', 'a -> b is down within 10s'],
    ['a <-> b, e are up within 1s', 'a -> b, a -> e, b -> a, e -> a are up within 1s'],
    ['left <-> right is down', 'a -> e, c -> d, d -> c, e -> a are down within 10s'],
    ['{ link: a -> b, is: up, within: 1s }', 'a -> b is up within 1s'],
  ])('%s', (text, expected) => {
    const read = () => scenario(`- expect: ${text}`).steps[0]!.action;
    if (expected === undefined) {
      expect(read).toThrow('1 mistake');
      return;
    }
    const action = read();
    expect(action.do === 'expect' && describeExpectation(action.expectation)).toBe(expected);
  });

  test('the description of an expectation parses to the same expectation', () => {
    for (const text of [
      'gossip from c reaches only a, b',
      'log of b never matches /x/i for 3s',
      'b has 2 peers',
      'a -> b is up',
    ]) {
      const first = scenario(`- expect: ${text}`).steps[0]!.action;
      const again =
        first.do === 'expect' && scenario(`- expect: ${describeExpectation(first.expectation)}`).steps[0]!.action;
      expect(again).toEqual(first);
    }
  });
});

describe('files', () => {
  test('a scenario can be part of its topology file', () => {
    const text = 'nodes: [a, b]\nlinks: [a -> b]\nscenario:\n  - kill: b\n';
    expect(readTopologyPath(text, 'x.yaml')).toBeUndefined();
    expect(parseScenario(text, { file: 'x.yaml', topology: topology(text) }).steps).toHaveLength(1);
  });

  test('a scenario can be a file that names its topology', () => {
    const text = 'topology: ../ring.yaml\nscenario:\n  - kill: b\n';
    expect(readTopologyPath(text, 'x.yaml')).toBe('../ring.yaml');
    expect(parseScenario(text, { file: 'x.yaml', topology: topology() }).steps).toHaveLength(1);
  });

  test('a scenario can be an object, and mistakes name their path', () => {
    const read = (value: unknown) => () => parseScenarioObject(value, { topology: topology() });
    expect(read({ scenario: [{ kill: 'a' }] })().steps).toHaveLength(1);
    expect(read({ scenario: [{ kill: 'z' }] })).toThrow('scenario[0].kill: unknown node "z"');
  });
});
