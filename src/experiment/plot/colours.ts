/** Colours that are told apart by those who see few, on white and on black. */
const CATEGORICAL_COLOURS = ['#3b73b9', '#e08a2c', '#2d9d78', '#c8476f', '#8661c1', '#57a7c9', '#a58138', '#7f8a96'];

/** From early to late, or from little to much: as bright steps as even ones. */
const SEQUENTIAL_COLOURS = ['#40346f', '#3b5a8f', '#2f7d8e', '#2c9f86', '#57bd6b', '#a5d14a', '#ead739'];

/** Of what is done to a network. */
export const FAULT_COLOUR = '#c8323c';

/** The colour of one of `count` things that have an order, or that have none. */
export function seriesColour(index: number, count: number, ordered: boolean): string {
  // The brightest end of the ramp is too faint for a line on white.
  if (ordered) return sequentialColour(count < 2 ? 0 : (index / (count - 1)) * 0.88);
  return CATEGORICAL_COLOURS[index % CATEGORICAL_COLOURS.length]!;
}

/** @param share from 0 to 1 */
export function sequentialColour(share: number): string {
  const place = Math.max(0, Math.min(1, share)) * (SEQUENTIAL_COLOURS.length - 1);
  const before = Math.min(SEQUENTIAL_COLOURS.length - 2, Math.floor(place));
  const channel = (colour: string, at: number) => Number.parseInt(colour.slice(1 + 2 * at, 3 + 2 * at), 16);
  const mixed = [0, 1, 2].map((at) => {
    const [from, to] = [channel(SEQUENTIAL_COLOURS[before]!, at), channel(SEQUENTIAL_COLOURS[before + 1]!, at)];
    return Math.round(from + (to - from) * (place - before));
  });
  return `#${mixed.map((value) => value.toString(16).padStart(2, '0')).join('')}`;
}
