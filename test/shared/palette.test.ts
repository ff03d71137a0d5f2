import { expect, it } from 'vitest';
import { readableOn } from '../../src/shared/palette.ts';

it.each([
  ['#ffffff', '#10151b'],
  ['#f1c40f', '#10151b'],
  ['#000000', '#ffffff'],
  ['#8e44ad', '#ffffff'],
])('text on %s is %s', (ground, ink) => {
  expect(readableOn(ground)).toBe(ink);
});
