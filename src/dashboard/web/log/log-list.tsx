import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { Level } from '../../../network/log-entry.ts';
import type { RecordedLogEntry } from '../../../recording/recording-event.ts';
import { upperBound } from '../state/recorded-run.ts';
import { formatClock, toMs } from '../state/time.ts';
import { useStore } from '../state/use-store.ts';
import { FilteredLog } from './filter-log.ts';
import { formatDetails, formatEntry, writerOf } from './format-entry.ts';

const LINE_PX = 19;
/** Lines above and below what is seen, so that scrolling shows no gap. */
const OVERSCAN = 12;
/** Browsers cannot scroll further than about 17 million pixels. */
const MAX_LINES = 800_000;

/** The merged log up to the moment that is shown, of what is selected. */
export function LogList({ colourOf }: { colourOf: (node: string) => string }) {
  const store = useStore();
  const [level, setLevel] = useState<Level>('debug');
  const [text, setText] = useState('');
  const [isFollowing, setFollowing] = useState(true);
  const [opened, setOpened] = useState<RecordedLogEntry>();
  const [viewport, setViewport] = useState({ top: 0, height: 400 });
  const scroller = useRef<HTMLDivElement>(null);
  const { selected } = store;
  const nodes = selected === undefined ? [] : selected.kind === 'node' ? [selected.name] : [selected.from, selected.to];
  const nodesKey = nodes.join(' ');
  const filtered = useMemo(
    () =>
      new FilteredLog({
        level,
        text: text.toLowerCase(),
        ...(nodesKey === '' ? {} : { nodes: new Set(nodesKey.split(' ')) }),
      }),
    [level, text, nodesKey],
  );
  const matching = filtered.update(store.run.log, store.run.names);
  // Only what had been written at the moment that is shown.
  const until = store.cursorMs === undefined ? store.run.log.length : store.run.logCountAt(store.cursorMs);
  const count = Math.min(upperBound(matching, until - 1), MAX_LINES);
  const skipped = upperBound(matching, until - 1) - count;

  useLayoutEffect(() => {
    const element = scroller.current;
    if (element && isFollowing) element.scrollTop = count * LINE_PX;
  }, [count, isFollowing, viewport.height]);
  useEffect(() => {
    const element = scroller.current;
    if (!element) return;
    const observer = new ResizeObserver(() => setViewport(({ top }) => ({ top, height: element.clientHeight })));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  const onScroll = () => {
    const element = scroller.current!;
    setViewport({ top: element.scrollTop, height: element.clientHeight });
    const isAtEnd = element.scrollTop + element.clientHeight >= element.scrollHeight - LINE_PX;
    if (isAtEnd !== isFollowing) setFollowing(isAtEnd);
  };
  const top = isFollowing ? Math.max(0, count * LINE_PX - viewport.height) : viewport.top;
  const first = Math.max(0, Math.floor(top / LINE_PX) - OVERSCAN);
  const last = Math.min(count, Math.ceil((top + viewport.height) / LINE_PX) + OVERSCAN);
  const lines = [];
  for (let index = first; index < last; index++) {
    const entry = store.run.log[matching[index + skipped]!]!;
    lines.push(
      <LogLine
        key={matching[index + skipped]}
        entry={entry}
        text={formatEntry(entry, store.run.names)}
        top={index * LINE_PX}
        colour={colourOf(entry.node)}
        isOpened={entry === opened}
        onOpen={() => setOpened(entry === opened ? undefined : entry)}
      />,
    );
  }
  const about = nodes.length === 0 ? '' : nodes.length === 1 ? ` of ${nodes[0]}` : ` of ${nodes.join(' and ')}`;
  return (
    <section class="log" aria-label="Log">
      <div class="log-bar">
        <h2>
          Log{about}{' '}
          <span class="note">
            {count.toLocaleString('en')}
            {store.loaded < 1 ? `, ${Math.floor(store.loaded * 100)} % read` : ''}
          </span>
        </h2>
        <input
          type="search"
          placeholder="Filter"
          aria-label="Show only lines with this text"
          value={text}
          onInput={({ currentTarget }) => setText(currentTarget.value)}
        />
        <select
          aria-label="Least severe level"
          value={level}
          onChange={({ currentTarget }) => setLevel(currentTarget.value as Level)}
        >
          <option value="debug">all levels</option>
          <option value="info">info</option>
          <option value="warn">warnings</option>
          <option value="error">errors</option>
        </select>
        <button
          type="button"
          class="button"
          aria-pressed={isFollowing}
          title={isFollowing ? 'The newest lines are shown; scroll up to stay where you are' : 'Show the newest lines'}
          onClick={() => setFollowing(!isFollowing)}
        >
          {isFollowing ? 'Following' : 'Paused'}
        </button>
      </div>
      <div
        class="lines"
        ref={scroller}
        onScroll={onScroll}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolled region is moved by the arrow keys.
        tabIndex={0}
        role="log"
        aria-label="Lines of the log"
        aria-live="off"
      >
        <div class="sizer" style={{ height: `${count * LINE_PX}px` }}>
          {lines}
        </div>
        {count === 0 && <p class="empty">No lines{text || nodes.length > 0 ? ' that match' : ' yet'}</p>}
      </div>
      {opened && (
        <div class="entry">
          <div class="row">
            <b>{writerOf(opened)}</b>
            <span class="note">{opened.event === 'output' ? 'output' : opened.event}</span>
            <span style={{ flex: 1 }} />
            <button type="button" class="button" onClick={() => store.seek(toMs(opened.time))}>
              Go to this moment
            </button>
            <button type="button" class="button" onClick={() => setOpened(undefined)}>
              Close
            </button>
          </div>
          <pre>{formatDetails(opened)}</pre>
        </div>
      )}
    </section>
  );
}

interface LineProps {
  entry: RecordedLogEntry;
  text: string;
  top: number;
  colour: string;
  isOpened: boolean;
  onOpen: () => void;
}

function LogLine({ entry, text, top, colour, isOpened, onOpen }: LineProps) {
  const { level } = entry;
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the whole text of a line can also be read by a screen reader, or copied.
    // biome-ignore lint/a11y/noStaticElementInteractions: as above.
    <div class={`line ${level}${isOpened ? ' chosen' : ''}`} style={{ top: `${top}px` }} onClick={onOpen}>
      <time>{formatClock(toMs(entry.time))}</time>
      <span class="who">
        <i style={{ background: colour }} />
        {writerOf(entry)}
      </span>
      {level === 'warn' || level === 'error' ? <span class="level">{level === 'warn' ? '!' : '✕'}</span> : null}
      <span class="what">{text}</span>
    </div>
  );
}
