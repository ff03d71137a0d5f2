import { quote } from '../document/diagnostic-text.ts';
import { didYouMean } from '../document/did-you-mean.ts';
import type { DocumentPath } from '../document/document-path.ts';
import type { ParseContext } from '../document/parse-context.ts';
import { NAME_PREFIX_PATTERN } from '../model/limits.ts';
import { type NameToken, parseNameList } from './link-expression.ts';
import type { NodeTable } from './nodes.ts';

/** Nodes that a name stands for: one node, or the members of a group. */
export interface ResolvedName {
  positions: number[];
  isGroup: boolean;
  text: string;
  /** Where the name stands. */
  path: DocumentPath;
  span: readonly [number, number];
}

/**
 * Looks up a name, names between commas, or a list of those. Each may be there once.
 *
 * @param roster undefined when the nodes are not known: then only the form is checked
 */
export function resolveNames(
  reading: ParseContext,
  roster: NodeTable | undefined,
  value: unknown,
  path: DocumentPath,
): ResolvedName[] {
  const texts = typeof value === 'string' ? [{ text: value, path }] : [];
  if (Array.isArray(value)) {
    value.forEach((text, index) => {
      if (typeof text === 'string') texts.push({ text, path: [...path, index] });
    });
  }
  const words = texts.flatMap(({ text, path }) => {
    const { words, mistakes } = parseNameList(text);
    if (words.length + mistakes.length === 0) reading.report(path, 'expected a name, got ""');
    for (const { message, hint, span: part } of mistakes) reading.report(path, message, { hint, span: part });
    return words.map((word) => ({ word, path }));
  });
  return lookUpNames(reading, roster, words);
}

/** Looks up names that have been taken apart already. */
export function lookUpNames(
  reading: ParseContext,
  roster: NodeTable | undefined,
  words: readonly { word: NameToken; path: DocumentPath }[],
): ResolvedName[] {
  if (roster === undefined) return [];
  const { positions, groups } = roster;
  const seen = new Set<string>();
  const named: ResolvedName[] = [];
  for (const { word, path } of words) {
    const { text, start: from, end: to } = word;
    const part = [from, to] as const;
    const position = positions.get(text);
    const found = position === undefined ? groups.get(text) : [position];
    if (found === undefined)
      reportUnknownName(reading, roster, text, [...groups.keys(), ...positions.keys()], path, part);
    else if (seen.has(text)) reading.report(path, `${quote(text)} is named twice`, { span: part });
    else named.push({ positions: found, isGroup: position === undefined, text, path, span: part });
    seen.add(text);
  }
  return named;
}

/** Reports a name that is not among the known ones, unless it may be one of those that could not be read. */
export function reportUnknownName(
  reading: ParseContext,
  { positions, groups, unparsedPrefixes: unread }: NodeTable,
  name: string,
  known: readonly string[],
  path: DocumentPath,
  part: readonly [number, number],
): void {
  if (unread.some((start) => name.startsWith(start))) return;
  const prefix = name.replace(/\d+$/, '');
  const size = groups.get(prefix)?.length;
  const isCounted = size !== undefined && prefix !== name && positions.has(`${prefix}${size}`);
  // A wrong name is known, so that links to it are no further mistakes, but not worth suggesting.
  const names = known.filter((one) => NAME_PREFIX_PATTERN.test(one));
  const hint = isCounted ? `${prefix} has ${prefix}1 to ${prefix}${size}` : didYouMean(name, names, 'known nodes');
  reading.report(path, `unknown node ${quote(name)}`, { hint, span: part });
}

/** All nodes that some names stand for, each once, in the order of the names. */
export function nodePositionsOf(named: readonly ResolvedName[]): number[] {
  return [...new Set(named.flatMap(({ positions }) => positions))];
}
