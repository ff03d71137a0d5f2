/** A stretch of a link expression. */
export interface NameToken {
  text: string;
  /** UTF-16 units from the start of the expression. */
  start: number;
  end: number;
}

/** `a, b -> c <-> d`: names between arrows; each arrow joins the names on its left to those on its right. */
export interface LinkExpression {
  /** One more than there are arrows; each has at least one name. */
  sides: NameToken[][];
  arrows: ('->' | '<->')[];
}

/** What is wrong with an expression, and where. */
export interface LinkExpressionError {
  message: string;
  hint?: string;
  span: readonly [from: number, to: number];
}

const ARROW_PATTERN = /<->|->/g;

/** Takes a link expression apart; every mistake in it is returned with what could be read. */
export function parseLinkExpression(text: string): LinkExpression & { mistakes: LinkExpressionError[] } {
  const mistakes: LinkExpressionError[] = [];
  const arrows = [...text.matchAll(ARROW_PATTERN)];
  const ends: NameToken[][] = [];
  for (let index = 0; index <= arrows.length; index++) {
    const before = arrows[index - 1];
    const after = arrows[index];
    const from = before === undefined ? 0 : before.index + before[0].length;
    const to = after?.index ?? text.length;
    const end = parseNameList(text.slice(from, to), from);
    if (end.words.length === 0 && end.mistakes.length === 0) {
      const arrow = (before ?? after)!;
      const side = after === undefined || before !== undefined ? 'after' : 'before';
      mistakes.push({
        message: `expected a name ${side} ${arrow[0]}`,
        span: [arrow.index, arrow.index + arrow[0].length],
      });
    }
    mistakes.push(...end.mistakes);
    ends.push(end.words);
  }
  return { sides: ends, arrows: arrows.map(([arrow]) => arrow as '->' | '<->'), mistakes };
}

/** Takes names apart that stand between commas. None at all is no mistake here. */
export function parseNameList(text: string, offset = 0): { words: NameToken[]; mistakes: LinkExpressionError[] } {
  const words: NameToken[] = [];
  const mistakes: LinkExpressionError[] = [];
  if (text.trim() === '') return { words, mistakes };
  let from = offset;
  for (const piece of text.split(',')) {
    const word = piece.trim();
    const start = from + piece.length - piece.trimStart().length;
    from += piece.length + 1;
    const part = [start, start + word.length] as const;
    if (word === '') {
      mistakes.push({ message: 'expected a name beside the comma', span: [Math.max(0, start - 1), start] });
    } else if (/[\s<>=]/.test(word)) {
      mistakes.push({
        message: `expected names between commas and arrows, got ${JSON.stringify(word)}`,
        hint: 'links are a -> b, a <-> b, or a, b -> c, d',
        span: part,
      });
    } else {
      words.push({ text: word, start: part[0], end: part[1] });
    }
  }
  return { words, mistakes };
}
