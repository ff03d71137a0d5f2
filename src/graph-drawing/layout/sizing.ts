import { textWidth, truncateMiddle } from './text-width.ts';

/** Sizes of a drawing, in pixels. */
export interface Sizing {
  /** Radius of the nodes. */
  radius: number;
  fontSize: number;
  /** Free space between two adjacent nodes. */
  gap: number;
  /** True if all names fit into their circles; else they stand beside them. */
  labelsInside: boolean;
  /** Width of the widest name that is drawn next to its circle. */
  labelWidth: number;
}

/** By number of nodes: radius of a node with its name inside, and of one with its name beside; font size; gap. */
const SIZE_STEPS = [
  { maxNodes: 12, inside: 20, beside: 11, font: 13, gap: 54 },
  { maxNodes: 30, inside: 17, beside: 9, font: 11.5, gap: 42 },
  { maxNodes: 80, inside: 14, beside: 7, font: 9.5, gap: 28 },
  { maxNodes: 300, inside: 11.5, beside: 5.5, font: 8, gap: 20 },
  { maxNodes: Number.POSITIVE_INFINITY, inside: 0, beside: 4, font: 7, gap: 10 },
];

/** Chooses the sizes for all components of a drawing. */
export function chooseSizing(names: readonly string[]): Sizing {
  const { inside, beside, font, gap } = SIZE_STEPS.find(({ maxNodes }) => names.length <= maxNodes)!;
  const widest = (size: number) =>
    names.reduce((width, name) => Math.max(width, textWidth(truncateMiddle(name), size)), 0);
  // Circles that are a little larger, with a smaller font, are better than names outside.
  const smallFont = font * 0.85;
  const room = 2 * (inside * 1.15) - 5;
  if (inside === 0 || widest(smallFont) > room) {
    const besideGap = gap * 0.9 + (inside - beside) * 0.6;
    return { radius: beside, fontSize: font, gap: besideGap, labelsInside: false, labelWidth: widest(font) };
  }
  const fontSize = widest(font) <= room ? font : smallFont;
  return { radius: Math.max(inside, (widest(fontSize) + 5) / 2), fontSize, gap, labelsInside: true, labelWidth: 0 };
}

/** Distance between the centres of two adjacent nodes. */
export const nodeSpacing = ({ radius, gap }: Sizing): number => 2 * radius + gap;
