import { quoteAlternatives } from '../document/diagnostic-text.ts';
import { findForeignArrow } from './foreign-arrows.ts';

/** A name within a link expression. */
export interface NameToken {
  text: string;
  /** UTF-16 units from the start of the expression. */
  start: number;
  end: number;
}

/** `a, b -> c <-> d`: each arrow links the names on its left to those on its right. */
export interface LinkExpression {
  /** One more than there are arrows; each has at least one name. */
  sides: NameToken[][];
  arrows: ('->' | '<->')[];
}

/** A mistake in a link expression. */
export interface LinkExpressionError {
  message: string;
  hint?: string;
  span: readonly [from: number, to: number];
}

const ARROW_PATTERN = /<->|->/g;

/** Parses a link expression. Returns every error, and the names and arrows that could be read. */
export function parseLinkExpression(text: string): LinkExpression & { errors: LinkExpressionError[] } {
  const parsed = parseArrows(text);
  if (parsed.arrows.length > 0 && parsed.errors.length === 0) return parsed;
  const foreign = findForeignArrow(text);
  if (foreign === undefined) return parsed;
  const { text: arrow, start, end, meant } = foreign;
  const hint = quoteAlternatives(meant) ?? 'a -> b: a dials b; a <-> b: both dial';
  const message = `expected -> or <->, got ${JSON.stringify(arrow)}`;
  return { sides: [], arrows: [], errors: [{ message, hint, span: [start, end] }] };
}

function parseArrows(text: string): LinkExpression & { errors: LinkExpressionError[] } {
  const errors: LinkExpressionError[] = [];
  const arrows = [...text.matchAll(ARROW_PATTERN)];
  const sides: NameToken[][] = [];
  for (let index = 0; index <= arrows.length; index++) {
    const before = arrows[index - 1];
    const after = arrows[index];
    const from = before === undefined ? 0 : before.index + before[0].length;
    const to = after?.index ?? text.length;
    const side = parseNameList(text.slice(from, to), from);
    const arrow = before ?? after;
    if (arrow !== undefined && side.names.length === 0 && side.errors.length === 0) {
      const where = after === undefined || before !== undefined ? 'after' : 'before';
      errors.push({
        message: `expected a name ${where} ${arrow[0]}`,
        span: [arrow.index, arrow.index + arrow[0].length],
      });
    }
    errors.push(...side.errors);
    sides.push(side.names);
  }
  return { sides, arrows: arrows.map(([arrow]) => arrow as '->' | '<->'), errors };
}

/** Parses names between commas. An empty list is not an error. */
export function parseNameList(text: string, offset = 0): { names: NameToken[]; errors: LinkExpressionError[] } {
  const names: NameToken[] = [];
  const errors: LinkExpressionError[] = [];
  if (text.trim() === '') return { names, errors };
  let from = offset;
  for (const piece of text.split(',')) {
    const name = piece.trim();
    const start = from + piece.length - piece.trimStart().length;
    from += piece.length + 1;
    const end = start + name.length;
    if (name === '') {
      errors.push({ message: 'expected a name beside the comma', span: [Math.max(0, start - 1), start] });
    } else if (/[\s<>=]/.test(name)) {
      errors.push({
        message: `expected names between commas and arrows, got ${JSON.stringify(name)}`,
        hint: 'links are a -> b, a <-> b, or a, b -> c, d',
        span: [start, end],
      });
    } else {
      names.push({ text: name, start, end });
    }
  }
  return { names, errors };
}
