import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { parseExperiment } from '../../../src/experiment/plan/parse.ts';
import { resolveRuns } from '../../../src/experiment/results/results-folder.ts';
import { mistakesIn } from '../fixtures.ts';

const FILE = `
name: rewiring
question: How few long links make gossip quick?
topology:
  nodes: { count: $nodes }
  links: $shape
matrix:
  nodes: [8, 12]
  shape:
    ring: { shape: ring, delay: 5ms }
    wired: { shape: small-world, degree: 4, rewire: 0.2, seed: $seed }
seeds: [7, 8]
repeats: 2
load: { messages: 3, from: random, size: 1k, every: 250ms, within: 2s }
`;

const parse = (text: string) => parseExperiment(text, { file: 'x.yaml' });

describe('an experiment file', () => {
  it('creates a run for every combination, seed and repeat', () => {
    const { runs, axes, load } = parse(FILE);
    expect(axes).toEqual([
      { name: 'nodes', labels: [8, 12] },
      { name: 'shape', labels: ['ring', 'wired'] },
    ]);
    expect(load).toEqual({ messages: 3, warmup: 1, size: 1024, every: 250, within: 2000 });
    expect(runs).toHaveLength(2 * 2 * 2 * 2);
    expect(new Set(runs.map(({ key }) => key)).size).toBe(runs.length);
    expect(runs[0]).toMatchObject({
      key: 'nodes=8 shape=ring seed=7 repeat=1',
      cell: 'nodes=8 shape=ring',
      parameters: { nodes: 8, shape: 'ring' },
      seed: 7,
      repeat: 1,
    });
    expect(runs[0]?.topology.nodes).toHaveLength(8);
    expect(runs[0]?.topology.conditions[0]).toMatchObject({ delay: 5 });
  });

  it('keeps runs on the same nodes together, and repeats no cell before every cell has run', () => {
    const { runs } = parse(FILE);
    expect(runs.map(({ parameters }) => parameters.nodes)).toEqual([...Array(8).fill(8), ...Array(8).fill(12)]);
    const turns = runs.slice(0, 8).map(({ parameters, seed, repeat }) => `${repeat} ${seed} ${parameters.shape}`);
    expect(turns).toEqual([
      '1 7 ring',
      '1 7 wired',
      '1 8 ring',
      '1 8 wired',
      '2 7 ring',
      '2 7 wired',
      '2 8 ring',
      '2 8 wired',
    ]);
  });

  it('passes the seed to the graphs, and gives cells on the same nodes the same senders', () => {
    const { runs } = parse(FILE);
    const [ring7, wired7, ring8, wired8, again] = runs;
    expect(ring7?.topology.links).toEqual(ring8?.topology.links);
    expect(wired7?.topology.links).not.toEqual(wired8?.topology.links);
    expect(ring7?.origins).toHaveLength(4);
    expect(ring7?.origins).toEqual(wired7?.origins);
    expect(ring7?.origins).not.toEqual(ring8?.origins);
    expect(ring7?.origins).not.toEqual(again?.origins);
  });

  it('always gives the same runs, byte for byte', () => {
    const text = JSON.stringify(resolveRuns(parse(FILE).runs));
    expect(text).toBe(JSON.stringify(resolveRuns(parse(FILE).runs)));
    expect(createHash('sha256').update(text).digest('hex')).toMatchInlineSnapshot(
      `"ff2f9e5c0b6e56191149e9d27c2e5da420479a5ead1801bede4ebbd359a2f963"`,
    );
  });

  it.each([
    ['each', ['n1', 'n2', 'n3', 'n4']],
    ['n3', ['n3', 'n3', 'n3', 'n3']],
    ['[n2, n4]', ['n2', 'n4', 'n2', 'n4']],
  ])('has %s send after the warm-up', (from, expected) => {
    const text = `{ name: x, question: q, topology: { nodes: { count: 4 }, links: ring }, load: { messages: 4, from: ${from} } }`;
    const [run] = parse(text).runs;
    expect(run).toMatchObject({ cell: 'all', parameters: {} });
    expect(run?.origins.slice(1)).toEqual(expected);
  });

  it('measures graphs where it has no load', () => {
    const { load, measure, runs } = parse('{ name: x, question: q, topology: { nodes: [a, b], links: [a -> b] } }');
    expect(load).toBeUndefined();
    expect(measure).toEqual(['degree', 'diameter', 'path', 'clustering', 'cut']);
    expect(runs[0]?.origins).toEqual([]);
  });

  const base =
    'name: x\nquestion: q\ntopology:\n  nodes: { count: 8 }\n  links: { shape: small-world, degree: $degree, rewire: 0.1 }\n';
  it.each([
    ['[1]', ['1:1 expected a map with "question", "topology" and "matrix", got a list']],
    [
      'name: x\ntopology: { nodes: { count: 2 } }',
      ['1:1 missing key "question": expected the question, in a sentence'],
    ],
    [`${base}matrix: { degree: [2], rewire: [0.1] }`, ['6:24 parameter $rewire is not used in "topology"']],
    [
      `${base}matrix: { degre: [2] }`,
      ['5:40 unknown parameter $degree', '6:11 parameter $degre is not used in "topology"'],
    ],
    [
      `${base}matrix: { degree: [2, 3] }`,
      ['5:40 expected an even number (half of the neighbours on each side), got 3, with degree=3 and seed 1'],
    ],
    [`${base}matrix: { degree: [2, 2] }`, ['6:23 expected every value once, got 2 again']],
    [
      `${base}matrix: { degree: [] }`,
      ['6:19 expected a list such as [0.1, 0.5], or a map of names to values, got an empty list'],
    ],
    [`${base}matrix: { degree: [2], seed: [1] }`, ['6:24 parameter name "seed" is reserved: use another one']],
    [
      `${base}matrix: { degree: [2] }\nseeds: 0\nrepeats: x`,
      [
        '7:8 expected how many seeds, or a list of whole numbers from 0 to 4294967295, got 0',
        '8:10 expected a whole number from 1 to 1000, got "x"',
      ],
    ],
    [
      `${base}matrix: { degree: [2] }\nload: { messages: 0, within: 5, sice: 3 }`,
      [
        '7:19 expected a whole number from 1 to 10000, got 0',
        '7:30 expected a time with its unit, such as 500ms or 2s, got 5',
        '7:33 unknown key "sice"',
      ],
    ],
    [`${base}matrix: { degree: [2] }\nload: { from: [n1, n9] }`, ['7:20 unknown node "n9"']],
    [`${base}matrix: { degree: [2] }\nmeasure: [path, t99]`, ['7:17 expected a graph metric, got "t99"']],
    [`${base}matrix: { degree: [2] }\nmesure: [path]`, ['7:1 unknown key "mesure"']],
  ])('reports mistakes with their places: %s', (text, expected) => {
    const mistakes = mistakesIn(text);
    for (const [index, mistake] of expected.entries()) expect(mistakes[index] ?? mistakes).toContain(mistake);
  });

  it('reports mistakes in faults and senders beside those in links, as long as the nodes are right', () => {
    const text = `
name: x
question: q
topology: { nodes: { count: 4 }, links: rign }
matrix: { k: [1, 2], unused: [3] }
load: { messages: 3, from: n9 }
faults: [{ at: 1s, kil: n3 }, { at: '\${k}s', kill: n8 }, { at: 2s, messages: { from: n1, to: n3, action: drop } }]
`;
    expect(mistakesIn(text)).toEqual([
      '4:41 unknown shape "rign", with k=1 unused=3 and seed 1',
      '5:22 parameter $unused is not used in "topology" or "faults"',
      '6:28 unknown node "n9"',
      '7:25 unknown key "kil", with k=1 unused=3 and seed 1',
      '7:52 unknown node "n8", with k=1 unused=3 and seed 1',
    ]);
  });

  it('does not check faults where the nodes have mistakes', () => {
    const text =
      'name: x\nquestion: q\ntopology: { nodes: { count: 0 }, links: ring }\nload: {}\nfaults: [{ at: 1s, kil: n3 }]';
    expect(mistakesIn(text).map((mistake) => mistake.split(' ')[0])).toEqual(['3:29']);
  });

  it('reports mistakes in its networks beside all others', () => {
    const found = mistakesIn(
      'name: A B\nquestion: q\ntopology: { nodes: { count: 3 }, links: { shape: ring, delay: $d } }\nmatrix: { d: [5ms, 3q] }\nload: { messages: -1 }\nrepeats: 0',
    );
    expect(found.map((one) => one.split(':')[0])).toEqual(['1', '3', '5', '6']);
    expect(found[1]).toContain('d=3q');
  });

  it('reports an invalid name', () => {
    expect(mistakesIn('name: A B\nquestion: q\ntopology: { nodes: { count: 2 } }')[0]).toMatch(/^1:7 expected/);
  });
});
