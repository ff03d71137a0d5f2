import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { DirectedLinkConditions, LinkConditions, Topology } from '../../../src/topology/model/topology.ts';
import { parseTopology, parseTopologyObject } from '../../../src/topology/parse/parse-topology.ts';
import { root } from '../../support/paths.ts';

const parse = (text: string): Topology => parseTopology(text, { file: 'x.yaml', name: 'x' });

/** `a>b delay=50 loss=0.01` */
const brief = ({ from, to, ...quality }: DirectedLinkConditions): string =>
  [`${from}>${to}`, ...Object.entries(quality).map(([key, value]) => `${key}=${value}`)].join(' ');
const conditions = (text: string): string[] => parse(text).conditions.map(brief);

const ABC = 'nodes: [a, b, c]\n';

describe('a link', () => {
  test.each([
    ['that asks for nothing', 'links: { link: a -> b }', []],
    ['both ways', 'links: { link: a -> b, delay: 50ms }', ['a>b delay=50', 'b>a delay=50']],
    ['both ways, dialed from the other end', 'links: { link: b -> a, delay: 50ms }', ['a>b delay=50', 'b>a delay=50']],
    ['two-way', 'links: { link: a <-> b, delay: 50ms }', ['a>b delay=50', 'b>a delay=50']],
    [
      'every key, in one order',
      'links: { corrupt: 1%, reorder: 2%, duplicate: 3%, rate: 1mbit, loss: 4%, jitter: 1ms, delay: 1s, link: a -> b }',
      ['a>b', 'b>a'].map(
        (way) => `${way} delay=1000 jitter=1 loss=0.04 rate=1000000 duplicate=0.03 reorder=0.02 corrupt=0.01`,
      ),
    ],
    [
      'another way back, as forth where it is silent',
      'links: { link: a -> b, delay: 50ms, loss: 1%, back: { delay: 5ms, rate: 1mbit } }',
      ['a>b delay=50 loss=0.01', 'b>a delay=5 loss=0.01 rate=1000000'],
    ],
    ['only the way back', 'links: { link: b -> a, back: { loss: 3% } }', ['a>b loss=0.03']],
    ['nothing back', 'links: { link: a -> b, loss: 3%, back: { loss: none } }', ['a>b loss=0.03']],
    ['nothing at all', 'links: { link: a -> b, delay: 0ms, loss: 0%, rate: none }', []],
    [
      'between lists',
      'links: { link: "a, b -> c", delay: 1ms }',
      ['a>c delay=1', 'b>c delay=1', 'c>a delay=1', 'c>b delay=1'],
    ],
    ['chained', 'links: { link: a -> b -> c, loss: 1%, back: { loss: 0% } }', ['a>b loss=0.01', 'b>c loss=0.01']],
    [
      'spelled out',
      'links: { from: a, to: [b, c], delay: 1ms, back: { delay: 2ms } }',
      ['a>b delay=1', 'a>c delay=1', 'b>a delay=2', 'c>a delay=2'],
    ],
    ['among plain ones', 'links: [b -> c, { link: a -> b, delay: 1ms }]', ['a>b delay=1', 'b>a delay=1']],
    [
      'said by two links',
      'links: [{ link: a -> b, delay: 1ms, loss: 1% }, { link: b -> a, delay: 1ms, rate: 1mbit }]',
      ['a>b delay=1 loss=0.01 rate=1000000', 'b>a delay=1 loss=0.01 rate=1000000'],
    ],
  ])('%s', (_, text, expected) => expect(conditions(ABC + text)).toEqual(expected));

  test('declares no other links than without conditions', () => {
    const plain = 'links: [a -> b, b <-> c]';
    const { links } = parse(
      `${ABC}links: [{ link: a -> b, delay: 1ms, back: { loss: 1% } }, { link: b <-> c, loss: 2% }]`,
    );
    expect(links).toEqual(parse(ABC + plain).links);
  });
});

describe('a shape', () => {
  test.each([
    [
      'all of its edges',
      '{ shape: line, delay: 20ms, jitter: 2ms }',
      ['a>b', 'b>a', 'b>c', 'c>b'],
      'delay=20 jitter=2',
    ],
    [
      'edges of one direction',
      '{ shape: line, directed: true, rate: 8kbit }',
      ['a>b', 'b>a', 'b>c', 'c>b'],
      'rate=8000',
    ],
    ['some nodes', '{ shape: line, over: [a, c], loss: 100% }', ['a>c', 'c>a'], 'loss=1'],
    ['forth: from the hub', '{ shape: star, hub: b, delay: 1ms, back: { delay: none } }', ['b>a', 'b>c'], 'delay=1'],
  ])('%s', (_, shape, ways, quality) => {
    expect(conditions(`${ABC}links: ${shape}`)).toEqual(ways.map((way) => `${way} ${quality}`));
  });
});

