import { pluralize } from '../../shared/text.ts';
/** One thing that is wrong with a topology. */
export interface Diagnostic {
  /** What was expected and what was found. */
  message: string;
  /** Where in the topology, as `nodes.a.port` or `links[2].to`; empty for the whole of it. */
  path: string;
  /** What to write instead. */
  hint?: string;
  /** Where in the file; absent when the topology did not come from one. */
  place?: SourceLocation;
}

/** A stretch of one line of a file. */
export interface SourceLocation {
  /** From 1. */
  line: number;
  /** From 1, in UTF-16 units, as editors count. */
  column: number;
  /** UTF-16 units to underline; at least 1. */
  length: number;
  /** The whole line, without its end. */
  text: string;
}

/** What a piece of a formatted mistake is, for colouring it. */
export type DiagnosticStyle = 'place' | 'message' | 'source' | 'caret' | 'hint' | 'total';

export interface FormatDiagnosticsOptions {
  /** Gives a piece its colour; by default none. */
  style?: (style: DiagnosticStyle, text: string) => string;
}

/** A topology with mistakes: all of them, in the order of the file. The message is {@link formatDiagnostics}'. */
export class TopologyError extends Error {
  override readonly name = 'TopologyError';
  /** The file as it was named by the caller. */
  readonly file: string;
  readonly diagnostics: readonly Diagnostic[];

  constructor(file: string, mistakes: readonly Diagnostic[]) {
    super(formatDiagnostics(file, mistakes));
    this.file = file;
    this.diagnostics = mistakes;
  }
}

/** Longest stretch of a source line that is shown. */
const MAX_EXCERPT_LENGTH = 100;

/** Writes mistakes for a terminal: each with file:line:column, the line, a caret, and a hint; and how many they are. */
export function formatDiagnostics(
  file: string,
  mistakes: readonly Diagnostic[],
  options: FormatDiagnosticsOptions = {},
): string {
  const style = options.style ?? ((_, text) => text);
  const blocks = mistakes.map(({ message, path, hint, place }) => {
    const where = place === undefined ? path || file : `${file}:${place.line}:${place.column}`;
    const lines = [`${style('place', `${where}:`)} ${style('message', message)}`];
    const margin = ' '.repeat(place === undefined ? 2 : String(place.line).length + 2);
    if (place !== undefined) {
      const { source, caret } = sourceExcerpt(place);
      lines.push(`  ${place.line} | ${style('source', source)}`, `${margin} | ${style('caret', caret)}`);
    }
    if (hint !== undefined) lines.push(`${margin} = ${style('hint', hint)}`);
    return lines.map((line) => line.trimEnd()).join('\n');
  });
  const total = `${pluralize(mistakes.length, 'mistake')} in ${file}`;
  return [...blocks, style('total', total)].join('\n\n');
}

/** The source line and the carets below it; a long line is cut around the place. */
function sourceExcerpt({ text, column, length }: SourceLocation): { source: string; caret: string } {
  const start =
    text.length <= MAX_EXCERPT_LENGTH
      ? 0
      : Math.max(0, Math.min(column - 1 - MAX_EXCERPT_LENGTH / 4, text.length - MAX_EXCERPT_LENGTH));
  const end = Math.min(text.length, start + MAX_EXCERPT_LENGTH);
  const head = start > 0 ? '…' : '';
  const tail = end < text.length ? '…' : '';
  // One column per character keeps the carets in place, and no file can send control sequences to a terminal.
  const visible = text
    .slice(start, end)
    .replace(/\t/g, ' ')
    .replace(/[\p{Cc}\p{Cf}]/gu, '\ufffd');
  const indent = ' '.repeat(head.length + column - 1 - start);
  return {
    source: (head + visible + tail).trimEnd(),
    caret: indent + '^'.repeat(Math.max(1, Math.min(length, end - (column - 1)))),
  };
}
