import { findComponents } from './components.ts';
import { type EdgeRoute, pointOnSegment, routeEdges, type WrappedLattice } from './edge-routing.ts';
import { type Box, boundingBox } from './geometry.ts';
import { drawnEdgesOf, type GraphView, type GraphViewNode, viewNodesOf } from './graph-view.ts';
import { type NodeLabel, placeLabels } from './labels.ts';
import { type PlacedComponent, placeNodes } from './place-nodes.ts';
import type { RecognisedShape } from './recognise-shape.ts';
import { chooseSizing, nodeSpacing, type Sizing } from './sizing.ts';
import { textWidth, truncateMiddle } from './text-width.ts';

/** A picture with a place for everything, in pixels from the top left corner. */
export interface Layout {
  width: number;
  height: number;
  nodes: PositionedNode[];
  routes: EdgeRoute[];
  /** What the parts were recognised as, largest first, with the names of their nodes. */
  parts: { shape: RecognisedShape['kind']; nodes: string[] }[];
}

export interface PositionedNode {
  name: string;
  state: NonNullable<GraphViewNode['state']> | undefined;
  x: number;
  y: number;
  radius: number;
  /** Absent where there was no room for it. */
  label: NodeLabel | undefined;
}

/** Up to so many nodes every name is shown, whatever room it takes. */
const MAX_NODES_ALL_LABELLED = 60;

/** Gives every node, name and line its place. The same picture has the same layout, on every run and machine. */
export function computeLayout(picture: GraphView): Layout {
  const nodes = viewNodesOf(picture);
  const parts = findComponents(nodes, picture.links);
  const declared = nodes.filter(({ state }) => state !== 'foreign');
  const sizing = chooseSizing(declared.map(({ name }) => name));
  const blocks = parts.map((part) => {
    const names = part.members.map((member) => nodes[member]!.name);
    return labelComponent(placeNodes(part, sizing, declared.length), names, declared.length <= MAX_NODES_ALL_LABELLED);
  });
  const laid: PositionedNode[] = [];
  const corners = packBoxes(blocks.map(({ box }) => box));
  blocks.forEach(({ placed, labels }, index) => {
    const { x, y } = corners[index]!;
    placed.part.members.forEach((member, at) => {
      const { name, state } = nodes[member]!;
      const point = placed.points[at]!;
      const label = labels[at];
      laid[member] = {
        name,
        state,
        x: point.x + x,
        y: point.y + y,
        radius: placed.radii[at]!,
        label: label && moveLabel(label, x, y),
      };
    });
  });
  placeForeignNodes(nodes, picture, laid, sizing);
  const routes = routeEdges(
    drawnEdgesOf(nodes, picture.links),
    laid,
    blocks.flatMap(({ placed }) => wrappedLatticesOf(placed)),
  );
  return moveToOrigin(
    laid,
    routes,
    blocks.map(({ placed }) => ({
      shape: placed.structure.kind,
      nodes: placed.part.members.map((member) => nodes[member]!.name),
    })),
  );
}

interface LabelledComponent {
  placed: PlacedComponent;
  labels: (NodeLabel | undefined)[];
  box: Box;
}

/**
 * With its names. Where they must all be shown, the part grows until they can be, and a little more where that keeps
 * them off the lines.
 */
function labelComponent(placed: PlacedComponent, names: readonly string[], all: boolean): LabelledComponent {
  const most = !all || placed.labelPlacement !== 'beside' ? 0 : 14;
  let best: { grown: PlacedComponent; labels: (NodeLabel | undefined)[]; flaws: number } | undefined;
  for (let tries = 0, further = 3; tries <= most && further >= 0; tries++) {
    const scale = 1.1 ** tries;
    const points = placed.points.map(({ x, y }) => ({ x: x * scale, y: y * scale }));
    const labels = placeLabels({ ...placed, points }, names);
    const flaws = labels.reduce((sum, label) => sum + (label ? label.crossings : names.length * names.length), 0);
    if (!best || flaws < best.flaws) best = { grown: { ...placed, points }, labels, flaws };
    if (flaws === 0) break;
    if (!labels.includes(undefined)) further--;
  }
  const { grown, labels } = best!;
  const circles = grown.points.map(({ x, y }, at) => boxAround(x, y, grown.radii[at]!));
  return { placed: grown, labels, box: boundingBox([...circles, ...boxesOf(labels)]) };
}

const boxAround = (x: number, y: number, radius: number): Box => ({
  left: x - radius,
  right: x + radius,
  top: y - radius,
  bottom: y + radius,
});

const boxesOf = (labels: readonly (NodeLabel | undefined)[]): Box[] =>
  labels.flatMap((label) => (label ? [label.box] : []));

function moveLabel(label: NodeLabel, x: number, y: number): NodeLabel {
  const { left, right, top, bottom } = label.box;
  const box = { left: left + x, right: right + x, top: top + y, bottom: bottom + y };
  return { ...label, x: label.x + x, y: label.y + y, box };
}

/**
 * In rows, so that all together is somewhat wider than high; what is low enough stands below another of its row.
 * @returns how far each box has to be moved
 */
