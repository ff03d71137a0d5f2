import { CATEGORICAL_COLOURS, SEQUENTIAL_COLOURS } from '../../../shared/palette.ts';
import type { GraphItem } from '../state/graph-item.ts';
import type { Camera, Size } from './camera.ts';
import { pointOnCurves, traceCurves } from './curves.ts';
import type { GraphScene, LinkShape, SceneLink, SceneNode } from './graph-scene.ts';
import type { Theme } from './theme.ts';

/** What the reader has chosen to see. */
export interface Emphasis {
  selected: GraphItem | undefined;
  /** Nodes that match the search; undefined: there is none. */
  matches: ReadonlySet<string> | undefined;
  /** Hops of the nodes that have the chosen message; undefined: none is chosen. */
  hops: ReadonlyMap<string, number> | undefined;
}

/** A node is never smaller or larger than this, pixels of the canvas. */
const MIN_NODE_PX = 3.4;
const MAX_NODE_PX = 44;
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
const FONT = 'system-ui, sans-serif';

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

/** Colour of a node by the hops that a message took to it; the number is written in, too. */
export function hopColour(hops: number): string {
  return SEQUENTIAL_COLOURS[Math.min(hops, SEQUENTIAL_COLOURS.length - 1)]!;
}

/** Colour of a part of a partitioned network. */
export function partColour(part: number): string {
  return CATEGORICAL_COLOURS[(part + 1) % CATEGORICAL_COLOURS.length]!;
}

/** Parts by the indices of their nodes, where nodes have the colours of their parts. */
function partsOfNodes({ nodes, islands }: GraphScene): Map<number, number> | undefined {
  if (islands.length === 0 || nodes.length <= MAX_NODES_WITH_GROUND) return undefined;
  return new Map(
    islands
      .slice(0, MAX_COLOURED_PARTS)
      .flatMap((part, index) => (part.length < 2 ? [] : part.map((node) => [node, index] as const))),
  );
}

export function groupColour(group: number, theme: Theme): string {
  return group < 0 ? theme.node : CATEGORICAL_COLOURS[group % CATEGORICAL_COLOURS.length]!;
}

