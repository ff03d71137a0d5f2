import type { EdgeStyle, GraphView } from '../layout/graph-view.ts';
import { computeLayout } from '../layout/layout.ts';

const EDGE_ATTRIBUTES: Record<EdgeStyle, string[]> = {
  plain: [],
  missing: ['color="#d64545"', 'style=dashed', 'label=missing'],
  broken: ['color="#d64545"', 'label=broken'],
  extra: ['color="#d9822b"', 'style=bold', 'label=extra'],
  unknown: ['color="#808b98"', 'style=dotted', 'label=unknown'],
};

const NODE_ATTRIBUTES = {
  up: [],
  down: ['style=solid', 'color="#d64545"', 'fontcolor="#d64545"', 'penwidth=2.5', 'xlabel=down'],
  foreign: ['style=dashed', 'color="#d9822b"', 'fontcolor="#d9822b"'],
} as const;

/** The picture for Graphviz, every node where the other formats have it: `neato -n` keeps it there, other programs do not. */
export function renderDot(picture: GraphView): string {
  const { nodes, routes, height } = computeLayout(picture);
  const points = (pixels: number) => String(Math.round(pixels * 0.75 * 10) / 10 || 0);
  const inches = (pixels: number) => String(Math.round((pixels / 96) * 100) / 100);
  return [
    `digraph ${quoteDotString(picture.name)} {`,
    '  graph [layout=neato, splines=true, bgcolor=transparent]',
    '  node [shape=circle, fixedsize=true, style=filled, color="#3b6ea8", fontcolor=white, fontname=sans, fontsize=9]',
    '  edge [color="#8d99a8", arrowsize=0.6, fontname=sans, fontsize=8]',
    ...nodes.map(({ name, state, x, y, radius, label }) => {
      const outside = label?.isInside ? [] : ['label=""', `xlabel=${quoteDotString(name)}`, 'fontcolor="#66717f"'];
      const place = [`pos="${points(x)},${points(height - y)}!"`, `width=${inches(radius * 2)}`];
      const words =
        state === 'down' && !label?.isInside
          ? NODE_ATTRIBUTES.down.filter((one) => !one.startsWith('xlabel'))
          : NODE_ATTRIBUTES[state ?? 'up'];
      return `  ${quoteDotString(name)} [${[...place, ...outside, ...words].join(', ')}]`;
    }),
    ...routes.map(({ edge: { a, b, twoWay, style: look } }) => {
      const attributes = [...(twoWay ? ['dir=none'] : []), ...EDGE_ATTRIBUTES[look]];
      return `  ${quoteDotString(nodes[a]!.name)} -> ${quoteDotString(nodes[b]!.name)}${attributes.length > 0 ? ` [${attributes.join(', ')}]` : ''}`;
    }),
    '}',
    '',
  ].join('\n');
}

/** Within quotes, Graphviz gives a meaning to these two alone. */
function quoteDotString(text: string): string {
  return `"${text
    .replace(/\\/g, '\\\\')
    .replace(/"/g, '\\"')
    .replace(/[\r\n]+/g, ' ')}"`;
}
