import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { scenarioJsonSchema } from '../../../src/scenario/parse/file-schema.ts';
import { parseScenarioObject } from '../../../src/scenario/parse/parse-scenario.ts';
import { parseTopologyObject } from '../../../src/topology/parse/parse-topology.ts';
import { keysWithoutDescription, readCommittedSchema, schemaAccepts, withKey } from '../../support/json-schema.ts';
import { root } from '../../support/paths.ts';
import { RING, topology } from '../../support/scenario-fixtures.ts';

const samples = readdirSync(join(root, 'devnet', 'scenarios'));
const schema = readCommittedSchema('scenario');
const accepts = schemaAccepts(schema);

/** A scenario with these steps, on {@link RING}. */
const file = (steps: string) => parseYaml(`topology: ring.yaml\nscenario:\n${steps}`);
const parse = (value: unknown) => parseScenarioObject(value, { topology: topology() });

test('the committed JSON Schema matches the parser (to update it: npm run schema)', () => {
  expect(schema).toEqual(JSON.parse(JSON.stringify(scenarioJsonSchema())));
});

test('the JSON Schema describes every key', () => {
  expect(keysWithoutDescription(schema)).toEqual([]);
});

test.each(samples)('the JSON Schema accepts %s', (sample) => {
  const text = readFileSync(join(root, 'devnet', 'scenarios', sample), 'utf8');
  expect(accepts(parseYaml(text))).toBe(true);
});

