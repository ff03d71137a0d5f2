import type { Component } from './components.ts';
import { layOutByForces } from './force-layout.ts';
import { minDistance, type Point, scalePoints } from './geometry.ts';
import { type RecognisedShape, recogniseShape } from './recognise-shape.ts';
import { nodeSpacing, type Sizing } from './sizing.ts';
import { layOutTree } from './tree-layout.ts';

/** On a circle of more nodes than this, nodes are dots with outward labels. */
const MAX_CIRCLES_ON_RING = 36;
/** A drawing of more nodes than this has no labels beside nodes. */
const MAX_NODES_LABELLED_BESIDE = 300;
const MAX_TREE_WIDTH_PX = 1_500;
const MAX_LATTICE_WIDTH_PX = 1_600;

/** Component whose nodes have positions, in pixels from an arbitrary origin. */
export interface PlacedComponent {
  component: Component;
  shape: RecognisedShape;
  points: Point[];
  radii: number[];
  fontSize: number;
  /**
   * `inside` the circles; `beside` them, on whichever side has room; `outward` along the rays from the centre of a
   * circle; `hanging` below the leaves of a tree, turned; or `none`.
   */
  labelPlacement: 'inside' | 'beside' | 'outward' | 'hanging' | 'none';
}

type UnplacedComponent = Omit<PlacedComponent, 'points'>;

/** Places the nodes of a component by its shape. `totalNodes` counts those of the whole drawing. */
export function placeNodes(component: Component, sizing: Sizing, totalNodes: number): PlacedComponent {
  const shape = recogniseShape(component);
  const unplaced: UnplacedComponent = {
    component,
    shape,
    fontSize: sizing.fontSize,
    labelPlacement: sizing.labelsInside ? 'inside' : totalNodes > MAX_NODES_LABELLED_BESIDE ? 'none' : 'beside',
    radii: component.members.map(() => sizing.radius),
  };
  switch (shape.kind) {
    case 'single':
      return { ...unplaced, points: [{ x: 0, y: 0 }] };
    case 'line':
      return { ...unplaced, points: placeLine(shape.order, sizing) };
    case 'ring':
    case 'mesh':
    case 'circle':
    case 'star':
    case 'wheel':
      return placeOnCircle(unplaced, shape.order, 'hub' in shape ? shape.hub : undefined, sizing);
    case 'grid':
    case 'torus':
      return { ...unplaced, points: placeLattice(component.members.length, shape.columns, sizing) };
    case 'hypercube':
      return { ...unplaced, points: placeHypercube(shape.dimensions, sizing) };
    case 'tree':
      return placeTree(unplaced, shape.root, sizing);
    case 'cloud':
      return placeCloud(unplaced, sizing, totalNodes);
  }
}

/** Places a line from left to right; a long one turns back at the end of each row. */
function placeLine(order: readonly number[], sizing: Sizing): Point[] {
  const longest = Math.max(10, Math.ceil(Math.sqrt(2 * order.length)));
  const rows = Math.ceil(order.length / longest);
  const columns = Math.ceil(order.length / rows);
  const [across, down] = [Math.max(nodeSpacing(sizing), sizing.labelWidth + 16), nodeSpacing(sizing)];
  const points: Point[] = [];
  order.forEach((node, index) => {
    const row = Math.floor(index / columns);
    const column = row % 2 === 0 ? index % columns : columns - 1 - (index % columns);
    points[node] = { x: column * across, y: row * down };
  });
  return points;
}

function placeLattice(count: number, columns: number, sizing: Sizing): Point[] {
  // Labels beside nodes get room between two columns, unless that makes the picture too wide.
  const roomy = sizing.labelWidth + sizing.radius * 2 + 22;
  const beside = roomy * columns <= MAX_LATTICE_WIDTH_PX ? roomy : sizing.labelWidth * 0.7 + 24;
  const step = Math.max(nodeSpacing(sizing), sizing.labelsInside ? 0 : beside);
  return Array.from({ length: count }, (_, node) => ({
    x: (node % columns) * step,
    y: Math.floor(node / columns) * step,
  }));
}

/** Chooses radius, font size and spacing of nodes on a large circle. */
function dotsOnCircle(count: number): { radius: number; font: number; step: number } {
  if (count <= 80) return { radius: 6.5, font: 10, step: 21 };
  return count <= 400 ? { radius: 4.5, font: 8.5, step: 12.5 } : { radius: 2.5, font: 7, step: 7 };
}

