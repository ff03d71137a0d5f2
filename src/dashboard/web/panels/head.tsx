import type { RecordedLink, Snapshot } from '../../../recording/recording-event.ts';
import { shapeOfNode } from '../graph/graph-scene.ts';
import { useStore } from '../state/use-store.ts';

interface Props {
  snapshot: Snapshot;
  /** Names of the nodes that are searched for; undefined: there is no search. */
  matches: ReadonlySet<string> | undefined;
  isDark: boolean;
  onTheme: () => void;
  onHelp: () => void;
}

/** The bar at the top: which network, how it is, and the search. */
export function Head({ snapshot, matches, isDark, onTheme, onHelp }: Props) {
  const store = useStore();
  const { connection, setup } = store;
  const counts = countStates(snapshot);
  const selectNext = () => {
    const names = [...(matches ?? [])];
    const at = store.selected?.kind === 'node' ? names.indexOf(store.selected.name) : -1;
    const name = names[(at + 1) % names.length];
    if (name !== undefined) store.set({ selected: { kind: 'node', name } });
  };
  const mode =
    setup.mode === 'replay'
      ? { text: 'replay', class: '' }
      : snapshot.ended !== undefined
        ? { text: snapshot.ended === 'removed' ? 'removed' : 'ended', class: 'lost' }
        : connection === 'open'
          ? { text: 'live', class: 'live' }
          : connection === 'lost'
            ? { text: 'connection lost', class: 'lost' }
            : { text: 'connecting', class: '' };
  return (
    <header class="head">
      <h1>
        {setup.network}
        <span class={`mode ${mode.class}`} role="status">
          {mode.text}
        </span>
      </h1>
      <div class="facts">
        <Fact
          label="nodes running"
          value={`${counts.running}/${counts.nodes}`}
          class={counts.running < counts.nodes ? 'bad' : ''}
        />
        <Fact label="links up" value={`${counts.up}/${counts.links}`} class={counts.up < counts.links ? 'warn' : ''} />
        {counts.cut > 0 && <Fact label="cut" value={String(counts.cut)} class="bad" />}
        {counts.drifting > 0 && <Fact label="drifting" value={String(counts.drifting)} class="warn" />}
        {snapshot.faults.length > 0 && (
          <Fact
            label={snapshot.faults.length === 1 ? 'fault' : 'faults'}
            value={String(snapshot.faults.length)}
            class="bad"
          />
        )}
      </div>
      <span class="spring" />
      <div class="search">
        <svg
          width="13"
          height="13"
          viewBox="0 0 13 13"
          fill="none"
          stroke="currentColor"
          stroke-width="1.6"
          aria-hidden="true"
        >
          <circle cx="5.500" cy="5.500" r="4" />
          <path d="m9 9 3.500 3.500" />
        </svg>
        <input
          id="search"
          type="search"
          placeholder="Find nodes (/)"
          title="Enter selects one after the other"
          aria-label="Find nodes by name, group or state"
          value={store.search}
          onInput={({ currentTarget }) => store.set({ search: currentTarget.value })}
          onKeyDown={(event) => {
            if (event.key === 'Escape') store.set({ search: '' });
            if (event.key === 'Enter') selectNext();
          }}
        />
        {matches === undefined ? null : <span class="count">{matches.size}</span>}
      </div>
      <div class="row">
        <button
          type="button"
          class="button icon"
          aria-label={isDark ? 'Light colours' : 'Dark colours'}
          title={isDark ? 'Light colours' : 'Dark colours'}
          onClick={onTheme}
        >
          {isDark ? '☀' : '☾'}
        </button>
        <button type="button" class="button icon" aria-label="Help" title="Help (?)" onClick={onHelp}>
          ?
        </button>
      </div>
    </header>
  );
}

function Fact({ label, value, class: className }: { label: string; value: string; class: string }) {
  return (
    <span class={`fact ${className}`}>
      <b>{value}</b> {label}
    </span>
  );
}

/** Numbers of nodes and links by state. */
export function countStates({ topology, nodes, links, conditions }: Snapshot) {
  const declared = links.filter(({ state }) => state !== 'extra');
  const running = new Set(nodes.filter((node) => shapeOfNode(node) === 'running').map(({ name }) => name));
  // A cut is known at once, and the state of a link some time later.
  const cutPairs = new Set(
    conditions.flatMap(({ from, to, cut }) => (cut === undefined ? [] : [`${from} ${to}`, `${to} ${from}`])),
  );
  const isCut = ({ from, to, cut }: RecordedLink) => cut !== undefined || cutPairs.has(`${from} ${to}`);
  const drifts = (link: RecordedLink) =>
    !isCut(link) &&
    running.has(link.from) &&
    (link.state === 'extra' || (running.has(link.to) && (link.state === 'broken' || link.state === 'missing')));
  return {
    nodes: topology?.nodes.length ?? nodes.length,
    running: running.size,
    links: topology?.links.length ?? declared.length,
    up: declared.filter((link) => !isCut(link) && (link.state === 'up' || link.state === 'listed')).length,
    cut: links.filter(isCut).length,
    drifting: links.filter(drifts).length,
  };
}
