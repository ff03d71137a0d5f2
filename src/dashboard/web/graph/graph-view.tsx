import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { GraphItem } from '../state/graph-item.ts';
import { useStore } from '../state/use-store.ts';
import type { Emphasis } from './draw-graph.ts';
import { nearestInDirection } from './find-at.ts';
import { LinkFinder, motesOfMessage } from './gossip-particles.ts';
import { GraphCanvas } from './graph-canvas.ts';
import { GraphLegend } from './graph-legend.tsx';
import type { GraphScene } from './graph-scene.ts';
import { LassoBar } from './lasso-bar.tsx';

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
  const { selected } = emphasis;
  useEffect(() => {
    if (selected?.kind === 'node') view.current?.reveal(selected.name);
  }, [selected]);

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
        if (next !== undefined) select({ kind: 'node', name: next });
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
