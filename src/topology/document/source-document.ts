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

/** Part of an entry to point at: its key, its value, or some characters (from, to) of its value, a string. */
export type SourceSpan = 'key' | 'value' | readonly [from: number, to: number];

/** A value that was read from somewhere, and what is known of where each part of it stands. */
export interface SourceDocument {
  readonly value: unknown;
  /** Mistakes of the notation itself. */
  readonly syntaxErrors: readonly SyntaxDiagnostic[];
  /** False when the flaws leave it open what the value is. */
  readonly isUsable: boolean;
  /** Keys of a map in the order of the file, where that is known: an object puts numeric keys first. */
  keysInOrder(path: DocumentPath): string[] | undefined;
  /** A scalar as it is written, before it became a number. */
  rawText(path: DocumentPath): string | undefined;
  locate(path: DocumentPath, part: SourceSpan): SourceLocation | undefined;
}

interface SyntaxDiagnostic {
  message: string;
  hint?: string;
  place: SourceLocation;
}

/** A source that is an object in memory, where there is no line to point at. */
export function documentFromObject(value: unknown): SourceDocument {
  const unknown = () => undefined;
  return { value, syntaxErrors: [], isUsable: true, keysInOrder: unknown, rawText: unknown, locate: unknown };
}

/** Reads YAML 1.2 and keeps the places of everything in it. Never throws: what is wrong is among the flaws. */
export function documentFromYaml(input: string): SourceDocument {
  const text = input.startsWith('\ufeff') ? input.slice(1) : input;
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, stringKeys: true });
  const place = (start: number, end: number) => locationOf(text, lines, start, end);
  const flaws = [...document.errors, ...document.warnings].map((error) => ({
    ...describeYamlError(error),
    place: place(...errorRange(text, error)),
  }));
  // After a key that is there twice the rest still means what it says; after anything else, nothing is certain.
  let sound = [...document.errors, ...document.warnings].every(({ code }) => code === 'DUPLICATE_KEY');

  visit(document, {
    Alias(_, alias, ancestors) {
      const target = alias.resolve(document);
      if (target !== undefined && !ancestors.includes(target)) return;
      const message = target === undefined ? 'expected an anchor defined above' : 'an anchor cannot contain itself';
      const [start, end] = alias.range ?? [0, 1];
      if (sound || target !== undefined)
        flaws.push({ message: `${message}, got *${alias.source}`, place: place(start, end) });
      sound = false;
    },
  });

  let value: unknown;
  if (sound) {
    try {
      value = document.toJS({ maxAliasCount: 100 });
    } catch {
      const first = firstAliasOffset(document);
      flaws.push({ message: 'aliases here unfold into too much', place: place(first, first + 1) });
      sound = false;
    }
  }

  return {
    value,
    syntaxErrors: flaws,
    isUsable: sound,
    keysInOrder(path) {
      const node = findEntry(document, path)?.value;
      return isMap(node) ? node.items.map((pair) => String((pair.key as Scalar).value)) : undefined;
    },
    rawText(path) {
      const node = findEntry(document, path)?.value;
      return isScalar(node) ? node.source : undefined;
    },
    locate(path, part) {
      const entry = findEntry(document, path);
      const keyRange = isNode(entry?.key) ? entry.key.range : undefined;
      const range = isNode(entry?.value) ? entry.value.range : undefined;
      if (part === 'key' && keyRange) return place(keyRange[0], keyRange[1]);
      if (!range || range[0] === range[1]) return keyRange ? place(keyRange[0], keyRange[1]) : place(0, 1);
      if (typeof part === 'string') return place(range[0], range[1]);
      // Characters can be counted only where the value stands in the file as it is: not with escapes or folded lines.
      const quote = /["']/.test(text.charAt(range[0])) ? 1 : 0;
      const literal = isScalar(entry?.value) && text.slice(range[0] + quote, range[1] - quote) === entry.value.value;
      return literal ? place(range[0] + quote + part[0], range[0] + quote + part[1]) : place(range[0], range[1]);
    },
  };
}

/** Follows a path through the document and its aliases to an entry. */
function findEntry(document: Document, path: DocumentPath): { key?: unknown; value: unknown } | undefined {
  const resolved = (node: unknown) => (isAlias(node) ? (node as Alias).resolve(document) : node);
  let entry: { key?: unknown; value: unknown } = { value: document.contents };
  for (const step of path) {
    const node = resolved(entry.value);
    if (isMap(node)) {
      // Of a key that is there twice the last one counts, as in the value.
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

/** Where an error of the YAML parser is; of a key that is there twice, the whole of it and not just its start. */
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

/** The commonest of the YAML parser's complaints in terms of what to write. */
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