describe('conditions of links in general', () => {
  const groups = 'groups: { eu: [a, b], us: c }\n';
  test.each([
    ['none', 'links: mesh', []],
    [
      'a default, where there is a link',
      'links: a -> b\nconditions: { default: { delay: 5ms } }',
      ['a>b delay=5', 'b>a delay=5'],
    ],
    ['without links', 'conditions: { default: { delay: 5ms }, between: [{ between: [a, b], loss: 1% }] }', []],
    [
      'own over default, key by key',
      'links: [a -> b, { link: b -> c, delay: none, loss: 1% }]\nconditions: { default: { delay: 5ms, rate: 1mbit } }',
      [
        'a>b delay=5 rate=1000000',
        'b>a delay=5 rate=1000000',
        'b>c loss=0.01 rate=1000000',
        'c>b loss=0.01 rate=1000000',
      ],
    ],
    [
      'between nodes',
      'links: mesh\nconditions: { between: [{ between: [a, c], delay: 1ms }] }',
      ['a>c delay=1', 'c>a delay=1'],
    ],
    [
      'between groups',
      'links: line\nconditions: { between: [{ between: [us, eu], delay: 45ms }, { between: [eu, eu], delay: 3ms }] }',
      ['a>b delay=3', 'b>a delay=3', 'b>c delay=45', 'c>b delay=45'],
    ],
    [
      'one way',
      'links: mesh\nconditions: { between: [{ from: eu, to: us, loss: 1% }] }',
      ['a>c loss=0.01', 'b>c loss=0.01'],
    ],
    [
      'from several',
      'links: mesh\nconditions: { between: [{ from: [us, a], to: b, loss: 1% }] }',
      ['a>b loss=0.01', 'c>b loss=0.01'],
    ],
    [
      'the last wins, key by key',
      'links: a -> c\nconditions: { between: [{ between: [eu, us], delay: 45ms, loss: 1% }, { from: a, to: c, delay: 50ms }, { between: [us, c], loss: 3% }] }',
      ['a>c delay=50 loss=0.01', 'c>a delay=45 loss=0.01'],
    ],
    [
      'a narrow one does not outdo a later wide one',
      'links: a -> c\nconditions: { between: [{ from: a, to: c, delay: 50ms }, { between: [eu, us], delay: 45ms }] }',
      ['a>c delay=45', 'c>a delay=45'],
    ],
    [
      'own over between over default',
      'links: { link: a -> c, delay: 1ms }\nconditions: { default: { delay: 3ms, loss: 3%, rate: 1mbit }, between: [{ between: [a, c], delay: 2ms, loss: 2% }] }',
      ['a>c delay=1 loss=0.02 rate=1000000', 'c>a delay=1 loss=0.02 rate=1000000'],
    ],
    [
      'jitter of the default with a delay of the link',
      'links: { link: a -> c, delay: 10ms }\nconditions: { default: { jitter: 5ms } }',
      ['a>c delay=10 jitter=5', 'c>a delay=10 jitter=5'],
    ],
  ])('%s', (_, text, expected) => expect(conditions(ABC + groups + text)).toEqual(expected));

  test('they come in the order of the nodes, whatever the order of the links', () => {
    const ordered = conditions('nodes: { count: 12 }\nlinks: { shape: ring, delay: 1ms }');
    const nodes = Array.from({ length: 12 }, (_, index) => `n${index + 1}`);
    const rank = (one: string) =>
      one
        .split(/[> ]/)
        .slice(0, 2)
        .map((name) => nodes.indexOf(name));
    expect(ordered.map(rank)).toEqual(ordered.map(rank).toSorted(([a, b], [c, d]) => a! - c! || b! - d!));
    const turned =
      'nodes: { count: 12 }\nlinks: [n1 -> n12, { link: n12 -> n11, delay: 1ms }, { shape: ring, delay: 1ms }]';
    expect(conditions(turned)).toEqual(ordered);
  });

  test('counted nodes are a group', () => {
    const text =
      'nodes: { hub: , w: { count: 2 } }\nlinks: w -> hub\nconditions: { between: [{ from: w, to: hub, rate: 1mbit }] }';
    expect(conditions(text)).toEqual(['w1>hub rate=1000000', 'w2>hub rate=1000000']);
  });
});

