/**
 * Colours of things without an order. Any two are apart for people with either kind of colour blindness, and each stands out
 * on white and on black; a test computes both.
 */
export const CATEGORICAL_COLOURS = [
  '#0a6e85',
  '#e19a0a',
  '#613bc1',
  '#e15d3f',
  '#10a2e1',
  '#9b3b3b',
  '#9cacc0',
  '#c7a18b',
] as const;

/** From early to late or from little to much, in even steps of brightness. */
export const SEQUENTIAL_COLOURS = [
  '#40346f',
  '#3b5a8f',
  '#2f7d8e',
  '#2c9f86',
  '#57bd6b',
  '#a5d14a',
  '#ead739',
] as const;

/** Returns black or white, whichever stands out more on a colour. @param colour as `#rrggbb` */
export function readableOn(colour: string): string {
  const [red, green, blue] = [1, 3, 5].map((start) => Number.parseInt(colour.slice(start, start + 2), 16) / 255);
  const linear = (part: number) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
  const luminance = 0.2126 * linear(red!) + 0.7152 * linear(green!) + 0.0722 * linear(blue!);
  return luminance > 0.36 ? '#10151b' : '#ffffff';
}
