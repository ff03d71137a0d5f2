import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { TopologyNode } from '../../../src/topology/model/topology.ts';
import { parseTopology, parseTopologyObject } from '../../../src/topology/parse/parse-topology.ts';

const parse = (text: string) => parseTopology(text, { file: 'x.yaml', name: 'x' });
const names = (text: string) => parse(text).nodes.map(({ name }) => name);
const links = (text: string) => parse(text).links.map(({ from, to }) => `${from}>${to}`);

describe('nodes', () => {
  test.each([
    ['a count', 'nodes: { count: 3 }', ['n1', 'n2', 'n3']],
    ['a count and a prefix', 'nodes: { count: 2, prefix: node- }', ['node-1', 'node-2']],
    ['a list', 'nodes: [b, a]', ['b', 'a']],
    ['a map', 'nodes:\n  b:\n  a: {}\n', ['b', 'a']],
    ['groups among nodes', 'nodes: { seed: , w: { count: 2 }, z: }', ['seed', 'w1', 'w2', 'z']],
    ['numbers keep their order', 'nodes: { 2: , a: , 1: }', ['2', 'a', '1']],
    [
      'names that JavaScript knows',
      'nodes: [constructor, tostring, hasownproperty]',
      ['constructor', 'tostring', 'hasownproperty'],
    ],
    ['names like settings, without values', 'nodes: { image: , port: {} }', ['image', 'port']],
    ['one node', 'nodes: [a]', ['a']],
  ])('%s', (_, text, expected) => expect(names(text)).toEqual(expected));

  test('omitted settings have defaults', () => {
    expect(parse('nodes: [a]')).toEqual({
      name: 'x',
      nodes: [{ name: 'a', env: {}, port: 3000, memory: 128 * 2 ** 20, labels: {}, open: {} }],
      links: [],
      groups: {},
      conditions: [],
      shaping: 'auto',
      network: { internal: true },
    });
  });

  test('all settings', () => {
    const text = `
name: all
nodes:
  a:
    image: registry.example:5000/my/node:1.2@sha256:${'a'.repeat(64)}
    command: [sh, -c, 'echo "$HOME"']
    env: { TEXT: hello, NUMBER: 1.5, YES: true, EMPTY: '', constructor: x }
    port: 1
    memory: 1.5g
    cpus: 0.25
    labels: { org.example/team: red, n: 7 }
    user: 1000
    writable: true
    capabilities: [NET_RAW, NET_ADMIN, NET_RAW]
    pids: 64
subnet: 10.77.0.0/29
internal: false
`;
    expect(parse(text)).toEqual({
      name: 'all',
      nodes: [
        {
          name: 'a',
          image: `registry.example:5000/my/node:1.2@sha256:${'a'.repeat(64)}`,
          command: ['sh', '-c', 'echo "$HOME"'],
          env: { TEXT: 'hello', NUMBER: '1.5', YES: 'true', EMPTY: '', constructor: 'x' },
          port: 1,
          memory: 1.5 * 2 ** 30,
          cpus: 0.25,
          labels: { 'org.example/team': 'red', n: '7' },
          open: { user: '1000', writable: true, capabilities: ['NET_RAW', 'NET_ADMIN'], pids: 64 },
        },
      ],
      links: [],
      groups: {},
      conditions: [],
      shaping: 'auto',
      network: { subnet: '10.77.0.0/29', internal: false },
    });
  });

  test.each([
    ['defaults: { constraints: region == eu }\nnodes: { a: }', { constraints: ['region==eu'] }],
    [
      'nodes: { a: { constraints: [node.labels.region==eu, disk!=hdd] } }',
      { constraints: ['region==eu', 'disk!=hdd'] },
    ],
    ['defaults: { constraints: region == eu }\nnodes: { a: { host: beta } }', { host: 'beta' }],
    ['defaults: { host: beta }\nnodes: { a: { constraints: region == eu } }', { constraints: ['region==eu'] }],
    [
      'defaults: { spread: rack }\nnodes: { a: { constraints: region == eu } }',
      { spread: 'rack', constraints: ['region==eu'] },
    ],
    ['nodes: { a: { count: 1, constraints: region != eu } }', { constraints: ['region!=eu'] }],
  ])('where a node may run: %j', (text, expected) => {
    const [{ host, spread, constraints } = {} as TopologyNode] = parse(text).nodes;
    expect({ host, spread, constraints }).toEqual({ host: undefined, spread: undefined, ...expected });
  });

  test('own settings win over defaults; env and labels merge by key', () => {
    const { nodes } = parse(`
defaults: { port: 4000, env: { A: 1, B: 1 }, labels: { l: d }, command: run me, writable: true, pids: 9, capabilities: [KILL] }
nodes:
  own: { port: 5000, env: { B: 2, C: 2 }, labels: { m: o }, command: [x], writable: false, pids: 8, capabilities: [] }
  group: { count: 1, memory: 32m }
`);
    expect(nodes[0]).toMatchObject({
      port: 5000,
      env: { A: '1', B: '2', C: '2' },
      labels: { l: 'd', m: 'o' },
      command: ['x'],
    });
    expect(nodes[0]!.open).toEqual({ pids: 8 });
    expect(nodes[1]).toMatchObject({ name: 'group1', port: 4000, memory: 32 * 2 ** 20, command: ['run', 'me'] });
    expect(nodes[1]!.open).toEqual({ writable: true, pids: 9, capabilities: ['KILL'] });
  });

  test.each([
    ['6291456', 6291456],
    ['64m', 67108864],
    ['64M', 67108864],
    ['64mb', 67108864],
    ['64MiB', 67108864],
    ['0.5g', 536870912],
    ['1 GB', 1073741824],
    ['8192k', 8388608],
    ['"6291456"', 6291456],
    ['7000000.5b', 7000000],
  ])('memory %s', (memory, expected) => {
    expect(parse(`nodes: { count: 1, memory: ${memory} }`).nodes[0]!.memory).toBe(expected);
  });
});

