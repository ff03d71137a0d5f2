import type { GraphItem } from '../state/graph-item.ts';
import { type Camera, fitCamera, type Size, toCanvas, toLayout, zoomAt } from './camera.ts';
import { applyCamera, drawGraph, type Emphasis } from './draw-graph.ts';
import { findAt, nodesInside } from './find-at.ts';
import { drawMotes, GossipAnimation, type LinkFinder, type motesOfMessage } from './gossip-particles.ts';
import type { GraphScene } from './graph-scene.ts';
import { readTheme } from './theme.ts';

/** While the view moves, a large graph is drawn as an image, and sharply once it has stood still for this long, milliseconds. */
const SETTLE_MS = 110;
const LARGE_GRAPH_LINKS = 1_200;

/** The two canvases: below, the graph, drawn when it changes; above, what moves. */
export class GraphCanvas {
  readonly #base: HTMLCanvasElement;
  readonly #over: HTMLCanvasElement;
  readonly #observer: ResizeObserver;
  readonly #animation = new GossipAnimation();
  #theme = readTheme(document.documentElement);
  #scene: GraphScene | undefined;
  #emphasis: Emphasis | undefined;
  #links: LinkFinder | undefined;
  #camera: Camera = { x: 0, y: 0, scale: 1 };
  /** Camera that the base was last drawn with. */
  #drawn: Camera | undefined;
  #size: Size = { width: 1, height: 1 };
  #isFitted = true;
  #momentMotes: ((scale: number) => ReturnType<typeof motesOfMessage>) | undefined;
  #lasso: readonly number[] | undefined;
  #pointed: GraphItem | undefined;
  #frame = 0;
  #needsBase = false;
  #settleTimer: ReturnType<typeof setTimeout> | undefined;
  #isPrimed = false;

  constructor(base: HTMLCanvasElement, over: HTMLCanvasElement) {
    this.#base = base;
    this.#over = over;
    this.#observer = new ResizeObserver(() => this.#resize());
    this.#observer.observe(over);
    this.#resize();
  }

