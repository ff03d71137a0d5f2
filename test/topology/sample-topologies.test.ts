import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { computeGraphMetrics, graphOf } from '../../src/topology/graph/graph.ts';
import { parseTopology } from '../../src/topology/parse/parse-topology.ts';
import { TopologyFileSchema, topologyJsonSchema } from '../../src/topology/schema/index.ts';
import { keysWithoutDescription, readCommittedSchema } from '../support/json-schema.ts';
import { root } from '../support/paths.ts';

const folder = join(root, 'devnet');
const files = readdirSync(folder).filter((file) => file.endsWith('.yaml'));
const read = (file: string) => readFileSync(join(folder, file), 'utf8');

test('there are samples, and a default', () => {
  expect(files.length).toBeGreaterThanOrEqual(10);
  expect(files).toContain('default.yaml');
});

test.each(files)('%s can run on a small machine without a registry', (file) => {
  const text = read(file);
  const topology = parseTopology(text, { file, name: file.replace('.yaml', '') });
  expect(text.split('\n')[0]).toBe('# yaml-language-server: $schema=./topology.schema.json');
  expect(text.split('\n')[1]).toMatch(/^# \S/);
  expect(topology.name).toBe(file.replace('.yaml', ''));
  expect(topology.nodes.length).toBeLessThanOrEqual(12);
  expect(topology.nodes.filter(({ image }) => image !== undefined)).toEqual([]);
  expect(computeGraphMetrics(graphOf(topology)).parts).toHaveLength(1);
});

test('default.yaml matches its comment', () => {
  const { degree, diameter } = computeGraphMetrics(
    graphOf(parseTopology(read('default.yaml'), { file: 'default.yaml', name: 'd' })),
  );
  expect(degree.neighbours).toMatchObject({ min: 2, max: 3 });
  expect(diameter).toBe(3);
});

test.each(files)('%s matches the schema', (file) => {
  expect(TopologyFileSchema.safeParse(parseYaml(read(file))).error).toBeUndefined();
});

test('the committed JSON Schema is the one of the parser (else run: npm run schema)', () => {
  expect(readCommittedSchema('topology')).toEqual(JSON.parse(JSON.stringify(topologyJsonSchema())));
});

test('the JSON Schema explains every key', () => {
  expect(keysWithoutDescription(readCommittedSchema('topology'))).toEqual([]);
});

// The parser decides by hand which form a value was meant to have; the schema tries all of them. They must agree.
test.each([
  ['nodes: 20', false],
  ['nodes: []', false],
  ['nodes: [1]', false],
  ['nodes: { count: x }', false],
  ['nodes: { count: 3, colour: red }', false],
  ['nodes: { a: { port: 0 } }', false],
  ['nodes: { a: { count: 2, prefix: b } }', false],
  ['nodes: { a: 3 }', false],
  ['nodes: [a]\nlinks: { shape: rong }', false],
  ['nodes: [a]\nlinks: rong', false],
  ['nodes: [a]\nlinks: { from: a }', false],
  ['nodes: [a]\nlinks: { shape: line, k: 1 }', false],
  ['nodes: [a]\nlinks: [7]', false],
  ['nodes: [a]\nlinks:', false],
  ['nodes: [a]\nport: 1', false],
  ['nodes: [a, b]\nlinks: { link: a -> b, delay: 5 }', false],
  ['nodes: [a, b]\nlinks: { link: a -> b, loss: 101% }', false],
  ['nodes: [a, b]\nlinks: { link: a -> b, rate: 1kbit }', false],
  ['nodes: [a, b]\nlinks: { shape: line, back: { back: {} } }', false],
  ['nodes: [a, b]\nconditions: { default: { dely: 5ms } }', false],
  ['nodes: [a, b]\nconditions: { between: [{ between: [a, b, a] }] }', false],
  ['nodes: [a, b]\nconditions: { between: [{ from: a }] }', false],
  ['nodes: [a, b]\nconditions: { between: {} }', false],
  ['nodes: [a, b]\ngroups: { c: [] }', false],
  ['nodes: [a, b]\nshaping: no', false],
  ['nodes: [a, b]\nscenario: {}', false],
  ['nodes: [a, b]\nlinks: { shape: line, delay: 5ms, back: { delay: none } }', true],
  ['nodes: [a, b]\nlinks: [{ link: a <-> b, loss: 1% }, { from: a, to: b, rate: 10mbit }]', true],
  [
    'nodes: [a, b]\nconditions: { default: {}, between: [{ between: [a, b], delay: 5ms }, { from: a, to: [b] }] }',
    true,
  ],
  ['nodes: [a, b]\ngroups: { c: [a, b], d: a }\nshaping: relay\nscenario: [{ at: 1s }]', true],
  ['nodes: { count: 3, memory: 32m }', true],
  ['nodes: { a: , b: { count: 2, env: { A: 1 } } }', true],
  ['nodes: [a, b]\nlinks: [a -> b, line, { shape: line }, { from: a, to: b }]', true],
])('schema and parser agree on %j', (text, valid) => {
  const parsed = () => parseTopology(text, { file: 'x', name: 'x' });
  expect(TopologyFileSchema.safeParse(parseYaml(text)).success).toBe(valid);
  if (valid) expect(parsed().nodes.length).toBeGreaterThan(0);
  else expect(parsed).toThrow('mistake');
});
