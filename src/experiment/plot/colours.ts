/** Colours that are told apart by those who see few, on white and on black. */
const APART = ['#3b73b9', '#e08a2c', '#2d9d78', '#c8476f', '#8661c1', '#57a7c9', '#a58138', '#7f8a96'];

/** From early to late, or from little to much: as bright steps as even ones. */
const RAMP = ['#40346f', '#3b5a8f', '#2f7d8e', '#2c9f86', '#57bd6b', '#a5d14a', '#ead739'];

/** Of what is done to a network. */
export const FAULT = '#c8323c';

/** The colour of one of `count` things that have an order, or that have none. */
export function colourOf(index: number, count: number, ordered: boolean): string {
  // The brightest end of the ramp is too faint for a line on white.
  if (ordered) return rampAt(count < 2 ? 0 : (index / (count - 1)) * 0.88);
  return APART[index % APART.length]!;
}

/** @param share from 0 to 1 */
export function rampAt(share: number): string {
  const place = Math.max(0, Math.min(1, share)) * (RAMP.length - 1);
  const before = Math.min(RAMP.length - 2, Math.floor(place));
  const channel = (colour: string, at: number) => Number.parseInt(colour.slice(1 + 2 * at, 3 + 2 * at), 16);
  const mixed = [0, 1, 2].map((at) => {
    const [from, to] = [channel(RAMP[before]!, at), channel(RAMP[before + 1]!, at)];
    return Math.round(from + (to - from) * (place - before));
  });
  return `#${mixed.map((value) => value.toString(16).padStart(2, '0')).join('')}`;
}