function packBoxes(boxes: readonly Box[]): { x: number; y: number }[] {
  const margin = 34;
  const sizes = boxes.map(({ left, right, top, bottom }) => ({
    width: right - left + margin,
    height: bottom - top + margin,
  }));
  const area = sizes.reduce((sum, { width, height }) => sum + width * height, 0);
  const wide = sizes.reduce((most, { width }) => Math.max(most, width), Math.sqrt(area * 1.9));
  const rows: { height: number; width: number; columns: { height: number; width: number; members: number[] }[] }[] = [];
  sizes.forEach(({ width, height }, at) => {
    const row = rows.at(-1);
    const column = row?.columns.at(-1);
    if (row && column && column.height + height <= row.height && width <= column.width) {
      column.members.push(at);
      column.height += height;
    } else if (row && row.width + width <= wide + 1) {
      row.columns.push({ height, width, members: [at] });
      row.width += width;
    } else {
      rows.push({ height, width, columns: [{ height, width, members: [at] }] });
    }
  });
  const found: { x: number; y: number }[] = [];
  let top = 0;
  for (const row of rows) {
    let left = 0;
    for (const column of row.columns) {
      let y = top + (row.height - column.height) / 2;
      for (const at of column.members) {
        const { height, width } = sizes[at]!;
        found[at] = { x: left + (column.width - width) / 2 - boxes[at]!.left, y: y - boxes[at]!.top };
        y += height;
      }
      left += column.width;
    }
    top += row.height;
  }
  return found;
}

/** Those that are no nodes of the devnet stand in a column of their own, each about as high as who dials it. */
function placeForeignNodes(
  nodes: readonly GraphViewNode[],
  picture: GraphView,
  laid: PositionedNode[],
  sizing: Sizing,
): void {
  const foreign = nodes.flatMap(({ state }, at) => (state === 'foreign' ? [at] : []));
  if (foreign.length === 0) return;
  const known = laid.filter((node) => node !== undefined);
  const bounds = boundingBox(
    known.length > 0
      ? [...known.map(({ x, y, radius }) => boxAround(x, y, radius)), ...boxesOf(known.map(({ label }) => label))]
      : [boxAround(0, 0, 0)],
  );
  const position = new Map(nodes.map(({ name }, at) => [name, at]));
  const radius = Math.max(5, Math.min(10, sizing.radius * 0.7));
  const size = Math.max(9, Math.min(12, sizing.fontSize));
  const wished = foreign
    .map((at) => {
      const dialers = picture.links
        .filter(({ to }) => to === nodes[at]!.name)
        .map(({ from }) => laid[position.get(from)!]);
      const heights = dialers.flatMap((dialer) => (dialer ? [dialer.y] : []));
      return { at, y: heights.length > 0 ? heights.reduce((sum, y) => sum + y, 0) / heights.length : bounds.top };
    })
    .sort((one, other) => one.y - other.y);
  const x = bounds.right + Math.max(56, nodeSpacing(sizing) * 0.8);
  let free = Number.NEGATIVE_INFINITY;
  for (const { at, y: wish } of wished) {
    const y = Math.max(wish, free);
    free = y + radius * 2 + 14;
    const { name, state } = nodes[at]!;
    const text = truncateMiddle(name);
    const left = x + radius + 6;
    const box = { left, right: left + textWidth(text, size), top: y - size / 2, bottom: y + size / 2 };
    const label: NodeLabel = {
      text,
      x: left,
      y: y + size * 0.355,
      size,
      anchor: 'start',
      angle: 0,
      isInside: false,
      box,
      crossings: 0,
    };
    laid[at] = { name, state, x, y, radius, label };
  }
}

function wrappedLatticesOf({ structure, part }: PlacedComponent): WrappedLattice[] {
  if (structure.kind !== 'torus') return [];
  const place = new Map(part.members.map((member, at) => [member, at]));
  return [{ rows: structure.rows, columns: structure.columns, positions: place }];
}

/** Moves everything so that the top left corner is at 0, 0. */
function moveToOrigin(nodes: PositionedNode[], routes: EdgeRoute[], parts: Layout['parts']): Layout {
  const ways = routes.flatMap(({ segments: stretches }) =>
    stretches.flatMap((stretch) =>
      (stretch.controlPoints.length > 0 ? [0, 0.2, 0.35, 0.5, 0.65, 0.8, 1] : [0, 1]).map((t) => {
        const { x, y } = pointOnSegment(stretch, t);
        return boxAround(x, y, 2);
      }),
    ),
  );
  const bounds = boundingBox([
    ...nodes.map(({ x, y, radius }) => boxAround(x, y, radius + 3)),
    ...boxesOf(nodes.map(({ label }) => label)),
    ...ways,
  ]);
  if (nodes.length === 0) return { width: 0, height: 0, nodes, routes, parts };
  const [x, y] = [-bounds.left, -bounds.top];
  const shift = <T extends { x: number; y: number }>(point: T): T => ({ ...point, x: point.x + x, y: point.y + y });
  return {
    width: bounds.right - bounds.left,
    height: bounds.bottom - bounds.top,
    nodes: nodes.map((node) => ({ ...shift(node), label: node.label && moveLabel(node.label, x, y) })),
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
    parts,
  };
}
