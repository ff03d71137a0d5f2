/** Positions of a topology's nodes and links, as in the pictures of `devnet graph`. Pixels from the top left corner. */
export interface PageLayout {
  width: number;
  height: number;
  /** Declared nodes, in the topology's order. */
  nodes: LaidOutNode[];
  /** Each a link, or both links between two nodes. */
  routes: LaidOutRoute[];
}

export interface LaidOutNode {
  name: string;
  x: number;
  y: number;
  radius: number;
  /** Absent if there was no room for it. */
  label?: { x: number; y: number; size: number; anchor: 'start' | 'middle' | 'end'; angle: number; isInside: boolean };
}

export interface LaidOutRoute {
  /** Indices of the nodes; `a` dials `b`. */
  a: number;
  b: number;
  /** True if `b` dials `a` as well. */
  twoWay: boolean;
  /** Curves, each as x and y of its start, its control points and its end: 4, 6 or 8 numbers. */
  curves: number[][];
  /** x and y of a point with room for a sign. */
  middle: [number, number];
}
