export interface Point {
  x: number;
  y: number;
}

/** A rectangle by its edges. */
export interface Box {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

export const distance = (one: Point, other: Point): number =>
  Math.sqrt((one.x - other.x) ** 2 + (one.y - other.y) ** 2);

/** How far a point is from the stretch between two others. */
export function distanceToSegment(point: Point, from: Point, to: Point): number {
  const x = to.x - from.x;
  const y = to.y - from.y;
  const length = x * x + y * y;
  const along = length === 0 ? 0 : ((point.x - from.x) * x + (point.y - from.y) * y) / length;
  const t = Math.max(0, Math.min(1, along));
  return distance(point, { x: from.x + t * x, y: from.y + t * y });
}

/** The least distance between any two of the points; 0 and Infinity when there are fewer than two. */
export function minDistance(points: readonly Point[]): number {
  // Sorted by x, only those within the best distance so far have to be looked at.
  const sorted = [...points].sort((one, other) => one.x - other.x);
  let least = Number.POSITIVE_INFINITY;
  for (let one = 0; one < sorted.length; one++) {
    for (let other = one + 1; other < sorted.length && sorted[other]!.x - sorted[one]!.x < least; other++) {
      least = Math.min(least, distance(sorted[one]!, sorted[other]!));
    }
  }
  return least;
}

export const boxesOverlap = (one: Box, other: Box): boolean =>
  one.left < other.right && other.left < one.right && one.top < other.bottom && other.top < one.bottom;

/** Whether a circle reaches into a box. */
export function circleTouchesBox(box: Box, centre: Point, radius: number): boolean {
  const x = Math.max(box.left, Math.min(box.right, centre.x));
  const y = Math.max(box.top, Math.min(box.bottom, centre.y));
  return (x - centre.x) ** 2 + (y - centre.y) ** 2 < radius * radius;
}

/** Whether the stretch between two points passes through a box. */
export function segmentCrossesBox(box: Box, from: Point, to: Point): boolean {
  let enter = 0;
  let leave = 1;
  const sides: [number, number][] = [
    [from.x - to.x, from.x - box.left],
    [to.x - from.x, box.right - from.x],
    [from.y - to.y, from.y - box.top],
    [to.y - from.y, box.bottom - from.y],
  ];
  for (const [towards, room] of sides) {
    if (towards === 0) {
      if (room < 0) return false;
    } else if (towards < 0) {
      enter = Math.max(enter, room / towards);
    } else {
      leave = Math.min(leave, room / towards);
    }
  }
  return enter <= leave;
}

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
