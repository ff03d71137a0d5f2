import { stripVTControlCharacters } from 'node:util';
import { linesOf, MOST_MERMAID_LINES, mermaid, nodesOf, type Picture } from '../picture/index.ts';

/** What a job summary says of one thing: a heading, a picture, and then text and blocks of what programs wrote. */
export interface Section {
  heading: string;
  picture?: Picture;
  parts: readonly Part[];
}

/** Text for people, a paragraph; or lines to be shown as they are, abridged in the middle where they are many. */
export type Part = string | { lines: readonly string[] };

/** Characters of a diagram that GitHub draws. */
const MOST_MERMAID_TEXT = 50_000;
/** Lines that a block shows, and characters of each. */
const MOST_LINES = 60;
const MOST_CHARACTERS = 500;

/** The section as GitHub's Markdown. Nothing in it that came from elsewhere is taken for markup. */
export function markdown({ heading, picture, parts }: Section): string {
  const blocks = [
    `### ${escapeMarkdown(heading)}`,
    ...(picture === undefined ? [] : [drawn(picture)]),
    ...parts.map((part) => (typeof part === 'string' ? escapeMarkdown(part) : block(part.lines))),
  ];
  return `${blocks.join('\n\n')}\n\n`;
}

/** Text that Markdown shows as it is written, in one line. */
export function escapeMarkdown(text: string): string {
  const plain = stripVTControlCharacters(text).replace(/[\s\x00-\x1f\x7f]+/g, ' ');
  return plain
    .replace(/[\\`*_{}[\]()#+|~!:@.-]/g, '\\$&')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;');
}

/** Lines as they are, in a fence that none of them ends. */
function block(lines: readonly string[]): string {
  const plain = lines.flatMap((line) => stripVTControlCharacters(line).split(/\r?\n/));
  const shown = abridged(plain).map((line) => line.replace(/[\x00-\x08\x0b-\x1f\x7f]/g, '�').slice(0, MOST_CHARACTERS));
  const longest = Math.max(0, ...shown.flatMap((line) => [...line.matchAll(/`+/g)].map(([run]) => run.length)));
  const fence = '`'.repeat(Math.max(3, longest + 1));
  return [`${fence}text`, ...shown, fence].join('\n');
}

/** What failed stands first, and what happened last at the end. */
function abridged(lines: readonly string[]): readonly string[] {
  if (lines.length <= MOST_LINES) return lines;
  const half = MOST_LINES / 2;
  return [...lines.slice(0, half), `… ${lines.length - MOST_LINES} more …`, ...lines.slice(-half)];
}

function drawn(picture: Picture): string {
  const nodes = nodesOf(picture);
  const lines = linesOf(nodes, picture.links);
  const text = mermaid(picture);
  const few = lines.length <= MOST_MERMAID_LINES && text.length <= MOST_MERMAID_TEXT;
  // Everything in it that could end the fence is written as an entity.
  return few
    ? `\`\`\`mermaid\n${text}\`\`\``
    : escapeMarkdown(`${nodes.length} nodes, ${picture.links.length} links: more than is drawn here`);
}
