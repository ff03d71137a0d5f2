export interface Point {
  x: number;
  y: number;
}

/** Rectangle by its edges. */
export interface Box {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

/** Not `Math.hypot`, whose last digit depends on the machine. */
export const distance = (a: Point, b: Point): number => Math.sqrt((a.x - b.x) ** 2 + (a.y - b.y) ** 2);

export const midpoint = (a: Point, b: Point): Point => ({ x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 });

export const centroid = (points: readonly Point[]): Point => ({
  x: points.reduce((sum, { x }) => sum + x, 0) / points.length,
  y: points.reduce((sum, { y }) => sum + y, 0) / points.length,
});

export const scalePoints = (points: readonly Point[], factor: number): Point[] =>
  points.map(({ x, y }) => ({ x: x * factor, y: y * factor }));

/** Returns the distance of a point from the segment between two others. */
export function distanceToSegment(point: Point, from: Point, to: Point): number {
  const x = to.x - from.x;
  const y = to.y - from.y;
  const squaredLength = x * x + y * y;
  const along = squaredLength === 0 ? 0 : ((point.x - from.x) * x + (point.y - from.y) * y) / squaredLength;
  const t = Math.max(0, Math.min(1, along));
  return distance(point, { x: from.x + t * x, y: from.y + t * y });
}

/** Returns the least distance between any two points; Infinity if there are fewer than two. */
export function minDistance(points: readonly Point[]): number {
  // Sorted by x, only points within the best distance so far need a look.
  const sorted = [...points].sort((a, b) => a.x - b.x);
  let min = Number.POSITIVE_INFINITY;
  for (let a = 0; a < sorted.length; a++) {
    for (let b = a + 1; b < sorted.length && sorted[b]!.x - sorted[a]!.x < min; b++)
      min = Math.min(min, distance(sorted[a]!, sorted[b]!));
  }
  return min;
}

export const boxesOverlap = (a: Box, b: Box): boolean =>
  a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;

export function circleTouchesBox(box: Box, centre: Point, radius: number): boolean {
  const x = Math.max(box.left, Math.min(box.right, centre.x));
  const y = Math.max(box.top, Math.min(box.bottom, centre.y));
  return (x - centre.x) ** 2 + (y - centre.y) ** 2 < radius * radius;
}

/** Clips the segment to the box (Liang and Barsky, 1984): it crosses the box if anything is left. */
export function segmentCrossesBox(box: Box, from: Point, to: Point): boolean {
  let enter = 0;
  let leave = 1;
  const sides: [number, number][] = [
    [from.x - to.x, from.x - box.left],
    [to.x - from.x, box.right - from.x],
    [from.y - to.y, from.y - box.top],
    [to.y - from.y, box.bottom - from.y],
  ];
  for (const [direction, room] of sides) {
    if (direction === 0) {
      if (room < 0) return false;
    } else if (direction < 0) {
      enter = Math.max(enter, room / direction);
    } else {
      leave = Math.min(leave, room / direction);
    }
  }
  return enter <= leave;
}

export const boxAround = ({ x, y }: Point, radius: number): Box => ({
  left: x - radius,
  right: x + radius,
  top: y - radius,
  bottom: y + radius,
});

export function boundingBox(boxes: readonly Box[]): Box {
  const bounds = { left: Infinity, top: Infinity, right: -Infinity, bottom: -Infinity };
  for (const box of boxes) {
    bounds.left = Math.min(bounds.left, box.left);
    bounds.top = Math.min(bounds.top, box.top);
    bounds.right = Math.max(bounds.right, box.right);
    bounds.bottom = Math.max(bounds.bottom, box.bottom);
  }
  return bounds;
}
