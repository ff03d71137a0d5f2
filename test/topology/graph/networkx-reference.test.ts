import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { computeGraphMetrics, type Graph, type GraphMetrics, graphOf } from '../../../src/topology/graph/graph.ts';
import { parseTopology } from '../../../src/topology/parse/parse-topology.ts';
import * as shapeGenerators from '../../../src/topology/shapes/generators.ts';

/** Output of networkx-reference.py. Nodes are numbered from 1, in their order. */
interface Reference {
  made: { by: string };
  graphs: {
    name: string;
    /** The topology file that the graph was drawn from; absent for a graph from elsewhere. */
    topology?: string;
    /** `1>2 2>3` */
    links: string;
    /** `1 2 | 3` are two parts; `2 1 -` the hops from each of three nodes, of which the last does not reach all. */
    figures: Omit<GraphMetrics, 'parts' | 'eccentricity'> & { parts: string; eccentricity: string };
  }[];
}

const { made, graphs } = JSON.parse(
  readFileSync(new URL('networkx-reference.json', import.meta.url), 'utf8'),
) as Reference;

const graphFrom = (nodes: number, links: string): Graph => ({
  nodes: Array.from({ length: nodes }, (_, at) => String(at + 1)),
  links: links.split(' ').flatMap((link) => {
    const [from, to] = link.split('>');
    return from && to ? [{ from, to }] : [];
  }),
});

/** `smallWorld` as files write it. */
const dashed = (name: string) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** Our figures in the reference's words. */
function inItsWords(found: GraphMetrics): Reference['graphs'][number]['figures'] {
  return {
    ...found,
    parts: found.parts.map((part) => part.join(' ')).join(' | '),
    eccentricity: found.eccentricity.map(({ hops }) => hops ?? '-').join(' '),
  };
}

/** Numbers that may differ in the last of their digits only. */
function close(value: unknown): unknown {
  if (typeof value === 'number') return expect.closeTo(value, 12);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, close(inner)]));
}

describe(`the metrics of ${made.by}`, () => {
  test('cover all shapes, other graphs and disconnected graphs', () => {
    const texts = graphs.map(({ topology }) => topology ?? '').join('\n');
    const absent = Object.keys(shapeGenerators).filter(
      (shape) => !new RegExp(`(shape|links): ${dashed(shape)}\\b`).test(texts),
    );
    expect(absent).toEqual([]);
    expect(graphs.filter(({ topology }) => topology === undefined).length).toBeGreaterThanOrEqual(3);
    expect(graphs.filter(({ figures }) => figures.parts.includes('|')).length).toBeGreaterThanOrEqual(2);
  });

  test.each(graphs)('are ours, for $name', ({ links, figures: reference }) => {
    const found = computeGraphMetrics(graphFrom(reference.nodes, links));
    expect(inItsWords(found)).toEqual(close(reference));
  });

  test.each(graphs.filter(({ topology }) => topology !== undefined))(
    'are of the graph that the topology file declares, for $name',
    ({ topology, links, figures: reference }) => {
      const { nodes, links: declared } = graphOf(
        parseTopology(topology as string, { file: 'reference.yaml', name: 'reference' }),
      );
      const number = new Map(nodes.map((node, at) => [node, at + 1]));
      const written = declared.map(({ from, to }) => `${number.get(from)}>${number.get(to)}`);
      expect(nodes).toHaveLength(reference.nodes);
      expect(new Set(written)).toEqual(new Set(links === '' ? [] : links.split(' ')));
    },
  );
});
