/** View of the graph: the point of the layout in the middle of the canvas, and pixels per pixel of the layout. */
export interface Camera {
  x: number;
  y: number;
  scale: number;
}

export interface Size {
  width: number;
  height: number;
}

const MAX_SCALE = 12;
/** Small graphs are not blown up beyond this. */
const MAX_FIT_SCALE = 2.2;
const PADDING_PX = 28;

/** Returns the camera that shows all of a layout. */
export function fitCamera(layout: Size, canvas: Size): Camera {
  const scale = Math.min(
    MAX_FIT_SCALE,
    Math.max(0.02, (canvas.width - 2 * PADDING_PX) / Math.max(1, layout.width)),
    Math.max(0.02, (canvas.height - 2 * PADDING_PX) / Math.max(1, layout.height)),
  );
  return { x: layout.width / 2, y: layout.height / 2, scale };
}

/** Zooms so that the point of the layout below a point of the canvas stays there. */
export function zoomAt(camera: Camera, canvas: Size, px: number, py: number, factor: number, minScale: number): Camera {
  const scale = Math.min(MAX_SCALE, Math.max(minScale, camera.scale * factor));
  const at = toLayout(camera, canvas, px, py);
  return { scale, x: at.x - (px - canvas.width / 2) / scale, y: at.y - (py - canvas.height / 2) / scale };
}

export function toLayout(camera: Camera, canvas: Size, px: number, py: number): { x: number; y: number } {
  return {
    x: camera.x + (px - canvas.width / 2) / camera.scale,
    y: camera.y + (py - canvas.height / 2) / camera.scale,
  };
}

export function toCanvas(camera: Camera, canvas: Size, x: number, y: number): { x: number; y: number } {
  return { x: (x - camera.x) * camera.scale + canvas.width / 2, y: (y - camera.y) * camera.scale + canvas.height / 2 };
}