/** Radius of a node, in pixels of the layout. */
export function nodeRadius(node: Pick<SceneNode, 'radius'>, scale: number): number {
  return Math.min(Math.max(node.radius, MIN_NODE_PX / scale), Math.max(MAX_NODE_PX / scale, MIN_NODE_PX / scale));
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

function drawNode(
  context: CanvasRenderingContext2D,
  node: SceneNode,
  { colour: own, isDim, hops }: { colour: string; isDim: boolean; hops: { of: number | undefined } | undefined },
  theme: Theme,
  scale: number,
): void {
  const { x, y, shape, drifts, fault } = node;
  const px = 1 / scale;
  const radius = nodeRadius(node, scale);
  const isHollow = shape === 'ended' || shape === 'missing' || shape === 'starting';
  const hasMessage = hops?.of !== undefined;
  const colour = hasMessage ? hopColour(hops.of!) : own;
  context.globalAlpha = isDim ? 0.3 : 1;
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  if (isHollow || (hops && !hasMessage)) {
    context.fillStyle = theme.page;
    context.fill();
    context.lineWidth = 1.7 * px;
    context.strokeStyle = isHollow ? (shape === 'starting' ? colour : theme.red) : theme.quiet;
    context.setLineDash(shape === 'missing' || shape === 'starting' ? [3 * px, 2.5 * px] : []);
    context.stroke();
    context.setLineDash([]);
  } else {
    context.fillStyle = colour;
    context.fill();
    context.lineWidth = 1.2 * px;
    context.strokeStyle = theme.page;
    context.stroke();
  }
  if (shape === 'ended' || shape === 'missing') drawCross(context, x, y, radius * 0.46, theme.red, px);
  if (shape === 'paused') drawPauseSign(context, x, y, radius, theme, px);
  if (drifts) drawBadge(context, x + radius * 0.8, y - radius * 0.8, '!', theme.amber, theme, px);
  else if (fault !== undefined && shape === 'running') {
    drawBadge(context, x + radius * 0.8, y - radius * 0.8, '↯', theme.violet, theme, px);
  }
  if (hasMessage && radius * scale >= 7) {
    drawCentredText(
      context,
      String(hops.of),
      x,
      y,
      Math.min(13, radius * scale),
      hops.of! > 3 ? '#10151b' : '#fff',
      px,
    );
  }
  context.globalAlpha = 1;
}

function drawCross(context: CanvasRenderingContext2D, x: number, y: number, arm: number, colour: string, px: number) {
  context.strokeStyle = colour;
  context.lineWidth = 2 * px;
  context.beginPath();
  context.moveTo(x - arm, y - arm);
  context.lineTo(x + arm, y + arm);
  context.moveTo(x + arm, y - arm);
  context.lineTo(x - arm, y + arm);
  context.stroke();
}

function drawPauseSign(
  context: CanvasRenderingContext2D,
  x: number,
  y: number,
  radius: number,
  theme: Theme,
  px: number,
): void {
  const [width, height] = [Math.max(1.6 * px, radius * 0.26), Math.max(6 * px, radius * 1.1)];
  const gap = Math.max(1.6 * px, radius * 0.24);
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.globalAlpha *= 0.72;
  context.fillStyle = theme.page;
  context.fill();
  context.globalAlpha = Math.min(1, context.globalAlpha / 0.72);
  context.strokeStyle = theme.quiet;
  context.lineWidth = 1.6 * px;
  context.stroke();
  context.fillStyle = theme.ink;
  context.fillRect(x - gap / 2 - width, y - height / 2, width, height);
  context.fillRect(x + gap / 2, y - height / 2, width, height);
}

function drawBadge(
  context: CanvasRenderingContext2D,
  x: number,
  y: number,
  sign: string,
  colour: string,
  theme: Theme,
  px: number,
): void {
  const size = 6.5 * px;
  context.beginPath();
  context.moveTo(x, y - size);
  context.lineTo(x + size, y + size * 0.8);
  context.lineTo(x - size, y + size * 0.8);
  context.closePath();
  context.lineWidth = 2.5 * px;
  context.strokeStyle = theme.page;
  context.stroke();
  context.fillStyle = colour;
  context.fill();
  drawCentredText(context, sign, x, y + 1.6 * px, 9, '#10151b', px, 'bold');
}

function drawRing(
  context: CanvasRenderingContext2D,
  node: SceneNode,
  colour: string,
  scale: number,
  gap: number,
): void {
  context.beginPath();
  context.arc(node.x, node.y, nodeRadius(node, scale) + gap / scale, 0, 2 * Math.PI);
  context.strokeStyle = colour;
  context.lineWidth = 2.4 / scale;
  context.stroke();
}

function drawCentredText(
  context: CanvasRenderingContext2D,
  text: string,
  x: number,
  y: number,
  sizePx: number,
  colour: string,
  px: number,
  weight = '600',
): void {
  context.font = `${weight} ${sizePx * px}px ${FONT}`;
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  context.fillStyle = colour;
  context.fillText(text, x, y);
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

function drawHaloText(
  context: CanvasRenderingContext2D,
  text: string,
  x: number,
  y: number,
  sizePx: number,
  theme: Theme,
  px: number,
): void {
  context.font = `600 ${sizePx * px}px ${FONT}`;
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  context.lineWidth = 3.5 * px;
  context.strokeStyle = theme.page;
  context.strokeText(text, x, y);
  context.fillStyle = theme.ink;
  context.fillText(text, x, y);
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

interface Point {
  x: number;
  y: number;
}

/** Returns the middle of a pill: on its link or, where that is shorter than the pill, beside it on the emptier side. */
function pillPosition(scene: GraphScene, { a, b, middle }: SceneLink, width: number, px: number): Point {
  const [x, y] = middle;
  const [from, to] = [scene.nodes[a]!, scene.nodes[b]!];
  const length = Math.hypot(to.x - from.x, to.y - from.y);
  if (length - from.radius - to.radius > width + 6 * px) return { x, y };
  const [nx, ny] = [(from.y - to.y) / (length || 1), (to.x - from.x) / (length || 1)];
  const radius = nodeRadius(from, 1 / px);
  const away = (Math.abs(nx) * width) / 2 + Math.abs(ny) * (radius + 13 * px) + Math.abs(nx) * 8 * px;
  const sides = [1, -1].map((side) => ({ x: x + side * nx * away, y: y + side * ny * away }));
  const [first, second] = sides as [Point, Point];
  return countCovered(scene, first, width, px) <= countCovered(scene, second, width, px) ? first : second;
}

/** Counts the nodes and the middles of links that a pill covers. */
function countCovered({ nodes, links }: GraphScene, at: Point, width: number, px: number): number {
  const isNear = (x: number, y: number, radius: number) =>
    Math.abs(x - at.x) < width / 2 + radius && Math.abs(y - at.y) < 9 * px + radius;
  return (
    nodes.filter((node) => isNear(node.x, node.y, node.radius)).length * 3 +
    links.filter(({ middle: [x, y] }) => isNear(x, y, 14 * px)).length
  );
}

/** Returns black or white, whichever stands out more on a colour. */
export function readableOn(colour: string): string {
  const [red, green, blue] = [1, 3, 5].map((start) => Number.parseInt(colour.slice(start, start + 2), 16) / 255);
  const linear = (part: number) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
  const luminance = 0.2126 * linear(red!) + 0.7152 * linear(green!) + 0.0722 * linear(blue!);
  return luminance > 0.36 ? '#10151b' : '#ffffff';
}
