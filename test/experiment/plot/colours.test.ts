import { describe, expect, it } from 'vitest';
import { categoryStyle, sequentialColour, shadeOf, stepStyle } from '../../../src/experiment/plot/colours.ts';
import { CATEGORICAL_COLOURS } from '../../../src/shared/palette.ts';

type Vector = [number, number, number];

/** How light of each colour is seen with each kind of colour blindness (Machado, Oliveira and Fernandes 2009, severity 1). */
const VISION: Record<string, Vector[]> = {
  normal: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  protanopia: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  deuteranopia: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  tritanopia: [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
};

const linear = (colour: string): Vector => {
  const channels = colour.startsWith('#')
    ? [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16))
    : colour.match(/\d+/g)!.map(Number);
  return channels.map((channel) =>
    channel / 255 <= 0.04045 ? channel / 255 / 12.92 : ((channel / 255 + 0.055) / 1.055) ** 2.4,
  ) as Vector;
};

const seen = (colour: string, vision: Vector[]): Vector =>
  vision.map((row) =>
    Math.min(
      1,
      Math.max(
        0,
        row.reduce((sum, factor, at) => sum + factor * linear(colour)[at]!, 0),
      ),
    ),
  ) as Vector;

/** CIE L*a*b*, in which distances are about as large as they look; from 2 or 3 on they can be seen at all. */
function lab([r, g, b]: Vector): Vector {
  const f = (t: number) => (t > 216 / 24389 ? Math.cbrt(t) : ((24389 / 27) * t + 16) / 116);
  const x = f((0.4124564 * r + 0.3575761 * g + 0.1804375 * b) / 0.95047);
  const y = f(0.2126729 * r + 0.7151522 * g + 0.072175 * b);
  const z = f((0.0193339 * r + 0.119192 * g + 0.9503041 * b) / 1.08883);
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

const luminance = (colour: string) => {
  const [r, g, b] = linear(colour);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};

const contrast = (one: string, other: string) => {
  const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b) as [number, number];
  return (light + 0.05) / (dark + 0.05);
};

describe('colours of things without an order', () => {
  it.each(Object.keys(VISION))('are apart with %s', (name) => {
    const colours = CATEGORICAL_COLOURS.map((colour) => lab(seen(colour, VISION[name]!)));
    const distances = colours.flatMap((one, index) =>
      colours.slice(index + 1).map((other) => Math.hypot(...one.map((value, at) => value - other[at]!))),
    );
    expect(Math.min(...distances)).toBeGreaterThan(20);
  });

  it.each(CATEGORICAL_COLOURS)('%s stands out on white and on black', (colour) => {
    for (const page of ['#ffffff', '#0f1318']) expect(contrast(colour, page)).toBeGreaterThan(2.2);
  });

  it('get other patterns where there are more things than colours, all different', () => {
    const styles = Array.from({ length: 32 }, (_, index) => JSON.stringify(categoryStyle(index)));
    expect(new Set(styles).size).toBe(32);
  });
});

describe('colours of steps', () => {
  const lightness = (colour: string) => lab(linear(colour))[0];

  it('grow brighter, so that they are ordered without hue', () => {
    const ramp = Array.from({ length: 24 }, (_, index) => lightness(stepStyle(index, 24).colour));
    expect(ramp).toEqual(ramp.toSorted((one, other) => one - other));
    for (const colour of CATEGORICAL_COLOURS) {
      const shades = [0, 1, 2, 3].map((index) => lightness(shadeOf({ colour, pattern: 1 }, index, 4).colour));
      expect(shades).toEqual(shades.toSorted((one, other) => one - other));
    }
  });

  it('go from one end of the scale to the other, and no further', () => {
    expect(sequentialColour(0)).toBe('rgb(64, 52, 111)');
    expect(sequentialColour(1)).toBe('rgb(234, 215, 57)');
    for (const share of [-1, 0.3, 0.5, 2]) expect(sequentialColour(share)).toMatch(/^rgb\(\d+, \d+, \d+\)$/);
  });
});