// Worked out for each link and each rule, this would take minutes.
test('many rules over many links', () => {
  const names = Array.from({ length: 300 }, (_, index) => `n${index + 1}`);
  const between = names.flatMap((from) => names.slice(0, 100).map((to) => ({ from, to, loss: '1%' })));
  const value = { name: 'x', nodes: { count: 300 }, links: 'mesh', conditions: { default: { delay: '1ms' }, between } };
  const { conditions } = parseTopologyObject(value);
  expect(conditions).toHaveLength(300 * 299);
  expect(conditions.filter(({ loss }) => loss === 0.01)).toHaveLength(100 * 299);
});

describe('groups', () => {
  test.each([
    ['none', 'nodes: [a, b]', {}],
    ['counted nodes', 'nodes: { count: 2 }', { n: ['n1', 'n2'] }],
    [
      'of nodes, of counted nodes, and of groups above',
      'nodes: { a: , w: { count: 2 } }\ngroups: { one: a, two: [w, a], all: "one, two" }',
      { w: ['w1', 'w2'], one: ['a'], two: ['w1', 'w2', 'a'], all: ['a', 'w1', 'w2'] },
    ],
    ['names that JavaScript knows', 'nodes: [a]\ngroups: { constructor: a }', { constructor: ['a'] }],
  ])('%s', (_, text, expected) => expect(parse(text).groups).toEqual(expected));

  test('stand for their nodes in links and shapes', () => {
    const text =
      'nodes: [a, b, c]\ngroups: { ab: [b, a] }\nlinks: [c -> ab, { shape: line, over: ab, directed: true }]';
    expect(parse(text).links.map(({ from, to }) => `${from}>${to}`)).toEqual(['c>b', 'c>a', 'b>a']);
  });
});

test.each(['auto', 'kernel', 'relay'])('shaping %s', (shaping) => {
  expect(parse(`nodes: [a]\nshaping: ${shaping}`).shaping).toBe(shaping);
});

describe('the samples', () => {
  const sample = (name: string) => parse(readFileSync(join(root, `devnet/${name}.yaml`), 'utf8'));
  const between = (topology: Topology, one: string, other: string) =>
    topology.conditions.filter(({ from, to }) => [from, to].sort().join() === [one, other].sort().join()).map(brief);

  test('regions.yaml', () => {
    const regions = sample('regions');
    expect(between(regions, 'eu1', 'eu2')).toEqual(['eu1>eu2 delay=2', 'eu2>eu1 delay=2']);
    expect(between(regions, 'eu1', 'us1')).toEqual(['eu1>us1 delay=45', 'us1>eu1 delay=45']);
    expect(between(regions, 'us1', 'asia1')).toEqual([
      'us1>asia1 delay=110 jitter=10 loss=0.005',
      'asia1>us1 delay=110 jitter=10 loss=0.005',
    ]);
    expect(between(regions, 'asia2', 'asia3')).toEqual([
      'asia2>asia3 delay=2 loss=0.001',
      'asia3>asia2 delay=2 loss=0.001',
    ]);
    expect(between(regions, 'eu2', 'us2')).toEqual([]);
  });

  test('uplink.yaml', () => {
    const uplink = sample('uplink');
    expect(between(uplink, 'exchange', 'home3')).toEqual([
      'exchange>home3 delay=8 rate=50000000',
      'home3>exchange delay=8 rate=10000000',
    ]);
    expect(between(uplink, 'exchange', 'cabin')).toEqual([
      'exchange>cabin delay=300 jitter=50 rate=2000000',
      'cabin>exchange delay=300 jitter=50 loss=0.03 rate=512000',
    ]);
  });
});

describe('a scenario', () => {
  test('is kept as it is', () => {
    const text = 'nodes: [a]\nscenario:\n- at: 10s\n  cut: a -> z\n- { every: 5, until: [null, true] }\n';
    expect(parse(text).scenario).toEqual([
      { at: '10s', cut: 'a -> z' },
      { every: 5, until: [null, true] },
    ]);
  });
  test('is absent when the file has none', () => expect(parse('nodes: [a]')).not.toHaveProperty('scenario'));
});

