import { textWidth, truncateMiddle } from './text-width.ts';

/** How large the nodes of a picture are, and how far apart. In pixels. */
export interface Sizing {
  radius: number;
  fontSize: number;
  /** Free way between two nodes that are next to each other. */
  gap: number;
  /** Whether all names fit into their circles; else they stand beside them. */
  labelsInside: boolean;
  /** Room for the widest name. */
  labelWidth: number;
}

/** By number of nodes: radius where names are inside and where they stand beside, size of the names, free way. */
const SIZE_STEPS = [
  { upTo: 12, within: 20, dot: 11, font: 13, gap: 54 },
  { upTo: 30, within: 17, dot: 9, font: 11.5, gap: 42 },
  { upTo: 80, within: 14, dot: 7, font: 9.5, gap: 28 },
  { upTo: 300, within: 11.5, dot: 5.5, font: 8, gap: 20 },
  { upTo: Number.POSITIVE_INFINITY, within: 0, dot: 4, font: 7, gap: 10 },
];

/** The same for the whole picture, so that its parts are of one kind. */
export function chooseSizing(names: readonly string[]): Sizing {
  const { within, dot, font, gap } = SIZE_STEPS.find(({ upTo }) => names.length <= upTo)!;
  const widest = (size: number) =>
    names.reduce((most, name) => Math.max(most, textWidth(truncateMiddle(name), size)), 0);
  // A little larger or smaller is better than outside.
  const smaller = font * 0.85;
  const inside = within > 0 && widest(smaller) <= 2 * (within * 1.15) - 5;
  if (!inside)
    return {
      radius: dot,
      fontSize: font,
      gap: gap * 0.9 + (within - dot) * 0.6,
      labelsInside: inside,
      labelWidth: widest(font),
    };
  const size = widest(font) <= 2 * (within * 1.15) - 5 ? font : smaller;
  return { radius: Math.max(within, (widest(size) + 5) / 2), fontSize: size, gap, labelsInside: inside, labelWidth: 0 };
}

/** From the middle of a node to the middle of the next. */
export const nodeSpacing = ({ radius, gap }: Sizing): number => 2 * radius + gap;
