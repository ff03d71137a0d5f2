/** Arrows of other notations, and the arrows that say the same here, the likeliest first. */
const FOREIGN_ARROWS: [pattern: string, meant: readonly Direction[]][] = [
  // <-->, <=>, <>, ↔
  ['<[-=~]*\\s?>|[↔⇔⟷]', ['both']],
  // -->, =>, - >, >, →
  ['[-=~]+\\s?>{1,2}|>|[→⇒⟶]', ['right']],
  // <--, <=, <, ←
  ['<{1,2}[-=~]*|[←⇐⟵]', ['left']],
  // --, ---, –, ~ : without a direction
  ['[-=~]{2,}|[–—]|[=~]', ['both', 'right']],
];

type Direction = 'right' | 'left' | 'both';

const DIRECTIONS: Record<Direction, (from: string, to: string) => string> = {
  right: (from, to) => `${from} -> ${to}`,
  left: (from, to) => `${to} -> ${from}`,
  both: (from, to) => `${from} <-> ${to}`,
};

/** An arrow of another notation. */
export interface ForeignArrow {
  text: string;
  /** UTF-16 units from the start of the expression. */
  start: number;
  end: number;
  /** The most likely meaning of the expression; empty where it has more than one arrow. */
  meant: string[];
}

const ARROW_PATTERN = new RegExp(FOREIGN_ARROWS.map(([pattern]) => `(${pattern})`).join('|'), 'g');
/** A dash between spaces; without spaces it is part of a name. */
const LONE_DASH_PATTERN = /\s(-)\s/g;

/** Finds the first arrow that is neither `->` nor `<->`. */
export function findForeignArrow(text: string): ForeignArrow | undefined {
  const arrows = [...text.matchAll(ARROW_PATTERN)].map((match) => {
    const meant = FOREIGN_ARROWS[match.slice(1).findIndex((group) => group !== undefined)]![1];
    return { text: match[0], start: match.index, end: match.index + match[0].length, directions: meant };
  });
  const dashes = [...text.matchAll(LONE_DASH_PATTERN)].map(({ index }) => ({
    text: '-',
    start: index + 1,
    end: index + 2,
    directions: ['both', 'right'] as const,
  }));
  const foreign = [...arrows, ...dashes].filter((arrow) => arrow.text !== '->' && arrow.text !== '<->');
  const [first] = foreign;
  if (first === undefined) return undefined;
  const { text: arrow, start, end, directions } = first;
  const from = withoutInterface(text.slice(0, start).trim());
  const to = withoutInterface(text.slice(end).trim());
  const isOnly = arrows.length + dashes.length === 1 && from !== '' && to !== '';
  return { text: arrow, start, end, meant: isOnly ? directions.map((one) => DIRECTIONS[one](from, to)) : [] };
}

/** Other tools name the end of a link with its interface, as in `s1:eth1 -- s2:eth1`. */
const withoutInterface = (end: string): string => end.replace(/^([^:,]+):[^,]*$/, '$1');

/** Splits `s1-s2` at a dash beside a known name, best between two, and returns the links that it may mean; empty when there are none. */
export function suggestLinksOf(text: string, isKnown: (name: string) => boolean): string[] {
  const splits = [...text.matchAll(/-/g)].map(({ index }) => [text.slice(0, index), text.slice(index + 1)] as const);
  const ends =
    splits.find(([from, to]) => isKnown(from) && isKnown(to)) ??
    splits.find(([from, to]) => from !== '' && to !== '' && (isKnown(from) || isKnown(to)));
  return ends === undefined ? [] : [DIRECTIONS.both(...ends), DIRECTIONS.right(...ends)];
}
