import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { GraphItem } from '../state/graph-item.ts';
import { useStore } from '../state/use-store.ts';
import { type Camera, fitCamera, type Size, toCanvas, toLayout, zoomAt } from './camera.ts';
import { applyCamera, drawGraph, type Emphasis } from './draw-graph.ts';
import { findAt, nodesInside } from './find-at.ts';
import { drawMotes, GossipAnimation, LinkFinder, motesOfMessage } from './gossip-particles.ts';
import { GraphLegend } from './graph-legend.tsx';
import type { GraphScene } from './graph-scene.ts';
import { LassoBar } from './lasso-bar.tsx';
import { nearestInDirection } from './nearest-node.ts';
import { readTheme } from './theme.ts';

/** While the view moves, a large graph is drawn as an image, and sharply once it has stood still for this long, milliseconds. */
const SETTLE_MS = 110;
const LARGE_GRAPH_LINKS = 1_200;
/** A pointer that moved less than this clicked, pixels. */
const CLICK_PX = 4;
const PAN_STEP_PX = 60;

interface Props {
  scene: GraphScene;
  emphasis: Emphasis;
  theme: string;
  /** Text about the graph, for those who cannot see it. */
  summary: string;
}

/** The graph: looked at, moved, zoomed, and chosen from. */
export function GraphView({ scene, emphasis, theme, summary }: Props) {
  const store = useStore();
  const base = useRef<HTMLCanvasElement>(null);
  const over = useRef<HTMLCanvasElement>(null);
  const stage = useRef<HTMLDivElement>(null);
  const [tip, setTip] = useState<{ x: number; y: number; text: string }>();
  const [tool, setTool] = useState<'move' | 'lasso'>('move');
  const [encircled, setEncircled] = useState<string[]>();
  const links = useMemo(() => new LinkFinder(scene), [scene]);
  const view = useRef<GraphCanvas>(null);

  useEffect(() => {
    const canvas = new GraphCanvas(base.current!, over.current!);
    view.current = canvas;
    return () => canvas.close();
  }, []);
  useEffect(() => view.current?.show(scene, emphasis), [scene, emphasis]);
  useEffect(() => view.current?.changeTheme(), [theme]);

  // Messages that travel: live as they come, else those of the chosen message at the moment that is shown.
  const { messageId, cursorMs } = store;
  const message = messageId === undefined ? undefined : store.run.gossip.messages.get(messageId);
  useEffect(() => {
    const canvas = view.current;
    if (!canvas) return;
    if (cursorMs === undefined)
      canvas.animate(store.run.gossip.messages.values(), links, store.connection !== 'connecting');
    else canvas.showMoment(message && ((scale) => motesOfMessage(message, cursorMs, scene, links, scale)));
  });

  const select = (item: GraphItem | undefined) => store.set({ selected: item });
  const describe = (item: GraphItem): string => {
    if (item.kind === 'node') {
      const node = scene.nodes[scene.indexOf.get(item.name)!]!;
      const group = node.group < 0 ? '' : ` · ${scene.groups[node.group]}`;
      const drift = node.drifts ? '\nits links are not the declared ones' : '';
      return `${node.name} · ${node.text}${group}${node.fault ? `\nfault: ${node.fault}` : ''}${drift}`;
    }
    const link = scene.links.find(({ from, to }) => from === item.from && to === item.to);
    const state = link?.shape === 'up' ? '' : ` · ${link?.shape}`;
    return `${item.from} ${link?.twoWay ? '↔' : '→'} ${item.to}${state}${link?.conditions ? `\n${link.conditions}` : ''}`;
  };

  const pointer = useRef<{ x: number; y: number; moved: boolean; polygon?: number[] }>(undefined);
  const pinch = useRef(new Map<number, { x: number; y: number }>());
  const at = (event: PointerEvent | WheelEvent) => {
    const box = stage.current!.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };
  const onPointerDown = (event: PointerEvent) => {
    if (event.button !== 0) return;
    const { x, y } = at(event);
    pinch.current.set(event.pointerId, { x, y });
    stage.current!.setPointerCapture(event.pointerId);
    const isLasso = (tool === 'lasso' || event.shiftKey) && pinch.current.size === 1;
    pointer.current = { x, y, moved: false, ...(isLasso ? { polygon: [x, y] } : {}) };
    setTip(undefined);
  };
  const onPointerMove = (event: PointerEvent) => {
    const canvas = view.current!;
    const { x, y } = at(event);
    const held = pointer.current;
    const other = [...pinch.current].find(([id]) => id !== event.pointerId)?.[1];
    const before = pinch.current.get(event.pointerId);
    if (before) pinch.current.set(event.pointerId, { x, y });
    if (other && before) {
      const spread =
        Math.hypot(x - other.x, y - other.y) / Math.max(1, Math.hypot(before.x - other.x, before.y - other.y));
      canvas.zoom((x + other.x) / 2, (y + other.y) / 2, spread);
      if (held) held.moved = true;
      return;
    }
    if (!held) {
      const item = canvas.itemAt(x, y);
      canvas.point(item);
      setTip(item && event.pointerType === 'mouse' ? { x, y, text: describe(item) } : undefined);
      return;
    }
    if (Math.hypot(x - held.x, y - held.y) < CLICK_PX && !held.moved) return;
    held.moved = true;
    if (held.polygon) {
      held.polygon.push(x, y);
      canvas.drawLasso(held.polygon);
    } else if (before) canvas.pan(x - before.x, y - before.y);
  };
  const onPointerUp = (event: PointerEvent) => {
    const canvas = view.current!;
    const held = pointer.current;
    pinch.current.delete(event.pointerId);
    pointer.current = undefined;
    if (!held) return;
    if (held.polygon && held.moved) {
      const names = canvas.namesInside(held.polygon);
      setEncircled(names.length > 0 ? names : undefined);
      if (names.length === 0) canvas.drawLasso(undefined);
    } else if (!held.moved) select(canvas.itemAt(held.x, held.y));
    else canvas.settle();
  };
  const onWheel = (event: WheelEvent) => {
    event.preventDefault();
    const { x, y } = at(event);
    const lines = event.deltaMode === 1 ? 24 : 1;
    view.current!.zoom(x, y, Math.exp((-event.deltaY * lines) / (event.ctrlKey ? 120 : 480)));
  };
  useEffect(() => {
    const element = stage.current!;
    // Preact's listener would be passive, and the page would scroll.
    element.addEventListener('wheel', onWheel, { passive: false });
    return () => element.removeEventListener('wheel', onWheel);
  });

  const onKeyDown = (event: KeyboardEvent) => {
    const canvas = view.current!;
    const [dx, dy] = ARROWS[event.key] ?? [0, 0];
    if (dx !== 0 || dy !== 0) {
      if (event.shiftKey) canvas.pan(-dx * PAN_STEP_PX, -dy * PAN_STEP_PX);
      else {
        const from = emphasis.selected?.kind === 'node' ? emphasis.selected.name : undefined;
        const next = nearestInDirection(scene.nodes, from, dx, dy);
        if (next !== undefined) {
          select({ kind: 'node', name: next });
          canvas.reveal(next);
        }
      }
    } else if (event.key === '+' || event.key === '=') canvas.zoomCentre(1.3);
    else if (event.key === '-') canvas.zoomCentre(1 / 1.3);
    else if (event.key === '0') canvas.showAll();
    else return;
    event.preventDefault();
  };
  const endLasso = () => {
    setEncircled(undefined);
    setTool('move');
    view.current!.drawLasso(undefined);
  };

  return (
    <section class="graph" aria-label="Graph">
      <div
        ref={stage}
        class={`stage${tool === 'lasso' ? ' lasso' : ''}`}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: arrow keys choose nodes.
        tabIndex={0}
        role="application"
        aria-label={`${summary} Arrow keys choose a node, shift and arrow keys move the view, plus and minus zoom.`}
        onPointerDown={onPointerDown}
        onPointerMove={onPointerMove}
        onPointerUp={onPointerUp}
        onPointerCancel={onPointerUp}
        onPointerLeave={() => {
          setTip(undefined);
          view.current!.point(undefined);
        }}
        onDblClick={(event) => {
          const box = stage.current!.getBoundingClientRect();
          view.current!.zoom(event.clientX - box.left, event.clientY - box.top, 1.8);
        }}
        onKeyDown={onKeyDown}
      >
        <canvas ref={base} />
        <canvas ref={over} />
      </div>
      <GraphLegend scene={scene} maxHops={emphasis.hops && Math.max(0, ...emphasis.hops.values())} />
      <div class="tools">
        <button
          type="button"
          class="button icon"
          title="Zoom in (+)"
          aria-label="Zoom in"
          onClick={() => view.current!.zoomCentre(1.4)}
        >
          +
        </button>
        <button
          type="button"
          class="button icon"
          title="Zoom out (-)"
          aria-label="Zoom out"
          onClick={() => view.current!.zoomCentre(1 / 1.4)}
        >
          −
        </button>
        <button
          type="button"
          class="button icon"
          title="Show all (0)"
          aria-label="Show all of the graph"
          onClick={() => view.current!.showAll()}
        >
          <svg
            width="14"
            height="14"
            viewBox="0 0 14 14"
            fill="none"
            stroke="currentColor"
            stroke-width="1.6"
            aria-hidden="true"
          >
            <path d="M1 5V1h4M9 1h4v4M13 9v4H9M5 13H1V9" />
          </svg>
        </button>
        <button
          type="button"
          class="button icon"
          title="Encircle nodes to partition them from the others (or hold shift and drag)"
          aria-label="Encircle nodes"
          aria-pressed={tool === 'lasso'}
          onClick={() => (tool === 'lasso' ? endLasso() : setTool('lasso'))}
        >
          <svg
            width="15"
            height="15"
            viewBox="0 0 15 15"
            fill="none"
            stroke="currentColor"
            stroke-width="1.5"
            aria-hidden="true"
          >
            <path d="M7.5 2C4 2 1.5 3.8 1.5 6S4 10 7.5 10s6-1.800 6-4-2.500-4-6-4Z" stroke-dasharray="2.6 1.6" />
            <path d="M4.500 9.500c-1.500 1 0 2.500-1.500 4" />
          </svg>
        </button>
      </div>
      {tip && (
        <div class="tip" style={{ left: `${tip.x + 14}px`, top: `${tip.y + 14}px` }}>
          {tip.text}
        </div>
      )}
      {scene.nodes.length === 0 && (
        <div class="empty">
          <p>Waiting for the network</p>
        </div>
      )}
      {encircled && <LassoBar names={encircled} allNames={scene.nodes.map(({ name }) => name)} onDone={endLasso} />}
    </section>
  );
}

const ARROWS: Record<string, [number, number]> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

/** The two canvases: below, the graph, drawn when it changes; above, what moves. */
class GraphCanvas {
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
