import { DevnetError, type ErrorCode } from '../../shared/errors.ts';
import { pluralize } from '../../shared/text.ts';
/** A mistake in a topology, and its location. */
export interface Diagnostic {
  /** Expected and actual value, in one sentence. */
  message: string;
  /** Path to the value, such as `nodes.a.port` or `links[2].to`; empty for the whole topology. */
  path: string;
  /** Says what to write instead; absent when nobody can tell. */
  hint?: string;
  /** Location in the file; absent when the topology did not come from one. */
  place?: SourceLocation;
}

/** A range within one line of a file. */
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

/** The parts of a formatted diagnostic, each of which may have its own colour. */
export type DiagnosticStyle = 'place' | 'message' | 'source' | 'caret' | 'hint' | 'total';

/** Options of {@link formatDiagnostics}. */
export interface FormatDiagnosticsOptions {
  /**
   * Colours a part of the text.
   * @default no colours
   */
  style?: (style: DiagnosticStyle, text: string) => string;
}

/** Thrown for a file with mistakes: holds all of them. The message is made by {@link formatDiagnostics}. */
export class DiagnosticsError extends DevnetError {
  /** Name of the file, as the caller gave it. */
  readonly file: string;
  /** In the order of the file. */
  readonly diagnostics: readonly Diagnostic[];

  constructor(code: ErrorCode, file: string, diagnostics: readonly Diagnostic[]) {
    super(code, formatDiagnostics(file, diagnostics));
    this.file = file;
    this.diagnostics = diagnostics;
  }
}

/** Thrown for a topology with mistakes; its code is `topology_invalid`. */
export class TopologyError extends DiagnosticsError {
  override readonly name = 'TopologyError';

  constructor(file: string, diagnostics: readonly Diagnostic[]) {
    super('topology_invalid', file, diagnostics);
  }
}

/** Longest excerpt of a source line, in UTF-16 units. */
const MAX_EXCERPT_LENGTH = 100;

/**
 * Formats diagnostics for a terminal: each with `file:line:column`, the source line, a caret and a hint, then their number.
 */
export function formatDiagnostics(
  file: string,
  diagnostics: readonly Diagnostic[],
  options: FormatDiagnosticsOptions = {},
): string {
  const style = options.style ?? ((_, text) => text);
  const blocks = diagnostics.map(({ message, path, hint, place }) => {
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
  const total = `${pluralize(diagnostics.length, 'mistake')} in ${file}`;
  return [...blocks, style('total', total)].join('\n\n');
}

/** Returns the source line and the carets below it; a long line is cut around the location. */
function sourceExcerpt({ text, column, length }: SourceLocation): { source: string; caret: string } {
  const start =
    text.length <= MAX_EXCERPT_LENGTH
      ? 0
      : Math.max(0, Math.min(column - 1 - MAX_EXCERPT_LENGTH / 4, text.length - MAX_EXCERPT_LENGTH));
  const end = Math.min(text.length, start + MAX_EXCERPT_LENGTH);
  const head = start > 0 ? '…' : '';
  const tail = end < text.length ? '…' : '';
  // One column a character keeps the carets in place. Control characters in a file must not reach the terminal.
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