// Every rule of precedence once more, as a loop over all pairs and all that is said of them.
describe('against a plain reference', () => {
  const NODES = ['a', 'b', 'c', 'd', 'e'];
  const GROUPS: Record<string, string[]> = { left: ['a', 'b'], right: ['c', 'd', 'e'], mid: ['b', 'c'] };
  const members = (name: string): string[] => GROUPS[name] ?? [name];
  const VALUES = {
    delay: { '10ms': 10, '0.02s': 20, none: 0 },
    jitter: { '5ms': 5, '15ms': 15, none: 0 },
    loss: { '1%': 0.01, '100%': 1, '0%': 0 },
    rate: { '1mbit': 1e6, '512kbit': 512e3, none: 0 },
    reorder: { '2%': 0.02, none: 0 },
  } as const;
  type Written = { [Key in keyof typeof VALUES]?: string };
  const read = (written: Written): LinkConditions =>
    Object.fromEntries(
      Object.entries(written).map(([key, text]) => [
        key,
        (VALUES as Record<string, Record<string, number>>)[key]![text]!,
      ]),
    );

  const written = fc.record(
    Object.fromEntries(Object.entries(VALUES).map(([key, texts]) => [key, fc.constantFrom(...Object.keys(texts))])),
    { requiredKeys: [] },
  ) as fc.Arbitrary<Written>;
  const name = fc.constantFrom(...NODES, ...Object.keys(GROUPS));
  const node = fc.constantFrom(...NODES);
  const link = fc
    .record({ from: node, to: node, both: fc.boolean(), forth: written, back: fc.option(written) })
    .filter(({ from, to }) => from !== to);
  const rule = fc.record({ from: name, to: name, both: fc.boolean(), asked: written });
  const file = fc.record({
    links: fc.array(link, { maxLength: 6 }),
    byDefault: written,
    rules: fc.array(rule, { maxLength: 4 }),
  });
  type File = typeof file extends fc.Arbitrary<infer Value> ? Value : never;

  const toObject = ({ links, byDefault, rules }: File) => ({
    name: 'x',
    nodes: NODES,
    groups: GROUPS,
    links: links.map(({ from, to, both, forth, back }) => ({
      link: `${from} ${both ? '<->' : '->'} ${to}`,
      ...forth,
      ...(back && { back }),
    })),
    conditions: {
      default: byDefault,
      between: rules.map(({ from, to, both, asked }) => ({
        ...(both ? { between: [from, to] } : { from, to }),
        ...asked,
      })),
    },
  });

  /** Undefined when there is a mistake in the file. */
  function reference({ links, byDefault, rules }: File): DirectedLinkConditions[] | undefined {
    const conditions: DirectedLinkConditions[] = [];
    for (const from of NODES) {
      for (const to of NODES) {
        const own: Record<string, number> = {};
        const onPair = links.filter(
          (one) => [from, to].every((end) => [one.from, one.to].includes(end)) && from !== to,
        );
        if (onPair.length === 0) continue;
        for (const one of onPair) {
          const asked = one.from === from ? read(one.forth) : { ...read(one.forth), ...read(one.back ?? {}) };
          for (const [key, value] of Object.entries(asked)) {
            if (Object.hasOwn(own, key) && own[key] !== value) return undefined;
            own[key] = value;
          }
        }
        const said = rules.filter(
          (one) =>
            (members(one.from).includes(from) && members(one.to).includes(to)) ||
            (one.both && members(one.to).includes(from) && members(one.from).includes(to)),
        );
        const all: LinkConditions = Object.assign(read(byDefault), ...said.map(({ asked }) => read(asked)), own);
        const { delay = 0, jitter = 0, reorder = 0 } = all;
        if (jitter > delay || (reorder > 0 && delay === 0)) return undefined;
        const left = Object.entries(all).filter(([, value]) => value > 0);
        if (left.length > 0) conditions.push({ from, to, ...Object.fromEntries(left) });
      }
    }
    return conditions;
  }

  test('gives every file the same conditions', () => {
    const seen = { right: 0, wrong: 0 };
    fc.assert(
      fc.property(file, (one) => {
        const expected = reference(one);
        seen[expected === undefined ? 'wrong' : 'right']++;
        if (expected === undefined) expect(() => parseTopologyObject(toObject(one))).toThrow('mistake');
        else expect(parseTopologyObject(toObject(one)).conditions).toEqual(expected);
      }),
      { numRuns: 1000 },
    );
    // Neither kind may be so rare that it goes untested.
    expect(Math.min(seen.right, seen.wrong)).toBeGreaterThan(50);
  });
});
