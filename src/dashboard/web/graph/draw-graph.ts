import { readableOn } from '../../../shared/palette.ts';
import type { GraphItem } from '../state/graph-item.ts';
import type { Camera, Size } from './camera.ts';
import { pointOnCurves, traceCurves } from './curves.ts';
import { drawCentredText, drawHaloText, drawNode, drawRing, FONT } from './draw-node.ts';
import type { GraphScene, LinkShape, SceneLink, SceneNode } from './graph-scene.ts';
import { nodeRadius, pillPosition } from './scene-geometry.ts';
import { groupColour, partColour, type Theme } from './theme.ts';

/** The reader's choices of what to see. */
export interface Emphasis {
  selected: GraphItem | undefined;
  /** Nodes that match the search; undefined: there is none. */
  matches: ReadonlySet<string> | undefined;
  /** Hops of the nodes that have the chosen message; undefined: none is chosen. */
  hops: ReadonlyMap<string, number> | undefined;
}

const MIN_LABEL_PX = 8;
const MAX_LABEL_PX = 14;
/** Conditions are written on up to this many links; on those that a fault has changed, on more. */
const MAX_PILLS = 60;
/** In a graph of more links than this, lines are thinner, and have no dashes: thousands take longer to draw than to look at. */
const CROWDED_LINKS = 1_500;
/** In a graph of more nodes than this, parts that are cut off colour their nodes instead of the ground. */
const MAX_NODES_WITH_GROUND = 150;
/** The largest parts have colours. */
export const MAX_COLOURED_PARTS = 4;
const MAX_CUT_SIGNS = 260;

/** Dashes and width of each kind of link, pixels of the canvas. */
const LINK_STROKES: Record<LinkShape, { dash: number[]; width: number }> = {
  up: { dash: [], width: 1.3 },
  cut: { dash: [5, 4], width: 1.7 },
  broken: { dash: [8, 4], width: 1.8 },
  missing: { dash: [2, 5], width: 1.8 },
  extra: { dash: [1, 3], width: 2 },
  dead: { dash: [2, 4], width: 1 },
  unknown: { dash: [6, 2, 1, 2], width: 1 },
};
const LOSSY_DASH = [10, 3];
const CROWDED_ALPHA: Record<LinkShape, number> = {
  ...{ up: 0.6, cut: 0.22, broken: 0.5, missing: 0.5, extra: 1, dead: 0.3, unknown: 0.4 },
};
/** Drawn one over the other in this order. */
const DRAWING_ORDER: LinkShape[] = ['cut', 'dead', 'unknown', 'up', 'broken', 'missing', 'extra'];

/** Parts by the indices of their nodes, where nodes have the colours of their parts. */
function partsOfNodes({ nodes, islands }: GraphScene): Map<number, number> | undefined {
  if (islands.length === 0 || nodes.length <= MAX_NODES_WITH_GROUND) return undefined;
  return new Map(
    islands
      .slice(0, MAX_COLOURED_PARTS)
      .flatMap((part, index) => (part.length < 2 ? [] : part.map((node) => [node, index] as const))),
  );
}

/** Makes pixels of the layout the unit of a canvas. */
export function applyCamera(context: CanvasRenderingContext2D, camera: Camera, canvas: Size, pixelRatio: number): void {
  const unit = camera.scale * pixelRatio;
  context.setTransform(
    unit,
    0,
    0,
    unit,
    (canvas.width / 2 - camera.x * camera.scale) * pixelRatio,
    (canvas.height / 2 - camera.y * camera.scale) * pixelRatio,
  );
}

