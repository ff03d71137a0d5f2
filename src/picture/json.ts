import { figures } from '../topology/index.ts';
import { type Layout, layout } from './layout.ts';
import type { Picture, PictureLink } from './picture.ts';

/** The picture as values, for programs that draw or count on their own. */
export interface PictureJson {
  name: string;
  /** Of the drawing without its title and legend, in pixels. */
  width: number;
  height: number;
  nodes: { name: string; x: number; y: number; radius: number; state?: string }[];
  links: PictureLink[];
  parts: Layout['parts'];
  /** Of the declared graph. */
  figures: ReturnType<typeof figures>;
}

export function json(picture: Picture): PictureJson {
  const laid = layout(picture);
  const round = (value: number) => Math.round(value * 10) / 10 || 0;
  const declared = picture.links.filter(({ state }) => state !== 'extra');
  return {
    name: picture.name,
    width: round(laid.width),
    height: round(laid.height),
    nodes: laid.nodes.map(({ name, state, x, y, radius }) => ({
      name,
      x: round(x),
      y: round(y),
      radius: round(radius),
      ...(state === undefined ? {} : { state }),
    })),
    links: picture.links.map(({ from, to, state }) => ({ from, to, ...(state === undefined ? {} : { state }) })),
    parts: laid.parts,
    figures: figures({
      nodes: laid.nodes.filter(({ state }) => state !== 'foreign').map(({ name }) => name),
      links: declared.map(({ from, to }) => ({ from, to })),
    }),
  };
}
