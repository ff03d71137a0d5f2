import { findComponents } from './components.ts';
import { type EdgeRoute, pointOnSegment, routeEdges, type WrappedLattice } from './edge-routing.ts';
import { type Box, boundingBox, boxAround, scalePoints } from './geometry.ts';
import { drawnEdgesOf, type GraphView, type GraphViewNode, viewNodesOf } from './graph-view.ts';
import { labelForeignNode, type NodeLabel, placeLabels } from './labels.ts';
import { type PlacedComponent, placeNodes } from './place-nodes.ts';
import type { RecognisedShape } from './recognise-shape.ts';
import { chooseSizing, nodeSpacing, type Sizing } from './sizing.ts';

/** Positions of everything in a drawing, in pixels from its top left corner. */
export interface Layout {
  width: number;
  height: number;
  nodes: PositionedNode[];
  routes: EdgeRoute[];
  /** Shape and nodes of each connected component, largest first. */
  parts: { shape: RecognisedShape['kind']; nodes: string[] }[];
}

export interface PositionedNode {
  name: string;
  state: NonNullable<GraphViewNode['state']> | undefined;
  x: number;
  y: number;
  radius: number;
  /** Undefined if there was no room for it. */
  label: NodeLabel | undefined;
}

/** Up to this many nodes, every label is shown, whatever room it takes. */
const MAX_NODES_ALL_LABELLED = 60;
/** A component grows by steps of 10 % until its labels fit, and for some steps more if that keeps them off the edges. */
const MAX_GROWTH_STEPS = 14;
const MAX_STEPS_FOR_CROSSINGS = 3;
const COMPONENT_GAP_PX = 34;
/** Ratio of the width of all components together to their height, roughly. */
const ASPECT_RATIO = 1.9;

/** Lays out a view. The same view has the same layout, on every run and machine. */
export function computeLayout(view: GraphView): Layout {
  const nodes = viewNodesOf(view);
  const declared = nodes.filter(({ state }) => state !== 'foreign');
  const sizing = chooseSizing(declared.map(({ name }) => name));
  const nameOf = (member: number) => nodes[member]!.name;
  const components = findComponents(nodes, view.links).map((component) =>
    labelComponent(
      placeNodes(component, sizing, declared.length),
      component.members.map(nameOf),
      declared.length <= MAX_NODES_ALL_LABELLED,
    ),
  );
  const positioned: PositionedNode[] = [];
  const offsets = packBoxes(components.map(({ box }) => box));
  components.forEach(({ placed, labels }, index) => {
    const { x, y } = offsets[index]!;
    placed.component.members.forEach((member, number) => {
      const point = placed.points[number]!;
      const node = { ...nodes[member]!, state: nodes[member]!.state, radius: placed.radii[number]! };
      positioned[member] = { ...node, x: point.x + x, y: point.y + y, label: moveLabel(labels[number], x, y) };
    });
  });
  placeForeignNodes(nodes, view, positioned, sizing);
  const lattices = components.flatMap(({ placed }) => wrappedLatticesOf(placed));
  const routes = routeEdges(drawnEdgesOf(nodes, view.links), positioned, lattices);
  const parts = components.map(({ placed: { shape, component } }) => ({
    shape: shape.kind,
    nodes: component.members.map(nameOf),
  }));
  return { ...moveToOrigin(positioned, routes), parts };
}

interface LabelledComponent {
  placed: PlacedComponent;
  labels: (NodeLabel | undefined)[];
  box: Box;
}

/** Places the labels of a component. If all must be shown, the component grows until they are. */
function labelComponent(placed: PlacedComponent, names: readonly string[], showAll: boolean): LabelledComponent {
  const maxSteps = showAll && placed.labelPlacement === 'beside' ? MAX_GROWTH_STEPS : 0;
  let best: { grown: PlacedComponent; labels: (NodeLabel | undefined)[]; flaws: number } | undefined;
  let stepsForCrossings = MAX_STEPS_FOR_CROSSINGS;
  for (let step = 0; step <= maxSteps && stepsForCrossings >= 0; step++) {
    const grown = { ...placed, points: scalePoints(placed.points, 1.1 ** step) };
    const labels = placeLabels(grown, names);
    const flaws = labels.reduce((sum, label) => sum + (label ? label.crossings : names.length * names.length), 0);
    if (!best || flaws < best.flaws) best = { grown, labels, flaws };
    if (flaws === 0) break;
    if (!labels.includes(undefined)) stepsForCrossings--;
  }
  const { grown, labels } = best!;
  const circles = grown.points.map((point, node) => boxAround(point, grown.radii[node]!));
  return { placed: grown, labels, box: boundingBox([...circles, ...boxesOf(labels)]) };
}

const boxesOf = (labels: readonly (NodeLabel | undefined)[]): Box[] =>
  labels.flatMap((label) => (label ? [label.box] : []));

function moveLabel(label: NodeLabel | undefined, x: number, y: number): NodeLabel | undefined {
  if (label === undefined) return undefined;
  const { left, right, top, bottom } = label.box;
  const box = { left: left + x, right: right + x, top: top + y, bottom: bottom + y };
  return { ...label, x: label.x + x, y: label.y + y, box };
}

/**
 * Packs boxes in rows, so that all together are somewhat wider than high. A box that is low enough goes below the one
 * before it in its row.
 *
 * @returns how far to move each box
 */