  close(): void {
    this.#observer.disconnect();
    cancelAnimationFrame(this.#frame);
    clearTimeout(this.#settleTimer);
  }

  show(scene: GraphScene, emphasis: Emphasis): void {
    const isOther = this.#scene?.width !== scene.width || this.#scene.height !== scene.height;
    this.#scene = scene;
    this.#emphasis = emphasis;
    if (isOther) this.showAll();
    this.#requestBase();
  }

  changeTheme(): void {
    this.#theme = readTheme(document.documentElement);
    this.#requestBase();
  }

  showAll(): void {
    if (!this.#scene) return;
    this.#camera = fitCamera(this.#scene, this.#size);
    this.#isFitted = true;
    this.#requestBase();
  }

  pan(dx: number, dy: number): void {
    const { x, y, scale } = this.#camera;
    this.#moveTo({ x: x - dx / scale, y: y - dy / scale, scale });
  }

  zoom(px: number, py: number, factor: number): void {
    if (!this.#scene) return;
    const minScale = fitCamera(this.#scene, this.#size).scale * 0.4;
    this.#moveTo(zoomAt(this.#camera, this.#size, px, py, factor, minScale));
  }

  zoomCentre(factor: number): void {
    this.zoom(this.#size.width / 2, this.#size.height / 2, factor);
  }

  /** Moves the view so that a node is in it. */
  reveal(name: string): void {
    const node = this.#scene?.nodes[this.#scene.indexOf.get(name) ?? -1];
    if (!node) return;
    const { x, y } = toCanvas(this.#camera, this.#size, node.x, node.y);
    const margin = 40;
    const isInView = x > margin && y > margin && x < this.#size.width - margin && y < this.#size.height - margin;
    if (!isInView) this.#moveTo({ ...this.#camera, x: node.x, y: node.y });
  }

  itemAt(px: number, py: number): GraphItem | undefined {
    if (!this.#scene) return undefined;
    const { x, y } = toLayout(this.#camera, this.#size, px, py);
    return findAt(this.#scene, x, y, this.#camera.scale);
  }

  point(item: GraphItem | undefined): void {
    this.#over.parentElement!.classList.toggle('pointing', item !== undefined);
    if (JSON.stringify(item) === JSON.stringify(this.#pointed)) return;
    this.#pointed = item;
    this.#request();
  }

  /** @param polygon x and y of points on the canvas; undefined: takes the lasso away */
  drawLasso(polygon: readonly number[] | undefined): void {
    this.#lasso = polygon?.flatMap((_, index) => {
      if (index % 2 === 1) return [];
      const { x, y } = toLayout(this.#camera, this.#size, polygon[index]!, polygon[index + 1]!);
      return [x, y];
    });
    this.#request();
  }

  namesInside(polygon: readonly number[]): string[] {
    this.drawLasso(polygon);
    return this.#scene && this.#lasso ? nodesInside(this.#scene, this.#lasso) : [];
  }

  settle(): void {
    this.#requestBase();
  }

  /** Shows messages as they come. @param isLive false: what is there now was there before */
  animate(messages: Iterable<Parameters<typeof motesOfMessage>[0]>, links: LinkFinder, isLive: boolean): void {
    if (!this.#scene) return;
    this.#momentMotes = undefined;
    this.#links = links;
    const all = [...messages];
    if (!isLive || !this.#isPrimed) {
      this.#animation.skip(all);
      this.#isPrimed = isLive;
    } else this.#animation.update(all.slice(-40), this.#scene, this.#links, performance.now());
    if (this.#animation.isRunning) this.#request();
  }

  /** Shows where a message was at one moment. */
  showMoment(motes: ((scale: number) => ReturnType<typeof motesOfMessage>) | undefined): void {
    this.#isPrimed = false;
    this.#momentMotes = motes;
    this.#request();
  }

  #moveTo(camera: Camera): void {
    this.#camera = camera;
    this.#isFitted = false;
    if ((this.#scene?.links.length ?? 0) < LARGE_GRAPH_LINKS) {
      this.#requestBase();
      return;
    }
    this.#moveImage();
    clearTimeout(this.#settleTimer);
    this.#settleTimer = setTimeout(() => this.#requestBase(), SETTLE_MS);
    this.#request();
  }

  /** Moves what is drawn to where the camera has it, without drawing it again. */
  #moveImage(): void {
    const drawn = this.#drawn;
    if (!drawn) return;
    const factor = this.#camera.scale / drawn.scale;
    const { width, height } = this.#size;
    const x = (drawn.x - this.#camera.x) * this.#camera.scale + (width / 2) * (1 - factor);
    const y = (drawn.y - this.#camera.y) * this.#camera.scale + (height / 2) * (1 - factor);
    this.#base.style.transformOrigin = '0 0';
    this.#base.style.transform = `translate(${x}px, ${y}px) scale(${factor})`;
  }

  #resize(): void {
    const { clientWidth, clientHeight } = this.#over;
    if (clientWidth === 0) return;
    this.#size = { width: clientWidth, height: clientHeight };
    for (const canvas of [this.#base, this.#over]) {
      canvas.width = Math.round(clientWidth * devicePixelRatio);
      canvas.height = Math.round(clientHeight * devicePixelRatio);
    }
    if (this.#isFitted) this.showAll();
    // At once: a canvas is blank after a change of its size.
    this.#needsBase = true;
    this.#draw();
  }

  #requestBase(): void {
    this.#needsBase = true;
    this.#request();
  }

  #request(): void {
    this.#frame ||= requestAnimationFrame(() => this.#draw());
  }

  #draw(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    const [scene, emphasis] = [this.#scene, this.#emphasis];
    if (!scene || !emphasis) return;
    if (this.#needsBase) {
      this.#needsBase = false;
      const context = clearCanvas(this.#base);
      applyCamera(context, this.#camera, this.#size, devicePixelRatio);
      drawGraph(context, scene, emphasis, this.#camera, this.#theme);
      this.#drawn = this.#camera;
      this.#base.style.transform = '';
    }
    this.#drawOver(scene);
    if (this.#animation.isRunning && !this.#momentMotes) this.#request();
  }

  #drawOver(scene: GraphScene): void {
    const context = clearCanvas(this.#over);
    const { scale } = this.#camera;
    applyCamera(context, this.#camera, this.#size, devicePixelRatio);
    if (this.#pointed?.kind === 'node') {
      const node = scene.nodes[scene.indexOf.get(this.#pointed.name) ?? -1];
      if (node) {
        context.beginPath();
        context.arc(node.x, node.y, Math.max(node.radius, 4 / scale) + 3 / scale, 0, 2 * Math.PI);
        context.strokeStyle = this.#theme.accent;
        context.lineWidth = 1.6 / scale;
        context.stroke();
      }
    }
    const motes = this.#momentMotes?.(scale) ?? this.#animation.motesAt(performance.now(), scene, scale);
    drawMotes(context, motes, scale, this.#theme.page);
    if (!this.#lasso) return;
    context.beginPath();
    for (let i = 0; i < this.#lasso.length; i += 2) context.lineTo(this.#lasso[i]!, this.#lasso[i + 1]!);
    context.closePath();
    context.globalAlpha = 0.12;
    context.fillStyle = this.#theme.accent;
    context.fill();
    context.globalAlpha = 1;
    context.strokeStyle = this.#theme.accent;
    context.lineWidth = 1.6 / scale;
    context.setLineDash([6 / scale, 4 / scale]);
    context.stroke();
    context.setLineDash([]);
  }
}

function clearCanvas(canvas: HTMLCanvasElement): CanvasRenderingContext2D {
  const context = canvas.getContext('2d')!;
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.clearRect(0, 0, canvas.width, canvas.height);
  return context;
}
