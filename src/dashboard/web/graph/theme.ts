import { CATEGORICAL_COLOURS, SEQUENTIAL_COLOURS } from '../../../shared/palette.ts';

/** Colours of what is drawn on a canvas: those of the page's style sheet. */
export interface Theme {
  page: string;
  ink: string;
  quiet: string;
  line: string;
  link: string;
  node: string;
  red: string;
  amber: string;
  purple: string;
  violet: string;
  accent: string;
  isDark: boolean;
}

const NAMES = ['page', 'ink', 'quiet', 'line', 'link', 'node', 'red', 'amber', 'purple', 'violet', 'accent'] as const;

/** Reads the colours that are in force. */
export function readTheme(element: Element): Theme {
  const style = getComputedStyle(element);
  const colours = Object.fromEntries(NAMES.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
  return { ...colours, isDark: style.getPropertyValue('--is-dark').trim() === '1' } as Theme;
}

/** Colour of a node by the hops that a message took to it; the number is written in, too. */
export function hopColour(hops: number): string {
  return SEQUENTIAL_COLOURS[Math.min(hops, SEQUENTIAL_COLOURS.length - 1)]!;
}

/** Colour of a part of a partitioned network. */
export function partColour(part: number): string {
  return CATEGORICAL_COLOURS[(part + 1) % CATEGORICAL_COLOURS.length]!;
}

/** Colour of a node by the index of its group; negative: it has none. */
export function groupColour(group: number, theme: Theme): string {
  return group < 0 ? theme.node : CATEGORICAL_COLOURS[group % CATEGORICAL_COLOURS.length]!;
}
