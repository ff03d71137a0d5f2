import { createRequire } from 'node:module';
import type { GraphView, GraphViewLink } from '../../src/graph-drawing/index.ts';
import type { Edge } from '../../src/topology/index.ts';

const name = (node: number) => `n${node + 1}`;

/** Creates a view with a link in both directions for each edge, as shapes have, or in one. */
export function viewOf(nodes: number, edges: readonly Edge[], oneWay = false): GraphView {
  const links = edges.flatMap(([a, b]): GraphViewLink[] => [
    { from: name(a), to: name(b) },
    ...(oneWay ? [] : [{ from: name(b), to: name(a) }]),
  ]);
  return { name: 'test', nodes: Array.from({ length: nodes }, (_, node) => ({ name: name(node) })), links };
}

/** View with every kind of drift, and a foreign node. */
export const drifted: GraphView = {
  name: 'drifted',
  nodes: [...'abcdef'].map((letter) => ({ name: letter, state: letter === 'f' ? 'down' : 'up' })),
  links: [
    { from: 'a', to: 'b', state: 'up' },
    { from: 'b', to: 'a', state: 'listed' },
    { from: 'b', to: 'c', state: 'missing' },
    { from: 'c', to: 'b', state: 'up' },
    { from: 'c', to: 'd', state: 'broken' },
    { from: 'd', to: 'c', state: 'broken' },
    { from: 'd', to: 'e', state: 'up', cut: 'split-1' },
    { from: 'e', to: 'f', state: 'dead' },
    { from: 'f', to: 'a', state: 'unknown' },
    { from: 'a', to: 'd', state: 'extra' },
    { from: 'b', to: '10.64.0.99:3000', state: 'extra' },
  ],
};

export interface Element {
  $?: Record<string, string>;
  _?: string;
  [child: string]: Element[] | string | Record<string, string> | undefined;
}

/** @throws if the text is not well-formed XML */
export async function parseXml(text: string): Promise<{ svg: Element }> {
  return createRequire(import.meta.url)('xml2js').parseStringPromise(text, { strict: true });
}

/** Returns all elements with a tag, at any depth. */
export function elementsOf(tag: string, element: Element): Element[] {
  return Object.entries(element).flatMap(([childTag, children]) => {
    if (!Array.isArray(children)) return [];
    return children.flatMap((child) => {
      const found: Element = typeof child === 'string' ? { _: child } : child;
      return [...(childTag === tag ? [found] : []), ...elementsOf(tag, found)];
    });
  });
}
