import { useEffect, useRef, useState } from 'preact/hooks';
import { readTheme } from '../graph/theme.ts';
import { formatBytes } from '../panels/format-metric.ts';
import { SPEEDS } from '../state/page-store.ts';
import type { TimeRange } from '../state/recorded-run.ts';
import { formatClock, formatSpan } from '../state/time.ts';
import { useStore } from '../state/use-store.ts';
import { TimelineChart } from './timeline-chart.ts';

/** While a network runs, the curves are drawn again this often at most, milliseconds. */
const REDRAW_INTERVAL_MS = 250;
/** While nothing happens, time goes on in steps of this, milliseconds. */
const TICK_INTERVAL_MS = 1_000;
/** A short run is shown on an axis of at least this, milliseconds. */
const MIN_RANGE_MS = 10_000;
const MIN_ZOOM_MS = 0.5;
const STEP_SHARE = 0.01;

/** The run over time: what is shown is moved by dragging. */
export function Timeline({ theme }: { theme: string }) {
  const store = useStore();
  const element = useRef<HTMLDivElement>(null);
  const chart = useRef<TimelineChart>(null);
  const [zoom, setZoom] = useState<TimeRange>();
  const [tip, setTip] = useState<{ x: number; text: string }>();
  const [, render] = useState(0);
  const [tick, setTick] = useState(0);
  const drawnAt = useRef(0);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const { range } = store;
  const nodes = store.run.latest.topology?.nodes.length ?? 0;
  const shown: TimeRange | undefined = zoom ?? (range && withMinimum(range, store.setup.mode === 'live'));
  const shownKey = zoom ? `${zoom.fromMs} ${zoom.toMs}` : 'all';

  useEffect(() => {
    const created = new TimelineChart(element.current!, timelineTheme());
    chart.current = created;
    const observer = new ResizeObserver(() => {
      created.resize();
      render((count) => count + 1);
    });
    observer.observe(element.current!);
    return () => {
      observer.disconnect();
      created.close();
    };
  }, []);
  useEffect(() => chart.current?.changeTheme(timelineTheme()), [theme]);
  const draw = () => {
    if (!shown) return;
    drawnAt.current = performance.now();
    chart.current?.show(store.run, shown, nodes, range?.toMs ?? shown.toMs);
    render((count) => count + 1);
  };
  useEffect(() => {
    clearTimeout(timer.current);
    const wait = Math.max(0, drawnAt.current + REDRAW_INTERVAL_MS - performance.now());
    timer.current = setTimeout(draw, wait);
    return () => clearTimeout(timer.current);
  }, [store.run.version]);
  useEffect(draw, [shownKey, tick]);
  useEffect(() => {
    if (!store.isLive) return;
    // Time goes on, also while nothing happens.
    const ticking = setInterval(() => setTick((count) => count + 1), TICK_INTERVAL_MS);
    return () => clearInterval(ticking);
  }, [store.isLive]);

  // What is jumped to is shown: the end of a running network, the first failure.
  const { cursorMs } = store;
  const isAtEnd = cursorMs === undefined;
  useEffect(() => setZoom(undefined), [isAtEnd]);
  useEffect(() => {
    if (zoom && cursorMs !== undefined && (cursorMs < zoom.fromMs || cursorMs > zoom.toMs)) setZoom(undefined);
  }, [cursorMs]);

  // A message that is played has the timeline for itself.
  const message = store.messageId === undefined ? undefined : store.run.gossip.messages.get(store.messageId);
  useEffect(() => {
    if (!store.isPlaying || !message || store.speed > 0.2) return;
    const span = Math.max(1, message.lastMs - message.firstMs);
    setZoom({ fromMs: message.firstMs - span * 0.08, toMs: message.lastMs + span * 0.12 });
  }, [store.isPlaying, store.messageId]);

  useEffect(() => {
    if (!store.isPlaying) return;
    let frame = 0;
    let before = performance.now();
    const tick = (now: number) => {
      store.advance(now - before);
      before = now;
      frame = requestAnimationFrame(tick);
    };
    frame = requestAnimationFrame(tick);
    return () => cancelAnimationFrame(frame);
  }, [store.isPlaying]);

  const held = useRef(false);
  const seekTo = (event: PointerEvent) => {
    const x = event.clientX - element.current!.getBoundingClientRect().left;
    const atMs = chart.current!.timeAt(x);
    const isEnd = range !== undefined && atMs >= range.toMs && store.setup.mode === 'live';
    store.seek(isEnd ? undefined : atMs);
  };
  const step = (direction: number) => {
    if (shown) store.seek(store.atMs + direction * STEP_SHARE * (shown.toMs - shown.fromMs));
  };
  const onWheel = (event: WheelEvent) => {
    if (!shown) return;
    event.preventDefault();
    const x = event.clientX - element.current!.getBoundingClientRect().left;
    const centre = chart.current!.timeAt(x);
    const factor = Math.exp(event.deltaY / 300);
    const next = {
      fromMs: centre - (centre - shown.fromMs) * factor,
      toMs: centre + (shown.toMs - centre) * factor,
    };
    if (next.toMs - next.fromMs < MIN_ZOOM_MS) return;
    const isAll = range !== undefined && next.fromMs <= range.fromMs && next.toMs >= range.toMs;
    setZoom(isAll ? undefined : next);
  };
  useEffect(() => {
    const target = element.current!;
    target.addEventListener('wheel', onWheel, { passive: false });
    return () => target.removeEventListener('wheel', onWheel);
  });

  const failureMs = store.run.firstFailureMs;
  const isLive = store.setup.mode === 'live' && store.cursorMs === undefined;
  const used = store.run.usage.at(store.atMs);
  const sinceStart = range ? store.atMs - range.fromMs : 0;
  return (
    <section class="time" aria-label="Timeline">
      <div class="time-bar">
        <button
          type="button"
          class="button icon"
          aria-label={store.isPlaying ? 'Stop playing' : 'Play'}
          title={store.isPlaying ? 'Stop (space)' : 'Play (space)'}
          disabled={!range}
          onClick={() => store.play(!store.isPlaying)}
        >
          {store.isPlaying ? '❚❚' : '▶'}
        </button>
        <select
          aria-label="Speed"
          value={SPEEDS.includes(store.speed as never) ? store.speed : 'other'}
          onChange={({ currentTarget }) => store.set({ speed: Number(currentTarget.value) })}
        >
          {SPEEDS.map((speed) => (
            <option key={speed} value={speed}>
              {speed < 1 ? `1/${Math.round(1 / speed)}` : speed} ×
            </option>
          ))}
          {SPEEDS.includes(store.speed as never) ? null : (
            <option value="other">1/{Math.round(1 / store.speed).toLocaleString('en')} ×</option>
          )}
        </select>
        {store.setup.mode === 'live' && (
          <button
            type="button"
            class="button"
            aria-pressed={isLive}
            disabled={!range}
            onClick={() => store.seek(undefined)}
          >
            Live
          </button>
        )}
        {failureMs === undefined ? null : (
          <button type="button" class="button danger" onClick={() => store.seek(failureMs)}>
            First failure
          </button>
        )}
        <span class="clock" role="status" aria-label="Moment that is shown">
          {range ? formatClock(store.atMs) : ''}
        </span>
        <span class="note">{range ? `${formatSpan(Math.max(0, Math.round(sinceStart)))} from the start` : ''}</span>
        <span class="spring" />
        <span class="key" aria-hidden="true">
          <span>
            <i style={{ background: 'var(--link)' }} />
            log lines/s
          </span>
          <span>
            <i style={{ background: 'var(--node)' }} />
            gossip received/s
          </span>
          <span>
            <i style={{ background: 'repeating-linear-gradient(90deg, var(--green) 0 5px, transparent 5px 7px)' }} />
            coverage of the last message
          </span>
          {store.run.usage.list.length > 0 && (
            <>
              <span>
                <i
                  style={{ background: 'repeating-linear-gradient(90deg, var(--amber) 0 2px, transparent 2px 4px)' }}
                />
                processor{used && ` ${Number(used.processor.toPrecision(2))} cores`}
              </span>
              <span>
                <i
                  style={{ background: 'repeating-linear-gradient(90deg, var(--purple) 0 6px, transparent 6px 8px)' }}
                />
                sent{used && ` ${formatBytes(used.sent)}/s`}
              </span>
            </>
          )}
          <span>
            <i style={{ background: 'var(--violet)', opacity: 0.5, height: '9px' }} />
            faults
          </span>
          {chart.current?.hasOutages && (
            <span>
              <i style={{ background: 'var(--red)', opacity: 0.5, height: '9px' }} />
              nodes that do not run
            </span>
          )}
        </span>
        {zoom && (
          <button type="button" class="button" onClick={() => setZoom(undefined)}>
            Show all
          </button>
        )}
      </div>
      <div
        class="chart"
        ref={element}
        role="slider"
        tabIndex={0}
        aria-label="Moment that is shown"
        aria-valuemin={0}
        aria-valuemax={range ? Math.round(range.toMs - range.fromMs) : 0}
        aria-valuenow={Math.round(sinceStart)}
        aria-valuetext={`${formatSpan(Math.max(0, Math.round(sinceStart)))} from the start`}
        onPointerDown={(event) => {
          if (event.button !== 0 || !range) return;
          held.current = true;
          element.current!.setPointerCapture(event.pointerId);
          store.play(false);
          seekTo(event);
        }}
        onPointerMove={(event) => {
          if (held.current) seekTo(event);
          const box = element.current!.getBoundingClientRect();
          const text = chart.current!.describeAt(event.clientX - box.left, event.clientY - box.top);
          setTip(text === undefined ? undefined : { x: event.clientX - box.left, text });
        }}
        onPointerUp={() => {
          held.current = false;
        }}
        onPointerLeave={() => setTip(undefined)}
        onKeyDown={(event) => {
          if (event.key === 'ArrowLeft') step(event.shiftKey ? -5 : -1);
          else if (event.key === 'ArrowRight') step(event.shiftKey ? 5 : 1);
          else if (event.key === 'Home' && range) store.seek(range.fromMs);
          else if (event.key === 'End' && range) store.seek(store.setup.mode === 'live' ? undefined : range.toMs);
          else return;
          event.preventDefault();
        }}
      >
        {range && <div class="playhead" style={{ left: `${chart.current?.positionOf(store.atMs) ?? 0}px` }} />}
        {tip && (
          <div class="tip" style={{ left: `${tip.x}px` }}>
            {tip.text}
          </div>
        )}
      </div>
    </section>
  );
}

/** While a network runs, some room is left for what comes. */
function withMinimum({ fromMs, toMs }: TimeRange, isLive: boolean): TimeRange {
  const span = Math.max(isLive ? MIN_RANGE_MS : 1, (toMs - fromMs) * (isLive ? 1.03 : 1));
  return { fromMs, toMs: fromMs + span };
}

function timelineTheme() {
  const green = getComputedStyle(document.documentElement).getPropertyValue('--green').trim();
  return { ...readTheme(document.documentElement), green };
}
