import { findComponents } from '../layout/components.ts';
import { type DrawnEdge, drawnEdgesOf, type GraphView, viewNodesOf } from '../layout/graph-view.ts';
import { recogniseShape } from '../layout/recognise-shape.ts';

/** Mermaid draws so many lines unless its own settings say more. */
export const MAX_MERMAID_EDGES = 500;

const ARROWS = {
  plain: { oneWay: '-->', twoWay: '---' },
  missing: { oneWay: '-.->', twoWay: '-.-' },
  broken: { oneWay: '--x', twoWay: 'x--x' },
  extra: { oneWay: '==>', twoWay: '===' },
  unknown: { oneWay: '-.->', twoWay: '-.-' },
} as const;

const COLOURS = { missing: '#d64545', broken: '#d64545', extra: '#d9822b', unknown: '#808b98' } as const;

/** The picture as a Mermaid flowchart. Mermaid has a layout of its own; what was found out about the links is kept. */
export function renderMermaid(picture: GraphView): string {
  const nodes = viewNodesOf(picture);
  const lines = drawnEdgesOf(nodes, picture.links);
  const [first] = findComponents(nodes, picture.links);
  const flat = first !== undefined && recogniseShape(first).kind === 'line';
  const classes = (['down', 'foreign'] as const).flatMap((state) => {
    const found = nodes.flatMap((node, at) => (node.state === state ? [`n${at}`] : []));
    return found.length > 0 ? [`  class ${found.join(',')} ${state}`] : [];
  });
  const styles = (['missing', 'broken', 'extra', 'unknown'] as const).flatMap((look) => {
    const found = lines.flatMap((line, at) => (line.style === look ? [at] : []));
    return found.length > 0 ? [`  linkStyle ${found.join(',')} stroke:${COLOURS[look]}`] : [];
  });
  return [
    '---',
    `title: ${JSON.stringify(picture.name)}`,
    '---',
    `flowchart ${flat ? 'LR' : 'TD'}`,
    ...nodes.map(({ name }, at) => `  n${at}(("${escapeEntities(name)}"))`),
    ...lines.map((line) => `  n${line.a} ${arrow(line)} n${line.b}`),
    ...(classes.length > 0
      ? [
          '  classDef down stroke:#d64545,stroke-width:3px',
          '  classDef foreign stroke:#d9822b,stroke-dasharray:3 3',
          ...classes,
        ]
      : []),
    ...styles,
    '',
  ].join('\n');
}

function arrow({ style: look, twoWay }: DrawnEdge): string {
  const shape = ARROWS[look][twoWay ? 'twoWay' : 'oneWay'];
  return look === 'plain' ? shape : `${shape}|${look}|`;
}

/** Mermaid writes characters that mean something to it as it writes HTML's, with a # for the &. */
function escapeEntities(name: string): string {
  return name.replace(/[^\p{L}\p{N} .,:_-]/gu, (character) => `#${character.codePointAt(0)};`);
}
