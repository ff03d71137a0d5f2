import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  type Scalar,
  visit,
  type YAMLError,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';
import type { SourceLocation } from './diagnostic.ts';
import { quote } from './diagnostic-text.ts';
import type { DocumentPath } from './document-path.ts';

/** Part of an entry to point at: its key, its value, or a range of characters within its value, a string. */
export type SourceSpan = 'key' | 'value' | readonly [from: number, to: number];

/** A value, and the source locations of its parts as far as they are known. */
export interface SourceDocument {
  /** Absent for an object in memory. */
  readonly text?: string;
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
  // The parser's own check for duplicate keys takes quadratic time, and misplaces a key after one without a value.
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    stringKeys: true,
    uniqueKeys: false,
  });
  const place = (start: number, end: number) => locationOf(text, lines, start, end);
  const errors = [...document.errors, ...document.warnings];
  const syntaxErrors: SyntaxDiagnostic[] = errors.map((error) => ({
    ...describeYamlError(error),
    place: place(...error.pos),
  }));
  // After a duplicate key the rest still means what it says; after any other error, nothing is certain.
  let isUsable = errors.length === 0;

  // `Alias.resolve` visits the whole document for each alias.
  const anchors = new Map<string, Node>();
  const targets = new Map<Alias, Node | undefined>();
  const addAnchor = (_: unknown, node: Scalar | YAMLMap | YAMLSeq) => {
    if (node.anchor !== undefined) anchors.set(node.anchor, node);
  };
  visit(document, {
    Scalar: addAnchor,
    Seq: addAnchor,
    Map(_, map) {
      addAnchor(_, map);
      for (const { key, earlier } of duplicateKeys(map.items)) {
        const message = `expected every key once, got ${quote(String(key.value))} again`;
        const hint = `the first one is in line ${place(...rangeOf(earlier)).line}`;
        syntaxErrors.push({ message, hint, place: place(...rangeOf(key)) });
      }
    },
    Alias(_, alias, ancestors) {
      const target = anchors.get(alias.source);
      targets.set(alias, target);
      if (target !== undefined && !ancestors.includes(target)) return;
      const message = target === undefined ? 'expected an anchor defined above' : 'an anchor cannot contain itself';
      if (isUsable || target !== undefined)
        syntaxErrors.push({ message: `${message}, got *${alias.source}`, place: place(...rangeOf(alias)) });
      isUsable = false;
    },
  });

  let value: unknown;
  if (isUsable) {
    const [firstAlias] = targets.keys();
    if (firstAlias !== undefined && unfoldedSize(document.contents, targets) > MAX_UNFOLDED_VALUES) {
      const limit = MAX_UNFOLDED_VALUES.toLocaleString('en-US');
      syntaxErrors.push({
        message: `expected at most ${limit} values once aliases are replaced by what they stand for, got more`,
        hint: 'use fewer aliases of aliases',
        place: place(...rangeOf(firstAlias)),
      });
      isUsable = false;
    } else value = document.toJS({ maxAliasCount: -1 });
  }

  return {
    text,
    value,
    syntaxErrors,
    isUsable,
    keysInOrder(path) {
      const node = findEntry(document, targets, path)?.value;
      return isMap(node) ? node.items.map((pair) => String((pair.key as Scalar).value)) : undefined;
    },
    rawText(path) {
      const node = findEntry(document, targets, path)?.value;
      return isScalar(node) ? node.source : undefined;
    },
    locate(path, span) {
      const entry = findEntry(document, targets, path);
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
function findEntry(
  document: Document,
  targets: ReadonlyMap<Alias, Node | undefined>,
  path: DocumentPath,
): { key?: unknown; value: unknown } | undefined {
  const resolved = (node: unknown) => (isAlias(node) ? targets.get(node) : node);
  let entry: { key?: unknown; value: unknown } = { value: document.contents };
  for (const step of path) {
    const node = resolved(entry.value);
    if (isMap(node)) {
      const pair = pairsByKey(node).get(String(step));
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

const pairsOfMaps = new WeakMap<YAMLMap, Map<string, Pair>>();

/** Indexes a map's pairs by key. The last of two duplicate keys counts, as in the value. */
function pairsByKey(map: YAMLMap): Map<string, Pair> {
  let pairs = pairsOfMaps.get(map);
  if (pairs === undefined) {
    pairs = new Map(map.items.flatMap((pair) => (isScalar(pair.key) ? [[String(pair.key.value), pair]] : [])));
    pairsOfMaps.set(map, pairs);
  }
  return pairs;
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

/**
 * Most values of a file with aliases, counting what an alias stands for each time: far more than 10,000 nodes with all
 * settings have. Aliases of aliases can make billions of a few lines.
 */
const MAX_UNFOLDED_VALUES = 2_000_000;

/** Counts the values of a document in which no anchor contains itself. */
function unfoldedSize(root: unknown, targets: ReadonlyMap<Alias, Node | undefined>): number {
  const sizes = new Map<unknown, number>();
  const sizeOf = (node: unknown): number => {
    if (isAlias(node)) return sizeOf(targets.get(node));
    if (!isMap(node) && !isSeq(node)) return 1;
    let size = sizes.get(node);
    if (size === undefined) {
      size = 1;
      for (const item of node.items) size += sizeOf(isPair(item) ? item.value : item);
      sizes.set(node, size);
    }
    return size;
  };
  return sizeOf(root);
}

/** Returns the keys of a map that it has already, each with the first one of its name. */
function* duplicateKeys(items: readonly Pair[]): Generator<{ key: Scalar; earlier: Scalar }> {
  const first = new Map<unknown, Scalar>();
  for (const { key } of items) {
    if (!isScalar(key)) continue;
    const earlier = first.get(key.value);
    if (earlier === undefined) first.set(key.value, key);
    else yield { key, earlier };
  }
}

const rangeOf = ({ range }: Node): [start: number, end: number] => (range ? [range[0], range[1]] : [0, 1]);

/** Rewords the commonest errors of the YAML parser in terms of what to write. */
function describeYamlError({ code, message }: YAMLError): { message: string; hint?: string } {
  switch (code) {
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