describe('links', () => {
  test.each([
    ['none', 'nodes: [a]', []],
    ['an empty list', 'nodes: [a]\nlinks: []', []],
    ['one', 'nodes: [a, b]\nlinks: a -> b', ['a>b']],
    ['both ways', 'nodes: [a, b]\nlinks: a <-> b', ['a>b', 'b>a']],
    ['no spaces', 'nodes: [a-0, b]\nlinks: a-0->b', ['a-0>b']],
    ['lists', 'nodes: [a, b, c, d]\nlinks:\n- a, b -> c, d', ['a>c', 'a>d', 'b>c', 'b>d']],
    ['a chain', 'nodes: [a, b, c]\nlinks: a -> b <-> c', ['a>b', 'b>c', 'c>b']],
    ['spelled out', 'nodes: [a, b, c]\nlinks: { from: a, to: [b, c] }', ['a>b', 'a>c']],
    ['spelled out, both', 'nodes: [a, b]\nlinks: { from: a, to: b, both: true }', ['a>b', 'b>a']],
    ['spelled out, commas', 'nodes: [a, b, c]\nlinks: { from: "a, b", to: c }', ['a>c', 'b>c']],
    ['groups', 'nodes: { s: , w: { count: 2 } }\nlinks: w -> s', ['w1>s', 'w2>s']],
    [
      'a group with itself',
      'nodes: { w: { count: 3 } }\nlinks: w -> w',
      ['w1>w2', 'w1>w3', 'w2>w1', 'w2>w3', 'w3>w1', 'w3>w2'],
    ],
    ['a prefix is a group', 'nodes: { count: 2 }\nlinks: n1 -> n', ['n1>n2']],
    ['once only', 'nodes: [a, b]\nlinks: [a -> b, a <-> b, line]', ['a>b', 'b>a']],
    ['a shape', 'nodes: [a, b, c]\nlinks: line', ['a>b', 'b>a', 'b>c', 'c>b']],
    ['a one-way shape', 'nodes: [a, b, c]\nlinks: { shape: ring, directed: true }', ['a>b', 'b>c', 'c>a']],
    ['a shape over some', 'nodes: [a, b, c]\nlinks: { shape: line, over: [c, a], directed: true }', ['c>a']],
    [
      'a shape over a group',
      'nodes: { s: , w: { count: 2 } }\nlinks: { shape: line, over: w, directed: true }',
      ['w1>w2'],
    ],
    ['a hub', 'nodes: [a, b]\nlinks: { shape: star, hub: b, directed: true }', ['b>a']],
    ['shape and links', 'nodes: [a, b, c]\nlinks: [{ shape: line, directed: true }, c -> a]', ['a>b', 'b>c', 'c>a']],
  ])('%s', (_, text, expected) => expect(links(text)).toEqual(expected));

  test.each([
    ['line', 38],
    ['ring', 40],
    ['star', 38],
    ['tree', 38],
    ['grid', 62],
    ['{ shape: grid, columns: 10 }', 56],
    ['torus', 80],
    ['mesh', 380],
    ['{ shape: tree, branching: 4 }', 38],
    ['{ shape: regular, degree: 4 }', 80],
    ['{ shape: regular, degree: 4, directed: true }', 40],
    ['{ shape: random, count: 30, seed: 2 }', 60],
    ['{ shape: random, probability: 1 }', 380],
    ['{ shape: small-world, degree: 4, rewire: 0.1 }', 80],
    ['{ shape: scale-free, attach: 2 }', 72],
  ])('%s over 20 nodes', (shape, count) => expect(links(`nodes: { count: 20 }\nlinks: ${shape}`)).toHaveLength(count));
});

