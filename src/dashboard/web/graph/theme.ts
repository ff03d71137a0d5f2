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
