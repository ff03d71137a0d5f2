import { useEffect, useMemo, useState } from 'preact/hooks';
import { buildScene, type GraphScene } from './graph/graph-scene.ts';
import { GraphView } from './graph/graph-view.tsx';
import { groupColour, readTheme } from './graph/theme.ts';
import { LogList } from './log/log-list.tsx';
import { findMatches } from './panels/find-matches.ts';
import { countStates, Head } from './panels/head.tsx';
import { HelpDialog } from './panels/help-dialog.tsx';
import { LinkPanel } from './panels/link-panel.tsx';
import { NetworkPanel } from './panels/network-panel.tsx';
import { NodePanel } from './panels/node-panel.tsx';
import { SentCommands } from './panels/sent-commands.tsx';
import type { GraphItem } from './state/graph-item.ts';
import { useStore } from './state/use-store.ts';
import { Timeline } from './timeline/timeline.tsx';

const EMPTY_SCENE: GraphScene = {
  ...{ width: 1, height: 1, nodes: [], links: [], indexOf: new Map(), groups: [], islands: [] },
};
const TABS = ['graph', 'details', 'log'] as const;
/** Share of the whole time by which the keys step. */
const KEY_STEP_SHARE = 0.01;

export function App() {
  const store = useStore();
  const { snapshot, selected, messageId, atMs, cursorMs } = store;
  const [tab, setTab] = useState<(typeof TABS)[number]>('graph');
  const [isHelpOpen, setHelpOpen] = useState(false);
  const [theme, setTheme] = useTheme();
  const layout = store.run.layoutAt(atMs);
  const scene = useMemo(
    () => (layout ? buildScene(snapshot, layout) : EMPTY_SCENE),
    [layout, snapshot.topology, snapshot.nodes, snapshot.links, snapshot.conditions, snapshot.faults],
  );
  const matches = useMemo(() => findMatches(scene, store.search), [scene, store.search]);
  const message = messageId === undefined ? undefined : store.run.gossip.messages.get(messageId);
  const hops = useMemo(
    () =>
      message && new Map(message.receipts.flatMap((one) => (one.atMs <= atMs ? [[one.node, one.hops] as const] : []))),
    [message, message?.receipts.length, cursorMs === undefined ? 'live' : atMs],
  );
  const emphasis = useMemo(() => ({ selected, matches, hops }), [selected, matches, hops]);
  useKeys(() => setHelpOpen(true));

  const colourOf = (name: string) => {
    const node = scene.nodes[scene.indexOf.get(name) ?? -1];
    return node === undefined || node.group < 0
      ? 'transparent'
      : groupColour(node.group, readTheme(document.documentElement));
  };
  const counts = countStates(snapshot);
  const summary = `${store.setup.network}: ${counts.running} of ${counts.nodes} nodes run, ${counts.up} of ${counts.links} links are up, ${snapshot.faults.length} faults.`;
  return (
    <div class="app" data-tab={tab}>
      <Head
        snapshot={snapshot}
        matches={matches}
        isDark={theme === 'dark'}
        onTheme={() => setTheme(theme === 'dark' ? 'light' : 'dark')}
        onHelp={() => setHelpOpen(true)}
      />
      <div class="tabs" role="tablist">
        {TABS.map((one) => (
          <button key={one} type="button" role="tab" aria-selected={tab === one} onClick={() => setTab(one)}>
            {one === 'details' && selected ? nameOf(selected) : one.charAt(0).toUpperCase() + one.slice(1)}
          </button>
        ))}
      </div>
      <GraphView scene={scene} emphasis={emphasis} theme={theme} summary={summary} />
      <aside class="side">
        {selected?.kind === 'node' ? (
          <NodePanel name={selected.name} snapshot={snapshot} scene={scene} />
        ) : selected?.kind === 'link' ? (
          <LinkPanel from={selected.from} to={selected.to} snapshot={snapshot} />
        ) : (
          <NetworkPanel snapshot={snapshot} />
        )}
        <LogList colourOf={colourOf} />
      </aside>
      <Timeline theme={theme} />
      <SentCommands />
      <HelpDialog isOpen={isHelpOpen} onClose={() => setHelpOpen(false)} />
    </div>
  );
}

function nameOf(item: GraphItem): string {
  return item.kind === 'node' ? item.name : `${item.from} – ${item.to}`;
}

/** The reader's choice of colours; until they choose, that of the system. */
function useTheme(): ['light' | 'dark', (theme: 'light' | 'dark') => void] {
  const query = matchMedia('(prefers-color-scheme: dark)');
  const [theme, setTheme] = useState<'light' | 'dark'>(query.matches ? 'dark' : 'light');
  // Before the canvases read the colours.
  document.documentElement.dataset.theme = theme;
  useEffect(() => {
    const follow = () => setTheme(query.matches ? 'dark' : 'light');
    query.addEventListener('change', follow);
    return () => query.removeEventListener('change', follow);
  }, []);
  return [theme, setTheme];
}

/** Keys that work wherever the focus is, except where text is typed. */
function useKeys(openHelp: () => void): void {
  const store = useStore();
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      const target = event.target as HTMLElement;
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (/^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName)) return;
      if (event.key === ' ' && target.tagName === 'BUTTON') return;
      const { range } = store;
      const { firstFailureMs } = store.run;
      const step = range ? (range.toMs - range.fromMs) * KEY_STEP_SHARE : 0;
      switch (event.key) {
        case '/':
          document.getElementById('search')?.focus();
          break;
        case 'Escape':
          store.set({ selected: undefined, messageId: undefined, search: '' });
          break;
        case ' ':
          store.play(!store.isPlaying);
          break;
        case ',':
          store.seek(store.atMs - step);
          break;
        case '.':
          store.seek(store.atMs + step);
          break;
        case 'l':
        case 'L':
          if (store.setup.mode === 'live') store.seek(undefined);
          break;
        case 'f':
        case 'F':
          if (firstFailureMs !== undefined) store.seek(firstFailureMs);
          break;
        case '?':
          openHelp();
          break;
        default:
          return;
      }
      event.preventDefault();
    };
    addEventListener('keydown', onKeyDown);
    return () => removeEventListener('keydown', onKeyDown);
  }, []);
}