/** Draws the whole graph. */
export function drawGraph(
  context: CanvasRenderingContext2D,
  scene: GraphScene,
  { selected, matches, hops }: Emphasis,
  camera: Camera,
  theme: Theme,
): void {
  const px = 1 / camera.scale;
  const near = nodesNear(scene, selected);
  context.lineCap = 'butt';
  context.lineJoin = 'round';
  drawIslands(context, scene, theme, px);
  drawLinks(context, scene, near, theme, px);
  drawArrowHeads(context, scene, theme, camera.scale);
  drawCutSigns(context, scene, theme, camera.scale);
  if (selected?.kind === 'link') drawSelectedLink(context, scene, selected, theme, px);
  const parts = partsOfNodes(scene);
  for (const [index, node] of scene.nodes.entries()) {
    const part = parts?.get(index);
    const colour =
      parts === undefined ? groupColour(node.group, theme) : part === undefined ? theme.quiet : partColour(part);
    const isDim = (near !== undefined && !near.has(node.name)) || (matches !== undefined && !matches.has(node.name));
    drawNode(context, node, { colour, isDim, hops: hops && { of: hops.get(node.name) } }, theme, camera.scale);
    if (matches?.has(node.name)) drawRing(context, node, theme.accent, camera.scale, 4);
    if (selected?.kind === 'node' && selected.name === node.name)
      drawRing(context, node, theme.accent, camera.scale, 3);
  }
  drawLabels(context, scene, near, matches, hops !== undefined, theme, camera.scale);
  drawConditions(context, scene, selected, theme, camera.scale);
}

/** The selected node and its neighbours, or the ends of the selected link; undefined: nothing is selected. */
function nodesNear(scene: GraphScene, selected: GraphItem | undefined): Set<string> | undefined {
  if (selected === undefined) return undefined;
  if (selected.kind === 'link') return new Set([selected.from, selected.to]);
  const near = new Set([selected.name]);
  for (const { from, to } of scene.links) {
    if (from === selected.name) near.add(to);
    if (to === selected.name) near.add(from);
  }
  return near;
}

/** Draws a soft ground below each part of a partitioned network: parts that cannot reach each other do not touch. */
function drawIslands(context: CanvasRenderingContext2D, scene: GraphScene, theme: Theme, px: number): void {
  if (scene.islands.length === 0 || scene.nodes.length > MAX_NODES_WITH_GROUND) return;
  const { width, height } = context.canvas;
  const layer = new OffscreenCanvas(width, height).getContext('2d')!;
  layer.lineCap = 'round';
  const partOf = new Map(scene.islands.flatMap((part, index) => part.map((node) => [node, index] as const)));
  scene.islands.forEach((part, index) => {
    const paths = new Path2D();
    for (const { a, b, shape, curves } of scene.links) {
      if (shape !== 'cut' && partOf.get(a) === index && partOf.get(b) === index) traceCurves(paths, curves);
    }
    const circles = new Path2D();
    for (const member of part) {
      const node = scene.nodes[member]!;
      const radius = nodeRadius(node, 1 / px) + 11 * px;
      circles.moveTo(node.x + radius, node.y);
      circles.arc(node.x, node.y, radius, 0, 2 * Math.PI);
    }
    const colour = partColour(index);
    layer.setTransform(context.getTransform());
    layer.strokeStyle = colour;
    layer.fillStyle = colour;
    layer.lineWidth = (scene.links.length > 250 ? 11 : 20) * px;
    layer.stroke(paths);
    layer.fill(circles);
    // All of it at once, so that what overlaps does not add up.
    context.save();
    context.resetTransform();
    context.globalAlpha = theme.isDark ? 0.26 : 0.17;
    context.drawImage(layer.canvas, 0, 0);
    context.restore();
    layer.resetTransform();
    layer.clearRect(0, 0, width, height);
  });
}

function drawLinks(
  context: CanvasRenderingContext2D,
  { links, nodes }: GraphScene,
  near: ReadonlySet<string> | undefined,
  theme: Theme,
  px: number,
): void {
  const colours = linkColours(theme);
  const batches = new Map<string, { path: Path2D; shape: LinkShape; colour: string; alpha: number; dash: number[] }>();
  const isCrowded = links.length > CROWDED_LINKS;
  for (const { a, b, shape, changed, lossy, conditions, curves } of links) {
    const isNear = near === undefined || (near.has(nodes[a]!.name) && near.has(nodes[b]!.name));
    const isMarked = shape === 'up' && conditions !== '' && changed;
    const alpha = isNear ? (isCrowded && near === undefined ? CROWDED_ALPHA[shape] : 1) : 0.16;
    const colour = isMarked ? theme.violet : isNear && near ? emphasised(shape, theme) : colours[shape];
    const dash = lossy && shape === 'up' ? LOSSY_DASH : LINK_STROKES[shape].dash;
    const key = `${shape} ${colour} ${alpha} ${dash.length}`;
    let batch = batches.get(key);
    if (!batch) {
      batch = { path: new Path2D(), shape, colour, alpha, dash };
      batches.set(key, batch);
    }
    traceCurves(batch.path, curves);
  }
  const ordered = [...batches.values()].sort(
    (one, other) => DRAWING_ORDER.indexOf(one.shape) - DRAWING_ORDER.indexOf(other.shape),
  );
  for (const { path, shape, colour, alpha, dash } of ordered) {
    context.globalAlpha = alpha;
    context.strokeStyle = colour;
    context.lineWidth = (isCrowded ? 0.75 : 1) * LINK_STROKES[shape].width * px;
    context.setLineDash(isCrowded ? [] : dash.map((length) => length * px));
    context.stroke(path);
  }
  context.setLineDash([]);
  context.globalAlpha = 1;
}

