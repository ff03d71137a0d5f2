import { scaleLinear } from 'd3-scale';

/** Colours that people with colour blindness can tell apart, on white and on black. */
const CATEGORICAL_COLOURS = ['#3b73b9', '#e08a2c', '#2d9d78', '#c8476f', '#8661c1', '#57a7c9', '#a58138', '#7f8a96'];

/** From early to late or from little to much, in even steps of brightness. */
const SEQUENTIAL_COLOURS = ['#40346f', '#3b5a8f', '#2f7d8e', '#2c9f86', '#57bd6b', '#a5d14a', '#ead739'];

/** The brightest end of the ramp is too faint for a line on white. */
const BRIGHTEST_LINE = 0.88;

export const FAULT_COLOUR = '#c8323c';
export const SENDER_COLOUR = '#c8476f';

/** Returns the colour of a share from 0 to 1. */
export const sequentialColour = scaleLinear<string>()
  .domain(SEQUENTIAL_COLOURS.map((_, index) => index / (SEQUENTIAL_COLOURS.length - 1)))
  .range(SEQUENTIAL_COLOURS)
  .clamp(true);

/** Returns the colour of one of `count` series. @param ordered whether they are steps of one quantity */
export function seriesColour(index: number, count: number, ordered: boolean): string {
  if (ordered) return sequentialColour(count < 2 ? 0 : (index / (count - 1)) * BRIGHTEST_LINE);
  return CATEGORICAL_COLOURS[index % CATEGORICAL_COLOURS.length]!;
}