/** Places nodes clockwise from the top, around a hub if there is one. Four nodes make a square. */
function placeOnCircle(
  unplaced: UnplacedComponent,
  order: readonly number[],
  hub: number | undefined,
  sizing: Sizing,
): PlacedComponent {
  const count = order.length;
  const dots = count > MAX_CIRCLES_ON_RING ? dotsOnCircle(count) : undefined;
  const labelSpacing = sizing.labelsInside ? 0 : sizing.labelWidth * 0.6 + sizing.radius * 2;
  const step = dots?.step ?? Math.max(nodeSpacing(sizing), labelSpacing);
  const radius = Math.max(
    dots ? (count * step) / (2 * Math.PI) : step / (2 * Math.sin(Math.PI / Math.max(count, 3))),
    hub === undefined ? 0 : nodeSpacing(sizing) * 1.05 + (sizing.labelsInside ? 0 : sizing.fontSize),
  );
  const start = count === 4 && hub === undefined ? -0.75 * Math.PI : -0.5 * Math.PI;
  const points: Point[] = [];
  const radii: number[] = [];
  order.forEach((node, index) => {
    const angle = start + (2 * Math.PI * index) / count;
    points[node] = { x: radius * Math.cos(angle), y: radius * Math.sin(angle) };
    radii[node] = dots?.radius ?? sizing.radius;
  });
  if (hub !== undefined) {
    points[hub] = { x: 0, y: 0 };
    radii[hub] = dots ? 17 : sizing.radius * 1.25;
  }
  if (!dots) return { ...unplaced, points, radii };
  return { ...unplaced, points, radii, fontSize: dots.font, labelPlacement: count <= 400 ? 'outward' : 'none' };
}

/** Direction of each dimension: right, down, away; then such that no node lies on an edge between two others. */
const HYPERCUBE_AXES: Record<number, readonly [x: number, y: number][]> = {
  3: [
    [1.25, 0],
    [0, 1.25],
    [0.58, -0.48],
  ],
  4: [
    [1, 0],
    [0, 1],
    [0.62, -0.4],
    [1.26, 0.33],
  ],
  5: [
    [1, 0],
    [0, 1],
    [0.42, -0.36],
    [2.19, 0.49],
    [0.48, 2],
  ],
};

function placeHypercube(dimensions: number, sizing: Sizing): Point[] {
  const points = Array.from({ length: 2 ** dimensions }, (_, node) =>
    HYPERCUBE_AXES[dimensions]!.reduce(
      (point, [x, y], bit) => ((node >> bit) & 1 ? { x: point.x + x, y: point.y + y } : point),
      { x: 0, y: 0 },
    ),
  );
  const wanted = Math.max(
    nodeSpacing(sizing) * (dimensions === 3 ? 0.95 : 0.85),
    sizing.labelsInside ? 0 : sizing.labelWidth * 0.6 + 24,
  );
  return scalePoints(points, wanted / minDistance(points));
}

/** Places a tree from its root downwards. In a wide one, nodes are smaller and closer together. */
function placeTree(unplaced: UnplacedComponent, root: number, sizing: Sizing): PlacedComponent {
  const positions = layOutTree(unplaced.component, root);
  const columns = positions.map(({ column }) => column);
  const left = Math.min(...columns);
  const width = Math.max(...columns) - left;
  const wanted = sizing.labelsInside
    ? 2 * sizing.radius + Math.min(sizing.gap, 26)
    : Math.max(nodeSpacing(sizing), sizing.labelWidth + 12);
  const across = Math.max(Math.min(wanted, MAX_TREE_WIDTH_PX / Math.max(width, 1)), 13);
  const isCramped = across < 2 * sizing.radius + 6;
  const radius = isCramped ? Math.min(sizing.radius, (across - 4) / 2, 5) : sizing.radius;
  const down = Math.max(nodeSpacing(sizing) * 0.95, Math.min(width * across * 0.09, 90));
  const hangs = across < sizing.labelWidth || (isCramped && unplaced.labelPlacement !== 'none');
  return {
    ...unplaced,
    points: positions.map(({ column, level }) => ({ x: (column - left) * across, y: level * down })),
    radii: unplaced.radii.map(() => radius),
    ...(hangs ? { labelPlacement: 'hanging', fontSize: 8 } : {}),
  };
}

/** Places a component without a recognised shape. */
function placeCloud(unplaced: UnplacedComponent, sizing: Sizing, totalNodes: number): PlacedComponent {
  const degrees = unplaced.component.neighbours.map((list) => list.length);
  const max = Math.max(...degrees);
  const mean = degrees.reduce((sum, degree) => sum + degree, 0) / degrees.length;
  // A few nodes with far more neighbours than the rest are what such a picture is about, so they are larger.
  const hasHubs = max >= 2.2 * mean;
  const growth = (degree: number) => (hasHubs ? 1 + 0.5 * Math.max(0, (degree - mean) / (max - mean)) : 1);
  const radii = degrees.map((degree) => sizing.radius * growth(degree));
  const spacing = nodeSpacing(sizing) * 1.15 + (sizing.labelsInside ? 0 : Math.min(40, sizing.labelWidth * 0.4));
  const points = layOutByForces(unplaced.component, radii, spacing);
  const needed = 2 * sizing.radius * growth(max) + (totalNodes > MAX_NODES_LABELLED_BESIDE ? 3 : 8);
  return { ...unplaced, radii, points: scalePoints(points, Math.max(1, needed / Math.max(minDistance(points), 1e-3))) };
}