function linkColours(theme: Theme): Record<LinkShape, string> {
  return {
    up: theme.link,
    cut: theme.red,
    broken: theme.amber,
    missing: theme.amber,
    extra: theme.purple,
    dead: theme.quiet,
    unknown: theme.quiet,
  };
}

const emphasised = (shape: LinkShape, theme: Theme) => (shape === 'up' ? theme.accent : linkColours(theme)[shape]);

function drawSelectedLink(
  context: CanvasRenderingContext2D,
  { links }: GraphScene,
  { from, to }: { from: string; to: string },
  theme: Theme,
  px: number,
): void {
  const link = links.find((one) => (one.from === from && one.to === to) || (one.from === to && one.to === from));
  if (!link) return;
  const path = new Path2D();
  traceCurves(path, link.curves);
  context.globalAlpha = 0.3;
  context.strokeStyle = theme.accent;
  context.lineWidth = 9 * px;
  context.lineCap = 'round';
  context.stroke(path);
  context.lineCap = 'butt';
  context.globalAlpha = 1;
}

/** Draws who dials whom, where only one of two nodes dials the other. */
function drawArrowHeads(context: CanvasRenderingContext2D, scene: GraphScene, theme: Theme, scale: number): void {
  if (scale < 0.45) return;
  const px = 1 / scale;
  const size = Math.min(9, 5 + 3 * scale) * px;
  const colours = linkColours(theme);
  for (const { twoWay, curves, shape } of scene.links) {
    if (twoWay) continue;
    const [x, y] = pointOnCurves(curves, 1);
    const [bx, by] = pointOnCurves(curves, 0.94);
    const angle = Math.atan2(y - by, x - bx);
    context.fillStyle = colours[shape];
    context.beginPath();
    context.moveTo(x, y);
    context.lineTo(x - size * Math.cos(angle - 0.4), y - size * Math.sin(angle - 0.4));
    context.lineTo(x - size * Math.cos(angle + 0.4), y - size * Math.sin(angle + 0.4));
    context.fill();
  }
}

/** Draws two bars across each cut link: the line is interrupted there. */
function drawCutSigns(context: CanvasRenderingContext2D, scene: GraphScene, theme: Theme, scale: number): void {
  const cut = scene.links.filter(({ shape }) => shape === 'cut');
  if (cut.length > MAX_CUT_SIGNS && scale < 1) return;
  const px = 1 / scale;
  for (const { curves } of cut) {
    const [x, y] = pointOnCurves(curves, 0.5);
    const [bx, by] = pointOnCurves(curves, 0.45);
    context.save();
    context.translate(x, y);
    context.rotate(Math.atan2(y - by, x - bx));
    context.fillStyle = theme.page;
    context.fillRect(-3.5 * px, -5 * px, 7 * px, 10 * px);
    context.fillStyle = theme.red;
    context.fillRect(-4.5 * px, -6 * px, 2 * px, 12 * px);
    context.fillRect(2.5 * px, -6 * px, 2 * px, 12 * px);
    context.restore();
  }
}

