import { createRequire } from 'node:module';
import { join } from 'node:path';

/** Dots per pixel of the drawing, so that it is sharp on any screen; fewer if a side would get longer than the maximum. */
const PNG_SCALE = 2;
const MAX_SIDE_PX = 6_000;

/** Renders an SVG document as a PNG, in the font of this package: the result is the same on every machine. */
export async function renderPng(svg: string): Promise<Buffer> {
  // Native code that takes a moment to load: only callers that need a PNG wait for it.
  const { Resvg } = await import('@resvg/resvg-js');
  const fonts = join(createRequire(import.meta.url).resolve('dejavu-fonts-ttf/package.json'), '..', 'ttf');
  const sideOf = (name: string) => Number(new RegExp(`<svg[^>]* ${name}="([\\d.]+)`).exec(svg)?.[1] ?? 1000);
  const image = new Resvg(svg, {
    fitTo: { mode: 'zoom', value: Math.min(PNG_SCALE, MAX_SIDE_PX / Math.max(sideOf('width'), sideOf('height'))) },
    font: {
      loadSystemFonts: false,
      fontFiles: ['DejaVuSans.ttf', 'DejaVuSans-Bold.ttf'].map((file) => join(fonts, file)),
      defaultFontFamily: 'DejaVu Sans',
    },
  });
  return image.render().asPng();
}
