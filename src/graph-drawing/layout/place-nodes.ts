import type { Component } from './components.ts';
import { layOutByForces } from './force-layout.ts';
import { minDistance, type Point } from './geometry.ts';
import { type RecognisedShape, recogniseShape } from './recognise-shape.ts';
import { nodeSpacing, type Sizing } from './sizing.ts';
import { layOutTree } from './tree-layout.ts';

/** From so many nodes on, those on a circle are dots whose names point away from it. */
const MAX_CIRCLES_ON_RING = 36;

/** A part in pixels, wherever its first point happens to be. */
export interface PlacedComponent {
  part: Component;
  structure: RecognisedShape;
  points: Point[];
  radii: number[];
  fontSize: number;
  /**
   * `inside` the circles; `beside` them, wherever there is room; `outward`: from a circle's middle, turned;
   * `hanging` below the leaves of a tree, turned; or `none`.
   */
  labelPlacement: 'inside' | 'beside' | 'outward' | 'hanging' | 'none';
}

/** Gives every node of a part its place. */
export function placeNodes(part: Component, sizing: Sizing, total: number): PlacedComponent {
  const structure = recogniseShape(part);
  const labels = sizing.labelsInside ? 'inside' : total > 300 ? 'none' : 'beside';
  const plain = {
    part,
    structure,
    fontSize: sizing.fontSize,
    labelPlacement: labels,
    radii: part.members.map(() => sizing.radius),
  } as const;
  switch (structure.kind) {
    case 'single':
      return { ...plain, points: [{ x: 0, y: 0 }] };
    case 'line':
      return { ...plain, points: placeLine(structure.order, sizing) };
    case 'ring':
    case 'mesh':
    case 'circle':
    case 'star':
    case 'wheel':
      return placeOnCircle(plain, structure.order, 'hub' in structure ? structure.hub : undefined, sizing);
    case 'grid':
    case 'torus':
      return { ...plain, points: placeLattice(part.members.length, structure, sizing) };
    case 'hypercube':
      return { ...plain, points: placeHypercube(structure.dimensions, sizing) };
    case 'tree':
      return placeTreeComponent(plain, structure.root, sizing);
    case 'cloud':
      return placeIrregularComponent(plain, sizing, total);
  }
}

type UnplacedComponent = Omit<PlacedComponent, 'points'>;

/** From left to right; a long one turns back at the end of each row. */
function placeLine(order: readonly number[], sizing: Sizing): Point[] {
  const longest = Math.max(10, Math.ceil(Math.sqrt(2 * order.length)));
  const rows = Math.ceil(order.length / longest);
  const columns = Math.ceil(order.length / rows);
  const [across, down] = [Math.max(nodeSpacing(sizing), sizing.labelWidth + 16), nodeSpacing(sizing)];
  const points: Point[] = [];
  order.forEach((node, at) => {
    const row = Math.floor(at / columns);
    const column = row % 2 === 0 ? at % columns : columns - 1 - (at % columns);
    points[node] = { x: column * across, y: row * down };
  });
  return points;
}

function placeLattice(count: number, { columns }: { columns: number }, sizing: Sizing): Point[] {
  // With names beside, there is room for them between two columns, unless that would be a very wide picture.
  const between = sizing.labelWidth + sizing.radius * 2 + 22;
  const beside = between * columns <= 1600 ? between : sizing.labelWidth * 0.7 + 24;
  const step = Math.max(nodeSpacing(sizing), sizing.labelsInside ? 0 : beside);
  return Array.from({ length: count }, (_, node) => ({
    x: (node % columns) * step,
    y: Math.floor(node / columns) * step,
  }));
}

/** Clockwise, the first at the top; four make a square that stands on its side. */
function placeOnCircle(
  plain: UnplacedComponent,
  order: readonly number[],
  hub: number | undefined,
  sizing: Sizing,
): PlacedComponent {
  const count = order.length;
  const outward = count > MAX_CIRCLES_ON_RING;
  const dots = outward
    ? count <= 80
      ? { radius: 6.5, font: 10, step: 21 }
      : count <= 400
        ? { radius: 4.5, font: 8.5, step: 12.5 }
        : { radius: 2.5, font: 7, step: 7 }
    : undefined;
  const step =
    dots?.step ?? Math.max(nodeSpacing(sizing), sizing.labelsInside ? 0 : sizing.labelWidth * 0.6 + sizing.radius * 2);
  const radius = Math.max(
    dots ? (count * step) / (2 * Math.PI) : step / (2 * Math.sin(Math.PI / Math.max(count, 3))),
    hub === undefined ? 0 : nodeSpacing(sizing) * 1.05 + (sizing.labelsInside ? 0 : sizing.fontSize),
  );
  const turn = count === 4 && hub === undefined ? -0.75 * Math.PI : -0.5 * Math.PI;
  const points: Point[] = [];
  const radii: number[] = [];
  order.forEach((node, at) => {
    const angle = turn + (2 * Math.PI * at) / count;
    points[node] = { x: radius * Math.cos(angle), y: radius * Math.sin(angle) };
    radii[node] = dots?.radius ?? sizing.radius;
  });
  if (hub !== undefined) {
    points[hub] = { x: 0, y: 0 };
    radii[hub] = outward ? 17 : sizing.radius * 1.25;
  }
  if (!dots) return { ...plain, points, radii };
  return { ...plain, points, radii, fontSize: dots.font, labelPlacement: count <= 400 ? 'outward' : 'none' };
}