describe('the file', () => {
  test('JSON is YAML', () => expect(names('{"nodes": ["a"], "links": []}')).toEqual(['a']));
  test('anchors and aliases', () => {
    const { nodes } = parse('nodes: { a: &small { memory: 32m }, b: *small }');
    expect(nodes[1]!.memory).toBe(32 * 2 ** 20);
  });
  test('CRLF and a byte order mark', () =>
    expect(links('\ufeffnodes: [a, b]\r\nlinks:\r\n  - a -> b\r\n')).toEqual(['a>b']));
  test("the file's name wins over the caller's", () => expect(parse('name: mine\nnodes: [a]').name).toBe('mine'));
  test('many nodes', () => expect(names('nodes: { count: 10000 }')).toHaveLength(10_000));
});

describe('an object', () => {
  test('has the same form', () => {
    const value = { name: 'o', nodes: { count: 3 }, links: ['ring', 'n1 -> n2'] };
    expect(parseTopologyObject(value)).toEqual(parse('name: o\nnodes: { count: 3 }\nlinks: [ring, n1 -> n2]'));
  });

  test('is not changed, and shares nothing with the result', () => {
    const value = Object.freeze({
      nodes: { a: Object.freeze({ command: Object.freeze(['x']), env: Object.freeze({ A: '1' }) }) },
    });
    const topology = parseTopologyObject(value, { name: 'o' });
    topology.nodes[0]!.command!.push('y');
    topology.nodes[0]!.env.B = '2';
    expect(value).toEqual({ nodes: { a: { command: ['x'], env: { A: '1' } } } });
  });

  test.each<[string, unknown]>([
    ['a map in a list of nodes', { nodes: [{ toString: false }] }],
    ['a prefix that is a map', { nodes: { count: 2, prefix: { toString: false } } }],
    ['a truth value that is a map', { nodes: ['a'], internal: { toString: false } }],
    ['a link without ends', { nodes: ['a'], links: [{ link: '' }] }],
  ])('with %s is rejected with a TopologyError', (_, value) => {
    expect(() => parseTopologyObject(value as never, { name: 'o' })).toThrow(
      expect.objectContaining({ name: 'TopologyError' }),
    );
  });

  test('any value is parsed or rejected with a TopologyError', () => {
    const keys = ['nodes', 'links', 'defaults', 'groups', 'conditions', 'internal', 'shaping', 'scenario'];
    const known = [
      'a',
      'count',
      'port',
      'env',
      'prefix',
      'shape',
      'link',
      'from',
      'between',
      'delay',
      'at',
      'expect',
      'toString',
    ];
    // Nearly right, or a map that hides what makes a text of every object.
    const part = fc.constantFrom<unknown>(
      '',
      ' ',
      ',',
      '->',
      'a',
      'a -> ',
      'ring',
      '1%',
      0,
      -1,
      null,
      { toString: false },
      [[]],
    );
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 3 },
        part,
        fc.anything(),
        fc.array(tie('value'), { maxLength: 3 }),
        fc.dictionary(fc.constantFrom(...known), tie('value'), { maxKeys: 4 }),
      ),
    }));
    const anything = Object.fromEntries(keys.map((key) => [key, value]));
    fc.assert(
      fc.property(fc.record(anything), (value) => {
        try {
          expect(parseTopologyObject(value, { name: 'o' }).nodes.length).toBeGreaterThan(0);
        } catch (error) {
          expect(error).toMatchObject({ name: 'TopologyError' });
        }
      }),
      { numRuns: 1_000 },
    );
  });
});

test('any text is parsed or rejected with a TopologyError', () => {
  const piece = fc.constantFrom(
    'nodes',
    'links',
    ':',
    ' ',
    '\n',
    '  ',
    '- ',
    'a',
    'b',
    '->',
    '{',
    '}',
    '[',
    ']',
    '&x ',
    '*x',
    '"',
    '\t',
    '#',
    '|',
    'ring',
    'shape',
    'link',
    'delay',
    'conditions',
    'default',
    'between',
    'groups',
    '5ms',
    '__proto__',
    '!t ',
    '3',
    ',',
    '---\n',
    '?',
    '<<',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
      try {
        expect(parse(pieces.join('')).nodes.length).toBeGreaterThan(0);
      } catch (error) {
        expect(error).toMatchObject({ name: 'TopologyError' });
      }
    }),
    { numRuns: 1000 },
  );
});
