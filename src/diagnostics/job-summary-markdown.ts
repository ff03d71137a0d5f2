import { stripVTControlCharacters } from 'node:util';
import { drawnEdgesOf, type GraphView, MAX_MERMAID_EDGES, renderMermaid, viewNodesOf } from '../graph-drawing/index.ts';

/** What a job summary says of one thing: a heading, a picture, and then text and blocks of what programs wrote. */
export interface JobSummarySection {
  heading: string;
  graph?: GraphView;
  parts: readonly JobSummaryPart[];
}

/** Text for people, a paragraph; or lines to be shown as they are, abridged in the middle where they are many. */
export type JobSummaryPart = string | { lines: readonly string[] };

/** Characters of a diagram that GitHub draws. */
const MAX_MERMAID_CHARACTERS = 50_000;
/** Lines that a block shows, and characters of each. */
const MAX_BLOCK_LINES = 60;
const MAX_LINE_CHARACTERS = 500;

/** The section as GitHub's Markdown. Nothing in it that came from elsewhere is taken for markup. */
export function formatJobSummarySection({ heading, graph: picture, parts }: JobSummarySection): string {
  const blocks = [
    `### ${escapeMarkdown(heading)}`,
    ...(picture === undefined ? [] : [mermaidBlock(picture)]),
    ...parts.map((part) => (typeof part === 'string' ? escapeMarkdown(part) : fencedBlock(part.lines))),
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
function fencedBlock(lines: readonly string[]): string {
  const plain = lines.flatMap((line) => stripVTControlCharacters(line).split(/\r?\n/));
  const shown = truncateLines(plain).map((line) =>
    line.replace(/[\x00-\x08\x0b-\x1f\x7f]/g, '�').slice(0, MAX_LINE_CHARACTERS),
  );
  const longest = Math.max(0, ...shown.flatMap((line) => [...line.matchAll(/`+/g)].map(([run]) => run.length)));
  const fence = '`'.repeat(Math.max(3, longest + 1));
  return [`${fence}text`, ...shown, fence].join('\n');
}

/** What failed stands first, and what happened last at the end. */
function truncateLines(lines: readonly string[]): readonly string[] {
  if (lines.length <= MAX_BLOCK_LINES) return lines;
  const half = MAX_BLOCK_LINES / 2;
  return [...lines.slice(0, half), `… ${lines.length - MAX_BLOCK_LINES} more …`, ...lines.slice(-half)];
}

function mermaidBlock(picture: GraphView): string {
  const nodes = viewNodesOf(picture);
  const lines = drawnEdgesOf(nodes, picture.links);
  const text = renderMermaid(picture);
  const few = lines.length <= MAX_MERMAID_EDGES && text.length <= MAX_MERMAID_CHARACTERS;
  // Everything in it that could end the fence is written as an entity.
  return few
    ? `\`\`\`mermaid\n${text}\`\`\``
    : escapeMarkdown(`${nodes.length} nodes, ${picture.links.length} links: more than is drawn here`);
}
