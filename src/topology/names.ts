import { parseNames, type Word } from './expression.ts';
import { PREFIX } from './limits.ts';
import type { Roster } from './nodes.ts';
import type { Path } from './path.ts';
import type { Reading } from './reading.ts';
import { didYouMean } from './suggest.ts';
import { quote } from './wording.ts';

/** Nodes that a name stands for: one node, or the members of a group. */
export interface Named {
  positions: number[];
  isGroup: boolean;
  text: string;
  /** Where the name stands. */
  path: Path;
  part: readonly [number, number];
}

/**
 * Looks up a name, names between commas, or a list of those. Each may be there once.
 *
 * @param roster undefined when the nodes are not known: then only the form is checked
 */
export function readNames(reading: Reading, roster: Roster | undefined, value: unknown, path: Path): Named[] {
  const texts = typeof value === 'string' ? [{ text: value, path }] : [];
  if (Array.isArray(value)) {
    value.forEach((text, index) => {
      if (typeof text === 'string') texts.push({ text, path: [...path, index] });
    });
  }
  const words = texts.flatMap(({ text, path }) => {
    const { words, mistakes } = parseNames(text);
    if (words.length + mistakes.length === 0) reading.mistake(path, 'expected a name, got ""');
    for (const { message, hint, part } of mistakes) reading.mistake(path, message, { hint, part });
    return words.map((word) => ({ word, path }));
  });
  return findNames(reading, roster, words);
}

/** Looks up names that have been taken apart already. */
export function findNames(
  reading: Reading,
  roster: Roster | undefined,
  words: readonly { word: Word; path: Path }[],
): Named[] {
  if (roster === undefined) return [];
  const { positions, groups } = roster;
  const seen = new Set<string>();
  const named: Named[] = [];
  for (const { word, path } of words) {
    const { text, from, to } = word;
    const part = [from, to] as const;
    const position = positions.get(text);
    const found = position === undefined ? groups.get(text) : [position];
    if (found === undefined) unknownName(reading, roster, text, [...groups.keys(), ...positions.keys()], path, part);
    else if (seen.has(text)) reading.mistake(path, `${quote(text)} is named twice`, { part });
    else named.push({ positions: found, isGroup: position === undefined, text, path, part });
    seen.add(text);
  }
  return named;
}

/** Reports a name that is not among the known ones, unless it may be one of those that could not be read. */
export function unknownName(
  reading: Reading,
  { positions, groups, unread }: Roster,
  name: string,
  known: readonly string[],
  path: Path,
  part: readonly [number, number],
): void {
  if (unread.some((start) => name.startsWith(start))) return;
  const prefix = name.replace(/\d+$/, '');
  const size = groups.get(prefix)?.length;
  const isCounted = size !== undefined && prefix !== name && positions.has(`${prefix}${size}`);
  // A wrong name is known, so that links to it are no further mistakes, but not worth suggesting.
  const names = known.filter((one) => PREFIX.test(one));
  const hint = isCounted ? `${prefix} has ${prefix}1 to ${prefix}${size}` : didYouMean(name, names, 'known nodes');
  reading.mistake(path, `unknown node ${quote(name)}`, { hint, part });
}

/** All nodes that some names stand for, each once, in the order of the names. */
export function membersOf(named: readonly Named[]): number[] {
  return [...new Set(named.flatMap(({ positions }) => positions))];
}
