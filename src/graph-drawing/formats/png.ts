import { createRequire } from 'node:module';
import { join } from 'node:path';

/** Twice as fine as the drawing, so that it is sharp on any screen; less where that would be a poster. */
const PNG_SCALE = 2;
const MAX_SIDE_PX = 6_000;

/** An SVG document as a PNG, in the font that comes with this package: the same on every machine. */
export async function renderPng(svg: string): Promise<Buffer> {
  // It is native code and takes a moment to load: only who wants a PNG waits for it.
  const { Resvg } = await import('@resvg/resvg-js');
  const fonts = join(createRequire(import.meta.url).resolve('dejavu-fonts-ttf/package.json'), '..', 'ttf');
  const [width, height] = svgSize(svg);
  const image = new Resvg(svg, {
    fitTo: { mode: 'zoom', value: Math.min(PNG_SCALE, MAX_SIDE_PX / Math.max(width, height)) },
    font: {
      loadSystemFonts: false,
      fontFiles: ['DejaVuSans.ttf', 'DejaVuSans-Bold.ttf'].map((file) => join(fonts, file)),
      defaultFontFamily: 'DejaVu Sans',
    },
  });
  return image.render().asPng();
}

function svgSize(svg: string): [number, number] {
  const size = (name: string) => Number(new RegExp(`<svg[^>]* ${name}="([\\d.]+)`).exec(svg)?.[1] ?? 1000);
  return [size('width'), size('height')];
}
