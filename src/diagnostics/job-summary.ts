import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { stripVTControlCharacters } from 'node:util';
import { drawnEdgesOf, type GraphView, MAX_MERMAID_EDGES, renderMermaid, viewNodesOf } from '../graph-drawing/index.ts';

/** A section of a job summary: a heading, a picture, and then text and blocks of output. */
export interface JobSummarySection {
  heading: string;
  graph?: GraphView;
  parts: readonly JobSummaryPart[];
}

/** A paragraph of text; or lines that are shown as they are, with the middle of many left out. */
export type JobSummaryPart = string | { lines: readonly string[] };

/** Limit of GitHub for one step, bytes. It does not show a larger summary at all. */
const MAX_SUMMARY_BYTES = 1024 * 1024;
const SUMMARY_FULL_NOTE = 'The summary is full: the rest is in the log of this step.\n';
/** GitHub does not draw larger diagrams, characters. */
const MAX_MERMAID_CHARACTERS = 50_000;
const MAX_BLOCK_LINES = 60;
const MAX_LINE_CHARACTERS = 500;

/**
 * Adds a section to the summary of the GitHub job that this process is a step of. When a section does not fit, a note takes its
 * place and nothing follows. Never throws.
 * @param file by default the one that `GITHUB_STEP_SUMMARY` names; without one, nothing is written
 * @returns whether the section was added
 */
export function addToJobSummary(section: JobSummarySection, file = process.env.GITHUB_STEP_SUMMARY): boolean {
  if (file === undefined || file === '') return false;
  try {
    const before = existsSync(file) ? readFileSync(file, 'utf8') : '';
    if (before.endsWith(SUMMARY_FULL_NOTE)) return false;
    const text = formatJobSummarySection(section);
    const fits =
      Buffer.byteLength(before) + Buffer.byteLength(text) + Buffer.byteLength(SUMMARY_FULL_NOTE) <= MAX_SUMMARY_BYTES;
    appendFileSync(file, fits ? text : SUMMARY_FULL_NOTE);
    return fits;
  } catch {
    return false;
  }
}

/** Formats a section as GitHub's Markdown; text is escaped. */
export function formatJobSummarySection({ heading, graph, parts }: JobSummarySection): string {
  const blocks = [
    `### ${escapeMarkdown(heading)}`,
    ...(graph === undefined ? [] : [mermaidBlock(graph)]),
    ...parts.map((part) => (typeof part === 'string' ? escapeMarkdown(part) : fencedBlock(part.lines))),
  ];
  return `${blocks.join('\n\n')}\n\n`;
}

/** Escapes text for Markdown, and puts it on one line. */
export function escapeMarkdown(text: string): string {
  // Newer Node leaves a bell after a colour.
  const plain = stripVTControlCharacters(text)
    .replace(/[\s\x00-\x1f\x7f]+/g, ' ')
    .trim();
  return plain
    .replace(/[\\`*_{}[\]()#+|~!:@.-]/g, '\\$&')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;');
}

/** Puts lines into a fenced block that none of them can end. */
function fencedBlock(lines: readonly string[]): string {
  const plain = lines.flatMap((line) => stripVTControlCharacters(line).split(/\r?\n/));
  const shown = truncateLines(plain).map((line) =>
    line.replace(/[\x00-\x08\x0b-\x1f\x7f]/g, '�').slice(0, MAX_LINE_CHARACTERS),
  );
  const longest = Math.max(0, ...shown.flatMap((line) => [...line.matchAll(/`+/g)].map(([run]) => run.length)));
  const fence = '`'.repeat(Math.max(3, longest + 1));
  return [`${fence}text`, ...shown, fence].join('\n');
}

/** Leaves out the middle of many lines: the failure comes first, what happened last comes at the end. */
function truncateLines(lines: readonly string[]): readonly string[] {
  if (lines.length <= MAX_BLOCK_LINES) return lines;
  const half = MAX_BLOCK_LINES / 2;
  return [...lines.slice(0, half), `… ${lines.length - MAX_BLOCK_LINES} more …`, ...lines.slice(-half)];
}

function mermaidBlock(graph: GraphView): string {
  const nodes = viewNodesOf(graph);
  const edges = drawnEdgesOf(nodes, graph.links);
  const text = renderMermaid(graph);
  const fits = edges.length <= MAX_MERMAID_EDGES && text.length <= MAX_MERMAID_CHARACTERS;
  // renderMermaid writes everything that could end the fence as an entity.
  return fits
    ? `\`\`\`mermaid\n${text}\`\`\``
    : escapeMarkdown(`${nodes.length} nodes, ${graph.links.length} links: too many to draw here`);
}
