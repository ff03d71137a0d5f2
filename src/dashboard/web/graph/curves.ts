/** Returns a point of a curve of 2, 3 or 4 points: x and y, at `t` from 0 to 1. */
export function pointOnCurve(curve: readonly number[], t: number): [number, number] {
  const u = 1 - t;
  const weights =
    curve.length === 4
      ? [u, t]
      : curve.length === 6
        ? [u * u, 2 * u * t, t * t]
        : [u * u * u, 3 * u * u * t, 3 * u * t * t, t * t * t];
  let [x, y] = [0, 0];
  weights.forEach((weight, index) => {
    x += weight * curve[2 * index]!;
    y += weight * curve[2 * index + 1]!;
  });
  return [x, y];
}

/** Returns a point of several curves, one after the other, at `t` from 0 to 1. */
export function pointOnCurves(curves: readonly number[][], t: number): [number, number] {
  const position = Math.min(curves.length - 1e-9, Math.max(0, t * curves.length));
  const index = Math.floor(position);
  return pointOnCurve(curves[index]!, position - index);
}

/** What a path of a canvas is built with. */
export interface PathBuilder {
  moveTo(x: number, y: number): void;
  lineTo(x: number, y: number): void;
  quadraticCurveTo(cx: number, cy: number, x: number, y: number): void;
  bezierCurveTo(cx: number, cy: number, dx: number, dy: number, x: number, y: number): void;
}

/** Adds curves to the path of a canvas. */
export function traceCurves(path: PathBuilder, curves: readonly number[][]): void {
  for (const curve of curves) {
    path.moveTo(curve[0]!, curve[1]!);
    if (curve.length === 4) path.lineTo(curve[2]!, curve[3]!);
    else if (curve.length === 6) path.quadraticCurveTo(curve[2]!, curve[3]!, curve[4]!, curve[5]!);
    else path.bezierCurveTo(curve[2]!, curve[3]!, curve[4]!, curve[5]!, curve[6]!, curve[7]!);
  }
}
