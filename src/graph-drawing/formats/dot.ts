import type { EdgeStyle, GraphView } from '../layout/graph-view.ts';
import { computeLayout, type PositionedNode } from '../layout/layout.ts';

const EDGE_ATTRIBUTES: Record<EdgeStyle, string[]> = {
  plain: [],
  cut: ['color="#8e44ad"', 'style=dashed'],
  dead: ['color="#808b98"', 'style=dashed', 'label=dead'],
  missing: ['color="#d64545"', 'style=dashed', 'label=missing'],
  broken: ['color="#d64545"', 'label=broken'],
  extra: ['color="#d9822b"', 'style=bold', 'label=extra'],
  unknown: ['color="#808b98"', 'style=dotted', 'label=unknown'],
  listed: ['style=dotted', 'label=listed'],
};

const NODE_ATTRIBUTES = {
  up: [],
  down: ['style=solid', 'color="#d64545"', 'fontcolor="#d64545"', 'penwidth=2.5'],
  foreign: ['style=dashed', 'color="#d9822b"', 'fontcolor="#d9822b"'],
} as const;

/** Renders a view for Graphviz, with the positions of the other formats: `neato -n` keeps them, other programs do not. */
export function renderDot(view: GraphView): string {
  const { nodes, routes, height } = computeLayout(view);
  const nameOf = (node: number) => quote(nodes[node]!.name);
  return [
    `digraph ${quote(view.name)} {`,
    '  graph [layout=neato, splines=true, bgcolor=transparent]',
    '  node [shape=circle, fixedsize=true, style=filled, color="#3b6ea8", fontcolor=white, fontname=sans, fontsize=9]',
    '  edge [color="#8d99a8", arrowsize=0.6, fontname=sans, fontsize=8]',
    ...nodes.map((node) => `  ${quote(node.name)} [${nodeAttributes(node, height).join(', ')}]`),
    ...routes.map(({ edge: { a, b, twoWay, style, cut } }) => {
      const named = cut === undefined ? [] : [`label=${quote(`cut by ${cut}`)}`];
      const attributes = [...(twoWay ? ['dir=none'] : []), ...EDGE_ATTRIBUTES[style], ...named];
      return `  ${nameOf(a)} -> ${nameOf(b)}${attributes.length > 0 ? ` [${attributes.join(', ')}]` : ''}`;
    }),
    '}',
    '',
  ].join('\n');
}

function nodeAttributes({ name, state = 'up', x, y, radius, label }: PositionedNode, height: number): string[] {
  const points = (pixels: number) => String(Math.round(pixels * 0.75 * 10) / 10 || 0);
  const inches = (pixels: number) => String(Math.round((pixels / 96) * 100) / 100);
  return [
    `pos="${points(x)},${points(height - y)}!"`,
    `width=${inches(radius * 2)}`,
    ...(label?.isInside ? [] : ['label=""', `xlabel=${quote(name)}`, 'fontcolor="#66717f"']),
    ...NODE_ATTRIBUTES[state],
    ...(state === 'down' && label?.isInside ? ['xlabel=down'] : []),
  ];
}

/** Quotes a string. Graphviz gives a meaning to the backslash and the quotation mark alone. */
function quote(text: string): string {
  return `"${text
    .replace(/\\/g, '\\\\')
    .replace(/"/g, '\\"')
    .replace(/[\r\n]+/g, ' ')}"`;
}
