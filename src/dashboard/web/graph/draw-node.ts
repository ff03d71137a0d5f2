import type { SceneNode } from './graph-scene.ts';
import { nodeRadius } from './scene-geometry.ts';
import { hopColour, type Theme } from './theme.ts';

export const FONT = 'system-ui, sans-serif';

/** Draws a node; its shape tells its state, and a badge that something is wrong with it. */
export function drawNode(
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

/** Draws a ring around a node that is chosen. @param gap pixels of the canvas between them */
export function drawRing(
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

export function drawCentredText(
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

/** Writes text that is readable on lines, too. */
export function drawHaloText(
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
