import { scaleLinear } from 'd3-scale';
import { CATEGORICAL_COLOURS, SEQUENTIAL_COLOURS } from '../../shared/palette.ts';

/** The brightest end of the ramp is too faint for a line on white. */
const BRIGHTEST_LINE = 0.88;
/** Shares of black and of white in the darkest and lightest shades of a colour. */
const SHADES = { black: 0.35, white: 0.45 };

export const FAULT_COLOUR = '#c8323c';
export const SENDER_COLOUR = '#c8476f';

/** Appearance of a series or of a point: a colour, and among those of one colour a dash pattern or marker. */
export interface SeriesStyle {
  colour: string;
  /** From 0 to {@link PATTERN_COUNT} - 1. */
  pattern: number;
}

/** Dash patterns of lines, in the order of the markers of points. */
export const DASH_PATTERNS = ['', '7 4', '2 3', '9 3 2 3'];
export const PATTERN_COUNT = DASH_PATTERNS.length;

/** Returns the colour of a share from 0 to 1. */
export const sequentialColour = scaleLinear<string>()
  .domain(SEQUENTIAL_COLOURS.map((_, index) => index / (SEQUENTIAL_COLOURS.length - 1)))
  .range([...SEQUENTIAL_COLOURS])
  .clamp(true);

/** Returns the style of one of `count` steps of a quantity. */
export function stepStyle(index: number, count: number): SeriesStyle {
  return { colour: sequentialColour(count < 2 ? 0 : (index / (count - 1)) * BRIGHTEST_LINE), pattern: 0 };
}

/** Returns the style of one of several things: colours first, and with other patterns where there are more of them. */
export function categoryStyle(index: number): SeriesStyle {
  return {
    colour: CATEGORICAL_COLOURS[index % CATEGORICAL_COLOURS.length]!,
    pattern: Math.floor(index / CATEGORICAL_COLOURS.length) % PATTERN_COUNT,
  };
}

/** Returns a shade of the same hue for one of `count` steps, from dark to light. */
export function shadeOf({ colour, pattern }: SeriesStyle, index: number, count: number): SeriesStyle {
  const mix = scaleLinear<string>().domain([-1, 0, 1]).range(['#000', colour, '#fff']);
  const share = count < 2 ? 0.5 : index / (count - 1);
  return { colour: mix(share * (SHADES.black + SHADES.white) - SHADES.black), pattern };
}