function packBoxes(boxes: readonly Box[]): { x: number; y: number }[] {
  const sizes = boxes.map(({ left, right, top, bottom }) => ({
    width: right - left + COMPONENT_GAP_PX,
    height: bottom - top + COMPONENT_GAP_PX,
  }));
  const area = sizes.reduce((sum, { width, height }) => sum + width * height, 0);
  const maxWidth = sizes.reduce((max, { width }) => Math.max(max, width), Math.sqrt(area * ASPECT_RATIO));
  const rows: { height: number; width: number; columns: { height: number; width: number; members: number[] }[] }[] = [];
  sizes.forEach(({ width, height }, index) => {
    const row = rows.at(-1);
    const column = row?.columns.at(-1);
    if (row && column && column.height + height <= row.height && width <= column.width) {
      column.members.push(index);
      column.height += height;
    } else if (row && row.width + width <= maxWidth + 1) {
      row.columns.push({ height, width, members: [index] });
      row.width += width;
    } else {
      rows.push({ height, width, columns: [{ height, width, members: [index] }] });
    }
  });
  const offsets: { x: number; y: number }[] = [];
  let top = 0;
  for (const row of rows) {
    let left = 0;
    for (const column of row.columns) {
      let y = top + (row.height - column.height) / 2;
      for (const index of column.members) {
        const { height, width } = sizes[index]!;
        offsets[index] = { x: left + (column.width - width) / 2 - boxes[index]!.left, y: y - boxes[index]!.top };
        y += height;
      }
      left += column.width;
    }
    top += row.height;
  }
  return offsets;
}

/** Places foreign nodes in a column of their own, each about as high as the nodes that dial it. */
function placeForeignNodes(
  nodes: readonly GraphViewNode[],
  { links }: GraphView,
  positioned: PositionedNode[],
  sizing: Sizing,
): void {
  const foreign = nodes.flatMap(({ state }, index) => (state === 'foreign' ? [index] : []));
  if (foreign.length === 0) return;
  const known = positioned.filter((node) => node !== undefined);
  const bounds = boundingBox(
    known.length > 0
      ? [...known.map((node) => boxAround(node, node.radius)), ...boxesOf(known.map(({ label }) => label))]
      : [boxAround({ x: 0, y: 0 }, 0)],
  );
  const heights = new Map(known.map(({ name, y }) => [name, y]));
  const radius = Math.max(5, Math.min(10, sizing.radius * 0.7));
  const fontSize = Math.max(9, Math.min(12, sizing.fontSize));
  const wanted = foreign
    .map((index) => {
      const { name } = nodes[index]!;
      const dialers = links.flatMap(({ from, to }) => (to === name ? (heights.get(from) ?? []) : []));
      return { index, y: dialers.length > 0 ? dialers.reduce((sum, y) => sum + y, 0) / dialers.length : bounds.top };
    })
    .sort((a, b) => a.y - b.y);
  const x = bounds.right + Math.max(56, nodeSpacing(sizing) * 0.8);
  let minY = Number.NEGATIVE_INFINITY;
  for (const { index, y: wantedY } of wanted) {
    const y = Math.max(wantedY, minY);
    minY = y + radius * 2 + 14;
    const { name } = nodes[index]!;
    const label = labelForeignNode(name, { x, y }, radius, fontSize);
    positioned[index] = { name, state: 'foreign', x, y, radius, label };
  }
}

function wrappedLatticesOf({ shape, component }: PlacedComponent): WrappedLattice[] {
  if (shape.kind !== 'torus') return [];
  const positions = new Map(component.members.map((member, number) => [member, number]));
  return [{ rows: shape.rows, columns: shape.columns, positions }];
}

/** Moves everything so that the top left corner is at 0, 0. */
function moveToOrigin(nodes: PositionedNode[], routes: EdgeRoute[]): Omit<Layout, 'parts'> {
  if (nodes.length === 0) return { width: 0, height: 0, nodes, routes };
  const routeBoxes = routes.flatMap(({ segments }) =>
    segments.flatMap((segment) => {
      const samples = segment.controlPoints.length > 0 ? [0, 0.2, 0.35, 0.5, 0.65, 0.8, 1] : [0, 1];
      return samples.map((t) => boxAround(pointOnSegment(segment, t), 2));
    }),
  );
  const bounds = boundingBox([
    ...nodes.map((node) => boxAround(node, node.radius + 3)),
    ...boxesOf(nodes.map(({ label }) => label)),
    ...routeBoxes,
  ]);
  const [x, y] = [-bounds.left, -bounds.top];
  const shift = <T extends { x: number; y: number }>(point: T): T => ({ ...point, x: point.x + x, y: point.y + y });
  return {
    width: bounds.right - bounds.left,
    height: bounds.bottom - bounds.top,
    nodes: nodes.map((node) => ({ ...shift(node), label: moveLabel(node.label, x, y) })),
    routes: routes.map((route) => ({
      ...route,
      midpoint: shift(route.midpoint),
      segments: route.segments.map(({ from, to, controlPoints }) => ({
        from: shift(from),
        to: shift(to),
        controlPoints: controlPoints.map(shift),
      })),
      ...(route.arrowHead ? { arrowHead: route.arrowHead.map(shift) as [never, never, never] } : {}),
    })),
  };
}