/** Where each further dimension leads: right, down, away; the others so that no node lies on another's link. */
const HYPERCUBE_AXES: Record<number, Point[]> = {
  3: [
    { x: 1.25, y: 0 },
    { x: 0, y: 1.25 },
    { x: 0.58, y: -0.48 },
  ],
  4: [
    { x: 1, y: 0 },
    { x: 0, y: 1 },
    { x: 0.62, y: -0.4 },
    { x: 1.26, y: 0.33 },
  ],
  5: [
    { x: 1, y: 0 },
    { x: 0, y: 1 },
    { x: 0.42, y: -0.36 },
    { x: 2.19, y: 0.49 },
    { x: 0.48, y: 2 },
  ],
};

function placeHypercube(dimensions: number, sizing: Sizing): Point[] {
  const axes = HYPERCUBE_AXES[dimensions]!;
  const points = Array.from({ length: 2 ** dimensions }, (_, node) =>
    axes.reduce(({ x, y }, axis, bit) => ((node >> bit) & 1 ? { x: x + axis.x, y: y + axis.y } : { x, y }), {
      x: 0,
      y: 0,
    }),
  );
  const wanted = Math.max(
    nodeSpacing(sizing) * (dimensions === 3 ? 0.95 : 0.85),
    sizing.labelsInside ? 0 : sizing.labelWidth * 0.6 + 24,
  );
  const scale = wanted / minDistance(points);
  return points.map(({ x, y }) => ({ x: x * scale, y: y * scale }));
}

/** Of a wide tree, nodes are smaller and nearer to each other. */
function placeTreeComponent(plain: UnplacedComponent, root: number, sizing: Sizing): PlacedComponent {
  const places = layOutTree(plain.part, root);
  const left = Math.min(...places.map(({ column }) => column));
  const width = Math.max(...places.map(({ column }) => column)) - left;
  const wanted = sizing.labelsInside
    ? 2 * sizing.radius + Math.min(sizing.gap, 26)
    : Math.max(nodeSpacing(sizing), sizing.labelWidth + 12);
  const across = Math.max(Math.min(wanted, 1500 / Math.max(width, 1)), 13);
  const small = across < 2 * sizing.radius + 6;
  const radius = small ? Math.min(sizing.radius, (across - 4) / 2, 5) : sizing.radius;
  const down = Math.max(nodeSpacing(sizing) * 0.95, Math.min(width * across * 0.09, 90));
  return {
    ...plain,
    points: places.map(({ column, level }) => ({ x: (column - left) * across, y: level * down })),
    radii: plain.radii.map(() => radius),
    ...(across < sizing.labelWidth || (small && plain.labelPlacement !== 'none')
      ? { labelPlacement: 'hanging', fontSize: 8 }
      : {}),
  };
}

function placeIrregularComponent(plain: UnplacedComponent, sizing: Sizing, total: number): PlacedComponent {
  const degrees = plain.part.neighbours.map((list) => list.length);
  const most = degrees.reduce((one, other) => Math.max(one, other));
  const mean = degrees.reduce((sum, degree) => sum + degree, 0) / degrees.length;
  // Where a few have far more neighbours than the rest, that is what the picture is about.
  const grow =
    most >= 2.2 * mean ? (degree: number) => 1 + 0.5 * Math.max(0, (degree - mean) / (most - mean)) : () => 1;
  const radii = degrees.map((degree) => sizing.radius * grow(degree));
  const step = nodeSpacing(sizing) * 1.15 + (sizing.labelsInside ? 0 : Math.min(40, sizing.labelWidth * 0.4));
  const points = layOutByForces(plain.part, radii, step);
  const needed = 2 * sizing.radius * grow(most) + (total > 300 ? 3 : 8);
  const scale = Math.max(1, needed / Math.max(minDistance(points), 1e-3));
  return { ...plain, radii, points: points.map(({ x, y }) => ({ x: x * scale, y: y * scale })) };
}
