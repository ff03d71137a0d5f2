import { expect, test } from 'vitest';
import { parseScenario, readTopologyPath, ScenarioError } from '../../../src/scenario/parse/parse-scenario.ts';
import { topology } from '../../support/scenario-fixtures.ts';

/** Formats each diagnostic as `line:column+length message = hint`. */
function mistakesOf(action: () => unknown): string[] {
  try {
    action();
  } catch (error) {
    if (!(error instanceof ScenarioError)) throw error;
    return error.diagnostics.map(({ place, message, hint }) => {
      const where = `${place?.line}:${place?.column}+${place?.length}`;
      return `${where} ${message}${hint === undefined ? '' : ` = ${hint}`}`;
    });
  }
  throw new Error('expected mistakes');
}

/** A step, which stands at line 2 and column 5, and its diagnostics. */
const WRONG: [step: string, ...mistakes: string[]][] = [
  [
    '{}',
    '2:5+2 expected an action: one of partition, cut, kill, stop, pause, restart, squeeze, messages, link, host, heal, gossip, send, churn, cuts, expect',
  ],
  [
    '{ at: 10s }',
    '2:5+11 expected an action: one of partition, cut, kill, stop, pause, restart, squeeze, messages, link, host, heal, gossip, send, churn, cuts, expect',
  ],
  ['{ kil: a }', '2:7+3 unknown key "kil" = did you mean "kill"?'],
  [
    '{ kill: a, stop: b }',
    '2:16+4 expected one action in a step, got "stop" beside "kill" = make it a step of its own; without "at", it takes place at the same time',
  ],
  [
    '{ at: 10, kill: a }',
    '2:11+2 expected a time from the start such as 10s, 500ms or 2m, at most a week, got 10 = did you mean 10s?',
  ],
  [
    '{ at: 10sec, kill: a }',
    '2:11+5 expected a time from the start such as 10s, 500ms or 2m, at most a week, got "10sec" = did you mean 10s?',
  ],
  [
    '{ at: 1s, kill: a, for: 5 minutes }',
    '2:29+9 expected a time such as 10s, 500ms or 2m, at most a week, got "5 minutes" = did you mean 5m?',
  ],
  [
    '{ at: 1000h, kill: a }',
    '2:11+5 expected a time from the start such as 10s, 500ms or 2m, at most a week, got "1000h"',
  ],
  ['{ at: 8d, kill: a }', '2:11+2 expected a time from the start such as 10s, 500ms or 2m, at most a week, got "8d"'],
  ['{ at: -1s, kill: a }', '2:11+3 expected a time from the start such as 10s, 500ms or 2m, at most a week, got "-1s"'],
  ['{ kill: z }', '2:13+1 unknown node "z" = known nodes: left, right, a, b, c, d, e'],
  ['{ kill: [] }', '2:13+2 expected a name of a node or group, or a list of them, got an empty list'],
  ['{ kill: 3 }', '2:13+1 expected a name of a node or group, or a list of them, got 3 = put it in quotes: "3"'],
  ['{ kill: a, every: 5s }', '2:16+5 expected either "until" or "times" with "every"'],
  ['{ kill: a, every: 5s, until: 10s, times: 2 }', '2:16+5 expected either "until" or "times" with "every"'],
  ['{ kill: a, until: 10s }', '2:16+5 "until" needs "every" = as in { every: 5s, until: 60s }'],
  ['{ kill: a, times: 10 }', '2:16+5 "times" needs "every" = as in { every: 5s, until: 60s }'],
  ['{ at: 5s, kill: a, every: 1s, until: 5s, for: 1ms }', '2:42+2 expected a time after that of the step itself'],
  ['{ heal: all, every: 1ms, until: 1m }', '2:25+3 expected at most 10,000 times, got 60,000'],
  [
    '{ restart: a, for: 1s }',
    '2:19+3 "for" is not allowed with "restart" = allowed with restart: at, every, until, times',
  ],
  [
    '{ kill: a, oneway: true }',
    '2:16+6 "oneway" is not allowed with "kill" = allowed with kill: at, every, until, times, for, name',
  ],
  [
    '{ kill: a, name: A b }',
    '2:22+3 expected a name of lower-case letters, digits and inner hyphens, at most 40 characters, got "A b"',
  ],
  ['{ kill: a, every: 1s, times: 3, for: 2s }', '2:5+41 at 1s, a is under another fault from 0s to 2s'],
  ['{ kill: a, every: 1s, times: 2 }', '2:5+32 at 1s, a is under another fault from 0s to the end'],
  ['{ partition: halvs }', '2:18+5 unknown preset "halvs" = did you mean "halves"?'],
  [
    '{ partition: [[a, b, c, d, e]] }',
    '2:18+17 expected at least two groups, got all nodes in one = groups are [[a, b], [c]] or "a, b / c"; presets: halves, one-alone, majorities-ring, bridge',
  ],
  ['{ partition: [[a], [a, b]] }', '2:18+13 expected every node in one group, got "a" in two'],
  [
    '{ partition: { preset: half } }',
    '2:28+4 expected groups such as [[a, b], [c, d]] or "a, b / c, d", or a preset: halves, one-alone, majorities-ring, bridge, got "half"',
  ],
  ['{ partition: a b / c }', '2:18+3 expected names between commas and arrows, got "a b"'],
  ['{ partition: majorities-ring, oneway: true }', '2:18+15 majorities-ring has no one-way form'],
  [
    '{ partition: 3 }',
    '2:18+1 expected groups such as [[a, b], [c, d]] or "a, b / c, d", or a preset: halves, one-alone, majorities-ring, bridge, got 3',
  ],
  ['{ cut: a }', '2:12+1 expected a link such as "a <-> b", got "a"'],
  ['{ cut: a -> }', '2:14+2 expected a name after ->'],
  ['{ cut: a <-> c }', '2:12+7 expected a link of the topology, got "a <-> c"'],
  ['{ cut: a <-> z }', '2:18+1 unknown node "z" = known nodes: left, right, a, b, c, d, e'],
  ['{ squeeze: { node: a } }', '2:16+11 expected "cpus" or "memory", or both'],
  ['{ squeeze: { node: a, memory: 1m } }', '2:35+2 expected a memory size of at least 6m, such as 64m, got "1m"'],
  ['{ squeeze: a }', '2:16+1 expected a map of node and cpus or memory, got "a"'],
  [
    '{ messages: { from: a, to: b } }',
    '2:17+18 missing key "action": expected drop, delay, duplicate, reorder or corrupt',
  ],
  ['{ messages: { from: a, to: b, action: delay } }', '2:17+33 missing key "delay": expected a time such as 2s'],
  ['{ messages: { from: a, to: b, action: drop, delay: 1s } }', '2:17+43 "delay" needs "action: delay"'],
  [
    '{ messages: { from: a, to: c, action: drop } }',
    '2:17+32 expected nodes with a link between them, got nodes without one',
  ],
  [
    '{ messages: { from: a, to: b, action: drop, probability: 0.5 } }',
    '2:62+3 expected a percentage such as 20%, at most 100%, got 0.5 = did you mean 50% or 0.5%?',
  ],
  [
    '{ link: { from: a, to: b, delay: 50 } }',
    '2:38+2 expected a time with its unit, such as 50ms or 0.2s, at most 1h, got 50 = did you mean 50ms?',
  ],
  ['{ host: worker-2 }', '2:13+8 expected a map of name and action, got "worker-2"'],
  ['{ host: { name: worker-2 } }', '2:13+18 missing key "action": expected cut, pause or kill'],
  [
    '{ host: { name: worker-2, action: drain } }',
    '2:39+5 expected cut, pause or kill, got "drain" = known: cut, pause, kill',
  ],
  ['{ heal: split }', '2:13+5 unknown step "split" = heal refers to a step by its "name"'],
  ['{ gossip: left }', '2:15+4 expected one node, got "left", which stands for 3'],
  ['{ gossip: { data: 1 } }', '2:15+11 missing key "from": expected the name of a node, or a map of from and data'],
  ['{ send: a }', '2:13+1 expected a map of to, type and payload, got "a"'],
  ['{ churn: { rate: 2/m, down: 5s } }', '2:5+34 missing key "until": expected the time at which churn ends'],
  ['{ churn: { rate: 2, down: 5s }, until: 1m }', '2:22+1 expected a rate such as 2/m or 1/10s, got 2'],
  ['{ churn: { rate: 1/h, down: 5s }, until: 1s }', '2:22+3 expected at least 1 event in 1s, got 0'],
  ['{ cuts: { rate: 1/ms, for: 3s }, until: 1h }', '2:21+4 expected at most 10,000 events in 1h, got 3,600,000'],
  [
    '{ cuts: { rate: 1/s, for: 3s, nodes: [a, c] }, until: 1m }',
    '2:13+37 expected links to cut, got nodes without links between them',
  ],
  [
    '{ expect: nothing }',
    '2:15+7 expected an expectation, got "nothing" = such as "gossip from a reaches all within 2s", "no drift within 10s", "log a matches /link_down/ within 10s", "a has no peers", "a -> b is down"',
  ],
  ['{ expect: 3 }', '2:15+1 expected an expectation such as "no drift within 10s", got 3'],
  [
    '{ expect: {} }',
    '2:15+2 expected one of "gossip", "drift", "log", "peers", "link" = expectations: gossip, drift, log, peers, link',
  ],
  [
    '{ expect: { gosip: a } }',
    '2:15+12 expected one of "gossip", "drift", "log", "peers", "link" = did you mean "gossip"?',
  ],
  ['{ expect: a -> c is up }', '2:15+6 expected a link of the topology, got "a -> c"'],
  ['{ expect: "gossip from left reaches all" }', '2:28+4 expected one node, got "left", which stands for 3'],
  ['{ expect: "gossip reaches all but z" }', '2:39+1 unknown node "z" = known nodes: left, right, a, b, c, d, e'],
  [
    '{ expect: "log a matches /(/" }',
    '2:30+3 expected a regular expression: Invalid regular expression: /(/: Unterminated group',
  ],
  ['{ expect: no drift within 900h }', '2:31+4 expected a time of at most a week, got "900h"'],
  [
    '{ expect: no drift within 5 }',
    '2:15+17 expected an expectation, got "no drift within 5" = such as "gossip from a reaches all within 2s", "no drift within 10s", "log a matches /link_down/ within 10s", "a has no peers", "a -> b is down"',
  ],
  ['{ expect: { log: a } }', '2:15+10 expected either "matches" or "never"'],
  [
    '{ expect: { log: a, matches: "(" } }',
    '2:34+3 expected a regular expression: Invalid regular expression: /(/: Unterminated group',
  ],
  ['{ expect: { peers: a, are: z } }', '2:32+1 unknown node "z" = known nodes: left, right, a, b, c, d, e'],
  ['{ expect: { drift: some } }', '2:24+4 expected none, got "some"'],
  [
    '{ expect: no drift, for: 3s }',
    '2:25+3 "for" is not allowed with "expect" = allowed with expect: at, every, until, times, name',
  ],
  [
    '{ expect: { gossip: a, within: 1s } }',
    '2:15+25 missing key "reaches": expected a name of a node or group, or a list of them',
  ],
];

