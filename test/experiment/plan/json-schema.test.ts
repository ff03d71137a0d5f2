import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { experimentJsonSchema } from '../../../src/experiment/plan/json-schema.ts';
import { parseExperiment } from '../../../src/experiment/plan/parse.ts';
import { packageRoot } from '../../../src/shared/files/package-root.ts';
import { keysWithoutDescription, readCommittedSchema, schemaAccepts, withKey } from '../../support/json-schema.ts';

const folder = join(packageRoot, 'devnet', 'experiments');
const schema = readCommittedSchema('experiment');
const takes = schemaAccepts(schema);
const parse = (text: string) => parseExperiment(text, { file: 'x.yaml' });

test('the committed JSON Schema is the one of the parser (else run: npm run schema)', () => {
  expect(schema).toEqual(JSON.parse(JSON.stringify(experimentJsonSchema())));
});

test('it explains every key', () => {
  expect(keysWithoutDescription(schema)).toEqual([]);
});

test.each(readdirSync(folder))('%s is what it describes', (file) => {
  const text = readFileSync(join(folder, file), 'utf8');
  expect(text).toMatch(/^# yaml-language-server: \$schema=\.\.\/experiment\.schema\.json\n# \S.*\n/);
  expect(takes(parseYaml(text))).toBe(true);
});

const FOUR = 'topology: { nodes: { count: 4 }, links: ring }';
const made = (text: string) => `name: x\nquestion: q\n${text}`;

test.each([
  ['topology: $net\nmatrix: { net: { a: { nodes: [a] } } }', false],
  ['topology: { nodes: { count: 4 }, links: { shape: rong } }', false],
  ['topology: { nodes: { count: 4 }, links: { shape: ring, dely: $d } }\nmatrix: { d: [5ms] }', false],
  ['topology: { nodes: { count: $n, prefix: 3 } }\nmatrix: { n: [4] }', false],
  ["topology: { nodes: { count: '4$n' } }\nmatrix: { n: [4] }", false],
  [`topology: { nodes: { count: '\${n}' } }\nmatrix: { n: [4] }`, false],
  ['topology: { nodes: { count: 4 }, links: { shape: ring, delay: 5q } }', false],
  [`${FOUR}\nmesure: [t50]`, false],
  [`${FOUR}\nmeasure: [t51]\nload: {}`, false],
  [`${FOUR}\nmeasure: []`, false],
  [`${FOUR}\nmatrix: { 2d: [1] }`, false],
  [`${FOUR}\nmatrix: { d: [] }`, false],
  [`${FOUR}\nmatrix: { d: 5 }`, false],
  [`${FOUR}\nseeds: 0`, false],
  [`${FOUR}\nseeds: [-1]`, false],
  [`${FOUR}\nrepeats: $seed`, false],
  [`${FOUR}\nprobe: some`, false],
  [`${FOUR}\nload: { mesages: 3 }`, false],
  [`${FOUR}\nload: { within: 5 }`, false],
  [`${FOUR}\nload: { every: 5 sec }`, false],
  [`${FOUR}\nload: { size: big }`, false],
  [`${FOUR}\nload: { from: 1 }`, false],
  [`${FOUR}\nload: {}\nfaults: {}`, false],
  [`${FOUR}\nload: {}\nfaults: [{ kil: n1 }]`, false],
  [`${FOUR}\nload: {}\nfaults: [{ kill: n1, for: 5 }]`, false],
  [`${FOUR}\nload: {}\nfaults: [{ messages: { from: all, to: all, action: dorp } }]`, false],
  [`${FOUR}\nload: {}\nfaults: [{ gossip: n1 }]`, false],
  [`${FOUR}\nload: {}\nfaults: [{ expect: no drift }]`, false],
  [`${FOUR}\nload: {}\nfaults: []`, true],
  ['topology: { nodes: $nodes }\nmatrix: { nodes: { few: [a, b], many: { count: 9 } } }', true],
  [`topology: { nodes: { count: $n, env: { K: $n }, memory: '\${n}m' } }\nmatrix: { n: [8, 9] }`, true],
  ['topology: { nodes: [a, b], links: $links }\nmatrix: { links: { one: a -> b, both: a <-> b } }', true],
  ['topology: { nodes: [a, b], links: [$link] }\nmatrix: { link: [line, mesh, a -> b] }', true],
  [
    'topology: { nodes: { count: 4 }, links: { shape: $s, directed: $d } }\nmatrix: { s: [line, ring], d: [true] }',
    true,
  ],
  ['topology: { nodes: { count: 4 }, links: { shape: $s, degree: 2, seed: $seed } }\nmatrix: { s: [regular] }', true],
  [
    'topology: { nodes: { count: 4 }, links: { shape: ring, loss: "$l%" }, shaping: $by }\nmatrix: { l: [1], by: [relay] }',
    true,
  ],
  ['topology: { nodes: [a, b], conditions: { default: $c } }\nmatrix: { c: { slow: { delay: 9ms } } }', true],
  [`${FOUR}\nload: {}\nfaults: $faults\nmatrix: { faults: { none: [], one: [{ kill: n1, for: 1s }] } }`, true],
  [
    `${FOUR}\nload: {}\nfaults: [$fault, { pause: $who, for: "\${s}s" }]\nmatrix: { fault: { a: { stop: n1 } }, who: [n2], s: [1] }`,
    true,
  ],
  [
    `${FOUR}\nload: {}\nfaults: [{ cuts: { rate: $rate, for: 1s, seed: $seed }, until: 9s }]\nmatrix: { rate: [1/s, 2/s] }`,
    true,
  ],
])('schema and parser agree on %j', (text, valid) => {
  expect(takes(parseYaml(made(text)))).toBe(valid);
  if (valid) expect(parse(made(text)).runs.length).toBeGreaterThan(0);
  else expect(() => parse(made(text))).toThrow('mistake');
});

const EVERYTHING = made(`
topology:
  nodes: { n: { count: 3, env: { ANY: thing } }, m: {} }
  defaults: { labels: { any: thing } }
  groups: { g: [n1, n2] }
  links: [{ shape: ring, delay: 5ms, back: { delay: 1ms } }, { link: n1 -> n2 }, { from: n1, to: m }]
  conditions: { default: { delay: $delay }, between: [{ between: [g, m], loss: 1% }, { from: g, to: m, loss: 2% }] }
matrix: { delay: [1ms, 2ms] }
load: { messages: 2 }
faults:
  - { partition: { preset: halves }, for: 1s }
  - { at: 2s, squeeze: { node: n1, cpus: 1 }, for: 1s }
  - { at: 2s, messages: { from: n1, to: n2, action: drop } }
  - { at: 2s, link: { from: n1, to: n2, delay: 5ms }, for: 1s }
  - { at: 4s, churn: { rate: 1/s, down: 1s }, until: 9s }
  - { at: 4s, cuts: { rate: 1/s, for: 1s }, until: 9s }
`);

test('what it refuses for a key the parser refuses too', () => {
  const whole = parseYaml(EVERYTHING);
  expect(takes(whole)).toBe(true);
  expect(parse(EVERYTHING).runs).toHaveLength(2);
  const places = withKey(whole, 'unheard-of');
  // Environment and labels are anything.
  expect(places.filter(takes)).toHaveLength(2);
  expect(places.length).toBeGreaterThan(25);
  const refusesToo = (one: unknown, key: string) => {
    if (!takes(one)) expect(() => parse(JSON.stringify(one)), key).toThrow('mistake');
  };
  // One key everywhere, and any key somewhere: a file takes the parser a hundredth of a second.
  for (const one of places) refusesToo(one, 'unheard-of');
  fc.assert(
    fc.property(fc.stringMatching(/^[a-z]{1,9}$/), fc.nat(places.length - 1), (key, place) =>
      refusesToo(withKey(whole, key)[place], key),
    ),
  );
});
