import { createRequire } from 'node:module';
import type { GraphView, GraphViewLink } from '../../src/graph-drawing/index.ts';
import type { Edge } from '../../src/topology/index.ts';

const name = (node: number) => `n${node + 1}`;

/** Both ways, as shapes are, or one way. */
export function pictureOf(nodes: number, edges: readonly Edge[], oneWay = false): GraphView {
  const links = edges.flatMap(([a, b]): GraphViewLink[] => [
    { from: name(a), to: name(b) },
    ...(oneWay ? [] : [{ from: name(b), to: name(a) }]),
  ]);
  return { name: 'test', nodes: Array.from({ length: nodes }, (_, node) => ({ name: name(node) })), links };
}

/** Two nodes of everything that can be wrong, and one that does not belong. */
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
    { from: 'd', to: 'e', state: 'up' },
    { from: 'e', to: 'f', state: 'broken' },
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

/** @throws where the text is not well-formed XML */
export async function parseXml(text: string): Promise<{ svg: Element }> {
  return createRequire(import.meta.url)('xml2js').parseStringPromise(text, { strict: true });
}

/** All elements of a kind, at any depth. */
export function every(kind: string, element: Element): Element[] {
  return Object.entries(element).flatMap(([tag, children]) => {
    if (!Array.isArray(children)) return [];
    return children.flatMap((child) => {
      const element: Element = typeof child === 'string' ? { _: child } : child;
      return [...(tag === kind ? [element] : []), ...every(kind, element)];
    });
  });
}
