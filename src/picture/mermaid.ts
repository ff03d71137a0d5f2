import { partsOf } from './parts.ts';
import { type Line, linesOf, nodesOf, type Picture } from './picture.ts';
import { recognise } from './structure.ts';

/** Mermaid draws so many lines unless its own settings say more. */
export const MOST_MERMAID_LINES = 500;

const ARROWS = {
  plain: { oneWay: '-->', twoWay: '---' },
  missing: { oneWay: '-.->', twoWay: '-.-' },
  broken: { oneWay: '--x', twoWay: 'x--x' },
  extra: { oneWay: '==>', twoWay: '===' },
  unknown: { oneWay: '-.->', twoWay: '-.-' },
} as const;

const COLOURS = { missing: '#d64545', broken: '#d64545', extra: '#d9822b', unknown: '#808b98' } as const;

/** The picture as a Mermaid flowchart. Mermaid has a layout of its own; what was found out about the links is kept. */
export function mermaid(picture: Picture): string {
  const nodes = nodesOf(picture);
  const lines = linesOf(nodes, picture.links);
  const [first] = partsOf(nodes, picture.links);
  const flat = first !== undefined && recognise(first).kind === 'line';
  const classes = (['down', 'foreign'] as const).flatMap((state) => {
    const found = nodes.flatMap((node, at) => (node.state === state ? [`n${at}`] : []));
    return found.length > 0 ? [`  class ${found.join(',')} ${state}`] : [];
  });
  const styles = (['missing', 'broken', 'extra', 'unknown'] as const).flatMap((look) => {
    const found = lines.flatMap((line, at) => (line.look === look ? [at] : []));
    return found.length > 0 ? [`  linkStyle ${found.join(',')} stroke:${COLOURS[look]}`] : [];
  });
  return [
    '---',
    `title: ${JSON.stringify(picture.name)}`,
    '---',
    `flowchart ${flat ? 'LR' : 'TD'}`,
    ...nodes.map(({ name }, at) => `  n${at}(("${entities(name)}"))`),
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

function arrow({ look, twoWay }: Line): string {
  const shape = ARROWS[look][twoWay ? 'twoWay' : 'oneWay'];
  return look === 'plain' ? shape : `${shape}|${look}|`;
}

/** Mermaid writes characters that mean something to it as it writes HTML's, with a # for the &. */
function entities(name: string): string {
  return name.replace(/[^\p{L}\p{N} .,:_-]/gu, (character) => `#${character.codePointAt(0)};`);
}
