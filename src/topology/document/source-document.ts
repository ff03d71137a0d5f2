import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Pair,
  parseDocument,
  type Scalar,
  visit,
  type YAMLError,
} from 'yaml';
import type { SourceLocation } from './diagnostic.ts';
import type { DocumentPath } from './document-path.ts';

/** Part of an entry to point at: its key, its value, or a range of characters within its value, a string. */
export type SourceSpan = 'key' | 'value' | readonly [from: number, to: number];

/** A value, and the source locations of its parts as far as they are known. */
export interface SourceDocument {
  readonly value: unknown;
  /** Errors in the YAML itself. */
  readonly syntaxErrors: readonly SyntaxDiagnostic[];
  /** False when the syntax errors leave the value uncertain. */
  readonly isUsable: boolean;
  /** Returns the keys of a map in the order of the file, if known: an object puts numeric keys first. */
  keysInOrder(path: DocumentPath): string[] | undefined;
  /** Returns the text of a scalar before it became a number. */
  rawText(path: DocumentPath): string | undefined;
  locate(path: DocumentPath, span: SourceSpan): SourceLocation | undefined;
}

interface SyntaxDiagnostic {
  message: string;
  hint?: string;
  place: SourceLocation;
}

/** Wraps an object in memory, which has no source locations. */
export function documentFromObject(value: unknown): SourceDocument {
  const unknown = () => undefined;
  return { value, syntaxErrors: [], isUsable: true, keysInOrder: unknown, rawText: unknown, locate: unknown };
}

/** Parses YAML 1.2, with the source location of every part. Never throws: errors are in `syntaxErrors`. */
export function documentFromYaml(input: string): SourceDocument {
  const text = input.startsWith('\ufeff') ? input.slice(1) : input;
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, stringKeys: true });
  const place = (start: number, end: number) => locationOf(text, lines, start, end);
  const syntaxErrors = [...document.errors, ...document.warnings].map((error) => ({
    ...describeYamlError(error),
    place: place(...errorRange(text, error)),
  }));
  // After a duplicate key the rest still means what it says; after any other error, nothing is certain.
  let isUsable = [...document.errors, ...document.warnings].every(({ code }) => code === 'DUPLICATE_KEY');

  visit(document, {
    Alias(_, alias, ancestors) {
      const target = alias.resolve(document);
      if (target !== undefined && !ancestors.includes(target)) return;
      const message = target === undefined ? 'expected an anchor defined above' : 'an anchor cannot contain itself';
      const [start, end] = alias.range ?? [0, 1];
      if (isUsable || target !== undefined)
        syntaxErrors.push({ message: `${message}, got *${alias.source}`, place: place(start, end) });
      isUsable = false;
    },
  });

  let value: unknown;
  if (isUsable) {
    try {
      value = document.toJS({ maxAliasCount: 100 });
    } catch {
      const first = firstAliasOffset(document);
      syntaxErrors.push({ message: 'aliases here unfold into too much', place: place(first, first + 1) });
      isUsable = false;
    }
  }

  return {
    value,
    syntaxErrors,
    isUsable,
    keysInOrder(path) {
      const node = findEntry(document, path)?.value;
      return isMap(node) ? node.items.map((pair) => String((pair.key as Scalar).value)) : undefined;
    },
    rawText(path) {
      const node = findEntry(document, path)?.value;
      return isScalar(node) ? node.source : undefined;
    },
    locate(path, span) {
      const entry = findEntry(document, path);
      const keyRange = isNode(entry?.key) ? entry.key.range : undefined;
      const range = isNode(entry?.value) ? entry.value.range : undefined;
      if (span === 'key' && keyRange) return place(keyRange[0], keyRange[1]);
      if (!range || range[0] === range[1]) return keyRange ? place(keyRange[0], keyRange[1]) : place(0, 1);
      if (typeof span === 'string') return place(range[0], range[1]);
      // Characters can be counted only where the file has the value as it is: not with escapes or folded lines.
      const quote = /["']/.test(text.charAt(range[0])) ? 1 : 0;
      const literal = isScalar(entry?.value) && text.slice(range[0] + quote, range[1] - quote) === entry.value.value;
      return literal ? place(range[0] + quote + span[0], range[0] + quote + span[1]) : place(range[0], range[1]);
    },
  };
}

/** Follows a path through the document and its aliases; undefined when it leads nowhere. */
function findEntry(document: Document, path: DocumentPath): { key?: unknown; value: unknown } | undefined {
  const resolved = (node: unknown) => (isAlias(node) ? (node as Alias).resolve(document) : node);
  let entry: { key?: unknown; value: unknown } = { value: document.contents };
  for (const step of path) {
    const node = resolved(entry.value);
    if (isMap(node)) {
      // The last of two duplicate keys counts, as in the value.
      const pair: Pair | undefined = node.items.findLast(
        ({ key }) => isScalar(key) && String(key.value) === String(step),
      );
      if (pair === undefined) return undefined;
      entry = pair;
    } else if (isSeq(node) && typeof step === 'number' && step < node.items.length) {
      entry = { value: node.items[step] };
    } else {
      return undefined;
    }
  }
  return { key: entry.key, value: resolved(entry.value) };
}

function locationOf(text: string, lines: LineCounter, start: number, end: number): SourceLocation {
  // An error at the very end of a file belongs to its last line, not to the empty one after it.
  const from = Math.min(start, Math.max(0, text.trimEnd().length));
  const { line, col } = lines.linePos(from);
  const column = Math.max(1, col);
  const source = (text.split('\n', line)[line - 1] ?? '').replace(/\r$/, '');
  const rest = source.length - (column - 1);
  const inLine = end - from > rest ? source.trimEnd().length - (column - 1) : end - from;
  return { line: Math.max(1, line), column, length: Math.max(1, inLine), text: source };
}

/** Returns the range of a YAML error; a duplicate key is underlined in full, not just at its start. */
function errorRange(text: string, { code, pos }: YAMLError): [start: number, end: number] {
  const [start, end] = pos;
  const key = code === 'DUPLICATE_KEY' ? /^[^\s:,{}[\]]+/.exec(text.slice(start, start + 200)) : null;
  return [start, key === null ? end : start + key[0].length];
}

function firstAliasOffset(document: Document): number {
  let first = 0;
  visit(document, {
    Alias(_, alias) {
      first = alias.range?.[0] ?? 0;
      return visit.BREAK;
    },
  });
  return first;
}

/** Rewords the commonest errors of the YAML parser in terms of what to write. */
function describeYamlError({ code, message }: YAMLError): { message: string; hint?: string } {
  switch (code) {
    case 'DUPLICATE_KEY':
      return { message: 'expected every key once, got this one again' };
    case 'MISSING_CHAR':
      return { message: `not YAML: ${message.replace(/(["'])quote/, '$1')}` };
    case 'TAB_AS_INDENT':
      return { message: 'expected spaces, got a tab', hint: 'YAML is indented with spaces only' };
    case 'MULTIPLE_DOCS':
      return {
        message: 'expected one document, got another after ---',
        hint: 'put each topology into a file of its own',
      };
    case 'BAD_ALIAS':
      return { message: 'expected the name of an anchor after *', hint: 'put text that starts with * in quotes' };
    case 'NON_STRING_KEY':
      return { message: 'expected a plain key, got a list or a map' };
    case 'RESOURCE_EXHAUSTION':
      return { message: 'nested too deeply' };
    case 'TAG_RESOLVE_FAILED':
      return { message: `tags are not part of a topology file: ${message}` };
    default:
      return { message: `not YAML: ${message}` };
  }
}