/** Writes names where the layout has room for them and they can be read; those of what is chosen, always. */
function drawLabels(
  context: CanvasRenderingContext2D,
  { nodes }: GraphScene,
  near: ReadonlySet<string> | undefined,
  matches: ReadonlySet<string> | undefined,
  showsHops: boolean,
  theme: Theme,
  scale: number,
): void {
  const px = 1 / scale;
  const chosen =
    matches !== undefined && matches.size <= 40 ? matches : near !== undefined && near.size <= 40 ? near : undefined;
  for (const node of nodes) {
    const isChosen = chosen?.has(node.name) ?? false;
    const fromLayout = (node.label?.size ?? 11) * scale;
    // Inside of a node that is large enough, small text is better than none.
    const hasRoom = node.label?.isInside === true && node.radius * scale >= MIN_LABEL_PX + 1;
    const size = Math.min(MAX_LABEL_PX, hasRoom ? Math.max(MIN_LABEL_PX, fromLayout) : fromLayout);
    const fits = node.label !== undefined && size >= MIN_LABEL_PX;
    if (!fits && !isChosen) continue;
    const isDim = (near !== undefined && !near.has(node.name)) || (matches !== undefined && !matches.has(node.name));
    context.globalAlpha = isDim ? 0.35 : 1;
    const isFilled = node.shape === 'running' || node.shape === 'paused';
    if (fits && node.label!.isInside && size < nodeRadius(node, scale) * scale * 1.6) {
      if (showsHops || node.shape === 'paused' || node.shape === 'ended' || node.shape === 'missing') {
        drawHaloText(context, node.name, node.x, node.y + nodeRadius(node, scale) + 9 * px, 11, theme, px);
      } else {
        const colour = isFilled ? readableOn(groupColour(node.group, theme)) : theme.ink;
        drawCentredText(context, node.name, node.x, node.y, size, colour, px, '600');
      }
    } else if (fits && !node.label!.isInside) {
      drawLayoutLabel(context, node, size, theme, px);
    } else {
      drawHaloText(context, node.name, node.x, node.y + nodeRadius(node, scale) + 9 * px, 11, theme, px);
    }
  }
  context.globalAlpha = 1;
}

function drawLayoutLabel(context: CanvasRenderingContext2D, node: SceneNode, size: number, theme: Theme, px: number) {
  const { x, y, anchor, angle } = node.label!;
  context.save();
  context.translate(x, y);
  if (angle !== 0) context.rotate((angle * Math.PI) / 180);
  context.font = `500 ${size * px}px ${FONT}`;
  context.textAlign = anchor === 'middle' ? 'center' : anchor;
  context.textBaseline = 'alphabetic';
  context.lineWidth = 3 * px;
  context.strokeStyle = theme.page;
  context.strokeText(node.name, 0, 0);
  context.fillStyle = node.shape === 'running' || node.shape === 'paused' ? theme.ink : theme.red;
  context.fillText(node.name, 0, 0);
  context.restore();
}

/** Writes the conditions of links beside them: of few links all, else those that a fault has changed or that are selected. */
function drawConditions(
  context: CanvasRenderingContext2D,
  scene: GraphScene,
  selected: GraphItem | undefined,
  theme: Theme,
  scale: number,
): void {
  const px = 1 / scale;
  const withConditions = scene.links.filter(({ sign, shape }) => sign !== '' && shape !== 'cut' && shape !== 'dead');
  const isSelected = ({ from, to }: SceneLink) =>
    selected?.kind === 'node'
      ? from === selected.name || to === selected.name
      : selected?.kind === 'link' && selected.from === from && selected.to === to;
  const all = withConditions.length <= MAX_PILLS && scale > 0.6;
  const written = withConditions.filter((link) => all || link.changed || isSelected(link)).slice(0, MAX_PILLS);
  context.font = `600 ${10.5 * px}px ${FONT}`;
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  for (const link of written) {
    const { sign, changed } = link;
    const width = context.measureText(sign).width + 12 * px;
    const { x, y } = pillPosition(scene, link, width, px);
    context.beginPath();
    context.roundRect(x - width / 2, y - 8.5 * px, width, 17 * px, 8.5 * px);
    context.fillStyle = changed ? theme.violet : theme.page;
    context.fill();
    context.lineWidth = px;
    context.strokeStyle = changed ? theme.violet : theme.line;
    context.stroke();
    context.fillStyle = changed ? readableOn(theme.violet) : theme.quiet;
    context.fillText(sign, x, y + 0.5 * px);
  }
}
