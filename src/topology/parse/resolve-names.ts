import { quote } from '../document/diagnostic-text.ts';
import { didYouMean } from '../document/did-you-mean.ts';
import type { DocumentPath } from '../document/document-path.ts';
import type { ParseContext } from '../document/parse-context.ts';
import { NAME_PREFIX_PATTERN } from '../model/limits.ts';
import { type NameToken, parseNameList } from './link-expression.ts';
import type { NodeTable } from './nodes.ts';

/** A name with the nodes that it stands for: one node, or the members of a group. */
export interface ResolvedName {
  positions: number[];
  isGroup: boolean;
  text: string;
  /** Path to the text that contains the name. */
  path: DocumentPath;
  span: readonly [number, number];
}

/**
 * Resolves a name, names between commas, or a list of those. Reports unknown and repeated names.
 *
 * @param nodeTable undefined when the nodes could not be parsed: then only the form is checked
 */
export function resolveNames(
  context: ParseContext,
  nodeTable: NodeTable | undefined,
  value: unknown,
  path: DocumentPath,
): ResolvedName[] {
  const texts = typeof value === 'string' ? [{ text: value, path }] : [];
  if (Array.isArray(value)) {
    value.forEach((text, index) => {
      if (typeof text === 'string') texts.push({ text, path: [...path, index] });
    });
  }
  const tokens = texts.flatMap(({ text, path }) => {
    const { names, errors } = parseNameList(text);
    if (names.length + errors.length === 0) context.report(path, 'expected a name, got ""');
    for (const { message, hint, span } of errors) context.report(path, message, { hint, span });
    return names.map((token) => ({ token, path }));
  });
  return lookUpNames(context, nodeTable, tokens);
}

/** Resolves parsed names. */
export function lookUpNames(
  context: ParseContext,
  nodeTable: NodeTable | undefined,
  tokens: readonly { token: NameToken; path: DocumentPath }[],
): ResolvedName[] {
  if (nodeTable === undefined) return [];
  const { positions, groups } = nodeTable;
  const seen = new Set<string>();
  const resolved: ResolvedName[] = [];
  for (const { token, path } of tokens) {
    const { text, start, end } = token;
    const span = [start, end] as const;
    const position = positions.get(text);
    const found = position === undefined ? groups.get(text) : [position];
    if (found === undefined)
      reportUnknownName(context, nodeTable, text, [...groups.keys(), ...positions.keys()], path, span);
    else if (seen.has(text)) context.report(path, `${quote(text)} is named twice`, { span });
    else resolved.push({ positions: found, isGroup: position === undefined, text, path, span });
    seen.add(text);
  }
  return resolved;
}

/** Reports an unknown name, unless it may be one of those that could not be parsed. */
export function reportUnknownName(
  context: ParseContext,
  { positions, groups, unparsedPrefixes }: NodeTable,
  name: string,
  known: readonly string[],
  path: DocumentPath,
  span: readonly [number, number],
): void {
  if (unparsedPrefixes.some((start) => name.startsWith(start))) return;
  const prefix = name.replace(/\d+$/, '');
  const size = groups.get(prefix)?.length;
  const isCounted = size !== undefined && prefix !== name && positions.has(`${prefix}${size}`);
  // Invalid names are known, so that links to them are not reported again, but not worth suggesting.
  const names = known.filter((one) => NAME_PREFIX_PATTERN.test(one));
  const hint = isCounted ? `${prefix} has ${prefix}1 to ${prefix}${size}` : didYouMean(name, names, 'known nodes');
  context.report(path, `unknown node ${quote(name)}`, { hint, span });
}

/** Returns the positions of all nodes that the names stand for, each once, in the order of the names. */
export function nodePositionsOf(names: readonly ResolvedName[]): number[] {
  return [...new Set(names.flatMap(({ positions }) => positions))];
}
