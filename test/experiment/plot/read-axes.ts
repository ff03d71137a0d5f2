/** Reads the scales of a chart back from its drawing, by the first and the last labelled tick of each axis. */
export function readAxes(svg: string): { x: (pixels: number) => number; y: (pixels: number) => number; top: number } {
  const texts = [
    ...svg.matchAll(
      /<text class="quiet" x="([\d.]+)" y="([\d.]+)" font-size="12" text-anchor="(end|middle)">([^<]*)</g,
    ),
  ];
  const ticks = (anchor: string, coordinate: 1 | 2, offset: number) =>
    texts
      .filter(([, , , own, label]) => own === anchor && Number.isFinite(Number(label!.replace(' ', ''))))
      .map((text) => ({ at: Number(text[coordinate]) - offset, value: Number(text[4]!.replace(' ', '')) }));
  const scaleOf = (all: { at: number; value: number }[]) => {
    const [first, last] = [all[0]!, all.at(-1)!];
    return (pixels: number) => first.value + ((pixels - first.at) * (last.value - first.value)) / (last.at - first.at);
  };
  const levels = ticks('end', 2, 4);
  return { x: scaleOf(ticks('middle', 1, 0)), y: scaleOf(levels), top: Math.min(...levels.map(({ at }) => at)) };
}

/** Returns the corners of the first line of a drawing, in values. */
export function readFirstLine(svg: string): { x: number; y: number }[] {
  const { x, y } = readAxes(svg);
  const [, path] = /<path class="line" d="([^"]+)"/.exec(svg)!;
  return [...path!.matchAll(/([\d.]+),([\d.]+)/g)].map(([, left, top]) => ({ x: x(Number(left)), y: y(Number(top)) }));
}
