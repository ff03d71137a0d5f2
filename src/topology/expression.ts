/** A stretch of a link expression. */
export interface Word {
  text: string;
  /** UTF-16 units from the start of the expression. */
  from: number;
  to: number;
}

/** `a, b -> c <-> d`: names between arrows; each arrow joins the names on its left to those on its right. */
export interface Expression {
  /** One more than there are arrows; each has at least one name. */
  ends: Word[][];
  arrows: ('->' | '<->')[];
}

/** What is wrong with an expression, and where. */
export interface ExpressionMistake {
  message: string;
  hint?: string;
  part: readonly [from: number, to: number];
}

const ARROW = /<->|->/g;

/** Takes a link expression apart; every mistake in it is returned with what could be read. */
export function parseExpression(text: string): Expression & { mistakes: ExpressionMistake[] } {
  const mistakes: ExpressionMistake[] = [];
  const arrows = [...text.matchAll(ARROW)];
  const ends: Word[][] = [];
  for (let index = 0; index <= arrows.length; index++) {
    const before = arrows[index - 1];
    const after = arrows[index];
    const from = before === undefined ? 0 : before.index + before[0].length;
    const to = after?.index ?? text.length;
    const end = parseNames(text.slice(from, to), from);
    if (end.words.length === 0 && end.mistakes.length === 0) {
      const arrow = (before ?? after)!;
      const side = after === undefined || before !== undefined ? 'after' : 'before';
      mistakes.push({
        message: `expected a name ${side} ${arrow[0]}`,
        part: [arrow.index, arrow.index + arrow[0].length],
      });
    }
    mistakes.push(...end.mistakes);
    ends.push(end.words);
  }
  return { ends, arrows: arrows.map(([arrow]) => arrow as '->' | '<->'), mistakes };
}

/** Takes names apart that stand between commas. None at all is no mistake here. */
export function parseNames(text: string, offset = 0): { words: Word[]; mistakes: ExpressionMistake[] } {
  const words: Word[] = [];
  const mistakes: ExpressionMistake[] = [];
  if (text.trim() === '') return { words, mistakes };
  let from = offset;
  for (const piece of text.split(',')) {
    const word = piece.trim();
    const start = from + piece.length - piece.trimStart().length;
    from += piece.length + 1;
    const part = [start, start + word.length] as const;
    if (word === '') {
      mistakes.push({ message: 'expected a name beside the comma', part: [Math.max(0, start - 1), start] });
    } else if (/[\s<>=]/.test(word)) {
      mistakes.push({
        message: `expected names between commas and arrows, got ${JSON.stringify(word)}`,
        hint: 'links are a -> b, a <-> b, or a, b -> c, d',
        part,
      });
    } else {
      words.push({ text: word, from: part[0], to: part[1] });
    }
  }
  return { words, mistakes };
}