test('the JSON Schema accepts the examples of docs/scenarios.md', () => {
  const text = readFileSync(join(root, 'docs', 'scenarios.md'), 'utf8');
  const blocks = [...text.matchAll(/```yaml\n( {2}- [\s\S]*?)```/g)].map(([, steps]) => file(steps!));
  const rows = [...text.matchAll(/^\| `([^`|]+)` \| `(\{[^`]+\})` \|$/gm)];
  const expectations = rows.flatMap(([, sentence, map]) => [sentence, parseYaml(map!)]);
  expect(blocks.length).toBe(2);
  expect(expectations.length).toBe(22);
  for (const block of blocks) expect(accepts(block), JSON.stringify(block)).toBe(true);
  for (const expected of expectations) {
    expect(accepts({ topology: 'x.yaml', scenario: [{ expect: expected }] }), JSON.stringify(expected)).toBe(true);
  }
});

test.each([
  ['- { kil: a }', false],
  ['- {}', false],
  ['- { at: 10s }', false],
  ['- { kill: a, stop: b }', false],
  ['- { kill: 3 }', false],
  ['- { kill: [] }', false],
  ['- { at: 10, kill: a }', false],
  ['- { at: 8d, kill: a }', false],
  ['- { kill: a, oneway: true }', false],
  ['- { restart: a, for: 1s }', false],
  ['- { kill: a, every: 1s, times: two }', false],
  ['- { kill: a, name: A b }', false],
  ['- { partition: { preset: half } }', false],
  ['- { partition: halves, oneway: 1 }', false],
  ['- { squeeze: { node: a, memory: much } }', false],
  ['- { messages: { from: a, to: b } }', false],
  ['- { messages: { from: a, to: b, action: dorp } }', false],
  ['- { messages: { from: a, to: b, action: drop, probability: 0.5 } }', false],
  ['- { link: { from: a, to: b, delay: 50 } }', false],
  ['- { link: { from: a, to: b, dely: 50ms } }', false],
  ['- { host: { name: beta, action: drain } }', false],
  ['- { host: beta }', false],
  ['- { gossip: { data: 1 } }', false],
  ['- { send: { to: a } }', false],
  ['- { churn: { rate: 2/m, down: 5s } }', false],
  ['- { churn: { rate: 2, down: 5s }, until: 1m }', false],
  ['- { churn: { rate: 2/m, down: 5s, by: squeeze }, until: 1m }', false],
  ['- { cuts: { rate: 2/m, for: 5s, seed: -1 }, until: 1m }', false],
  ['- { expect: nothing }', false],
  ['- { expect: no drift within 5 }', false],
  ['- { expect: { drift: some } }', false],
  ['- { expect: { gosip: a } }', false],
  ['- { expect: { link: a -> b, is: gone } }', false],
  ['- { expect: { peers: a, are: [], within: 5 } }', false],
  ['- { partition: one-alone, at: 0s, for: 2 min, oneway: true, name: split }\n- { heal: split, at: 1m }', true],
  ['- { partition: [a, [b, c]], at: 1.5s }', true],
  ['- { partition: left }', true],
  [
    '- { messages: { from: all, to: all, action: delay, delay: 2s, probability: 20 % }, every: 1s, times: 3, for: 1ms }',
    true,
  ],
  ['- { link: { from: a, to: [b], loss: none, rate: 1mbit }, for: 1h, oneway: true }', true],
  ['- { squeeze: { node: left, cpus: 0.5, memory: 64MiB } }', true],
  ['- { host: { name: worker-2, action: cut }, at: 1s, for: 1s }', true],
  ['- { churn: { rate: 1/10s, down: 5s, by: pause }, until: 1m }', true],
  ['- expect: >\n    gossip from a reaches all\n    but e within 2s', true],
  ['- { expect: { log: all, never: x, for: 1s } }', true],
])('the JSON Schema and the parser agree on %j', (steps, valid) => {
  expect(accepts(file(steps))).toBe(valid);
  if (valid) expect(parse(file(steps)).steps.length).toBeGreaterThan(0);
  else expect(() => parse(file(steps))).toThrow('mistake');
});

test.each([
  ['no scenario', 'topology: x.yaml'],
  ['no topology', '{ scenario: [{ kill: a }] }'],
  ['no steps', '{ topology: x.yaml, scenario: [] }'],
  ['another key', '{ topology: x.yaml, name: x, scenario: [{ kill: a }] }'],
  ['a topology that is wrong', '{ nodes: [a], links: rong, scenario: [{ kill: a }] }'],
  ['wrong steps in a topology', '{ nodes: [a], scenario: [{ kill: a, at: 1 }] }'],
])('the JSON Schema rejects %s', (_, text) => {
  expect(accepts(parseYaml(text))).toBe(false);
});

const EVERYTHING = `
  - { partition: { preset: halves, seed: 2 }, for: 1s }
  - { at: 2s, squeeze: { node: a, cpus: 1 }, for: 1s }
  - { at: 2s, messages: { from: a, to: b, action: drop } }
  - { at: 2s, link: { from: a, to: b, delay: 5ms }, for: 1s }
  - { at: 2s, host: { name: beta, action: cut }, for: 1s }
  - { at: 2s, gossip: { from: a, data: { any: thing } } }
  - { at: 2s, send: { to: a, type: ping, payload: { any: thing } } }
  - { at: 4s, churn: { rate: 1/s, down: 1s }, until: 9s }
  - { at: 4s, cuts: { rate: 1/s, for: 1s }, until: 9s }
  - { expect: { gossip: a, reaches: all } }
  - { expect: { drift: none } }
  - { expect: { log: a, matches: x } }
  - { expect: { peers: a, are: 2 } }
  - { expect: { link: a -> b, is: up } }
`;

test.each([
  ['in a file of its own', file(EVERYTHING)],
  ['in a topology', { ...parseYaml(RING), ...file(EVERYTHING), topology: undefined }],
])('every unknown key that the JSON Schema rejects the parser rejects too: a scenario %s', (_, whole) => {
  const plain = JSON.parse(JSON.stringify(whole));
  const parseBoth = (value: unknown) => {
    if (!('topology' in plain)) parseTopologyObject(value, { name: 'net' });
    parse(value);
  };
  expect(accepts(plain)).toBe(true);
  expect(() => parseBoth(plain)).not.toThrow();
  const changed = withKey(plain, 'unheard-of');
  // The data of a gossip message and the payload of a message may be anything.
  expect(changed.filter(accepts)).toHaveLength(2);
  expect(changed.length).toBeGreaterThan(20);
  const expectParserRejects = (one: unknown, key: string) => {
    if (!accepts(one)) expect(() => parseBoth(one), key).toThrow('mistake');
  };
  // One key everywhere, and any key somewhere.
  for (const one of changed) expectParserRejects(one, 'unheard-of');
  fc.assert(
    fc.property(fc.stringMatching(/^[a-z]{1,9}$/), fc.nat(changed.length - 1), (key, place) =>
      expectParserRejects(withKey(plain, key)[place], key),
    ),
  );
});