test.each(WRONG)('%s', (step, ...mistakes) => {
  const text = `scenario:\n  - ${step}`;
  expect(mistakesOf(() => parseScenario(text, { file: 'x.yaml', topology: topology() }))).toEqual(mistakes);
});

test('reports every mistake, in the order of the file', () => {
  const text = 'topology: x.yaml\nnodes: [a]\nscenario:\n  - { kill: z }\n  - { at: 1, kill: a }\n  - { gossip: y }\n';
  expect(mistakesOf(() => parseScenario(text, { file: 'x.yaml', topology: topology() }))).toEqual([
    '2:1+5 unknown key "nodes" = known keys: topology, scenario',
    '4:13+1 unknown node "z" = known nodes: left, right, a, b, c, d, e',
    '5:11+1 expected a time from the start such as 10s, 500ms or 2m, at most a week, got 1 = did you mean 1s?',
    '6:15+1 unknown node "y" = known nodes: left, right, a, b, c, d, e',
  ]);
});

test.each([
  ['nodes: [a]', '1:1+10 missing key "scenario": expected a list of steps such as { at: 10s, kill: n3 }'],
  ['scenario: []', '1:11+2 expected a list of steps such as { at: 10s, kill: n3 }, got an empty list'],
  ['scenario: { kill: a }', '1:11+11 expected a list of steps such as { at: 10s, kill: n3 }, got a map'],
  ['- kill: a', '1:1+9 expected a map with "scenario", got a list'],
  ['scenario: [', '1:12+1 not YAML: Flow sequence in block collection must be sufficiently indented and end with a ]'],
  ['scenario: [{ kill: a, name: x, for: 1s }, { kill: b, name: x }]', '1:60+1 expected every name once, got "x" again'],
  [
    'scenario: [{ heal: x }, { kill: b, name: x }]',
    '1:20+1 unknown step "x", which only comes later = heal refers to a step by its "name"',
  ],
  ['scenario: [{ kill: a, name: x }, { heal: y }]', '1:42+1 unknown step "y" = steps before it: x'],
])('%s', (text, ...mistakes) => {
  expect(mistakesOf(() => parseScenario(text, { file: 'x.yaml', topology: topology() }))).toEqual(mistakes);
});

test.each([
  ['topology: 3', '1:11+1 expected the name of a topology file, got 3'],
  ['text', '1:1+4 expected a map with "topology" and "scenario", got "text"'],
  ['a: [', '1:5+1 not YAML: Flow sequence in block collection must be sufficiently indented and end with a ]'],
])('reading the topology path of %s fails', (text, ...mistakes) => {
  expect(mistakesOf(() => readTopologyPath(text, 'x.yaml'))).toEqual(mistakes);
});
