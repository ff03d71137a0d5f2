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
