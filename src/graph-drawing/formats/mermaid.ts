import { findComponents } from '../layout/components.ts';
import { type DrawnEdge, drawnEdgesOf, type GraphView, MARKED_STYLES, viewNodesOf } from '../layout/graph-view.ts';
import { recogniseShape } from '../layout/recognise-shape.ts';

/** Edges that Mermaid draws unless its `maxEdges` says more. */
export const MAX_MERMAID_EDGES = 500;

const ARROWS = {
  plain: { oneWay: '-->', twoWay: '---' },
  cut: { oneWay: '-.->', twoWay: '-.-' },
  dead: { oneWay: '-.->', twoWay: '-.-' },
  missing: { oneWay: '-.->', twoWay: '-.-' },
  broken: { oneWay: '--x', twoWay: 'x--x' },
  extra: { oneWay: '==>', twoWay: '===' },
  unknown: { oneWay: '-.->', twoWay: '-.-' },
  listed: { oneWay: '-->', twoWay: '---' },
} as const;

const COLOURS = {
  cut: '#8e44ad',
  dead: '#808b98',
  missing: '#d64545',
  broken: '#d64545',
  extra: '#d9822b',
  unknown: '#808b98',
  listed: '#b0a060',
} as const;

/** Renders a view as a Mermaid flowchart, with the drift. Mermaid has a layout of its own. */
export function renderMermaid(view: GraphView): string {
  const nodes = viewNodesOf(view);
  const edges = drawnEdgesOf(nodes, view.links);
  const [largest] = findComponents(nodes, view.links);
  const isLine = largest !== undefined && recogniseShape(largest).kind === 'line';
  const classes = (['down', 'foreign'] as const).flatMap((state) => {
    const ids = nodes.flatMap((node, index) => (node.state === state ? [`n${index}`] : []));
    return ids.length > 0 ? [`  class ${ids.join(',')} ${state}`] : [];
  });
  const linkStyles = MARKED_STYLES.flatMap((style) => {
    const indices = edges.flatMap((edge, index) => (edge.style === style ? [index] : []));
    return indices.length > 0 ? [`  linkStyle ${indices.join(',')} stroke:${COLOURS[style]}`] : [];
  });
  return [
    '---',
    `title: ${JSON.stringify(view.name)}`,
    '---',
    `flowchart ${isLine ? 'LR' : 'TD'}`,
    ...nodes.map(({ name }, index) => `  n${index}(("${escapeEntities(name)}"))`),
    ...edges.map((edge) => `  n${edge.a} ${formatArrow(edge)} n${edge.b}`),
    ...(classes.length > 0
      ? [
          '  classDef down stroke:#d64545,stroke-width:3px',
          '  classDef foreign stroke:#d9822b,stroke-dasharray:3 3',
          ...classes,
        ]
      : []),
    ...linkStyles,
    '',
  ].join('\n');
}

function formatArrow({ style, twoWay, cut }: DrawnEdge): string {
  const arrow = ARROWS[style][twoWay ? 'twoWay' : 'oneWay'];
  if (style === 'plain') return arrow;
  return `${arrow}|${cut === undefined ? style : `cut by ${escapeEntities(cut)}`}|`;
}

/** Writes special characters as Mermaid does: as HTML entities, with `#` for the `&`. */
function escapeEntities(name: string): string {
  return name.replace(/[^\p{L}\p{N} .,:_-]/gu, (character) => `#${character.codePointAt(0)};`);
}
