import type { ActiveLinkConditions } from '../network/fault.ts';
import type {
  FaultStarted,
  LinksChanged,
  LogCounts,
  NodeSnapshot,
  RecordedLink,
  RecordedLogEntry,
  RecordedNode,
  RecordingEvent,
  Samples,
  Snapshot,
} from './recording-event.ts';

/** State before the first event. */
export const EMPTY_SNAPSHOT: Snapshot = {
  time: '',
  nodes: [],
  links: [],
  conditions: [],
  faults: [],
  samples: {},
  counts: { entries: 0, warnings: 0, errors: 0, receipts: 0 },
};

/**
 * Returns the state after an event. Changes nothing: what the event leaves alone is the same object as before, so that `===` tells
 * whether nodes, links, … changed. An event of a type that it does not know only moves the time.
 */
export function applyEvent(state: Snapshot, event: RecordingEvent): Snapshot {
  const { time } = event;
  switch (event.type) {
    case 'recording': {
      const { type: _type, time: _time, segment: _segment, dropped: _dropped, ...recording } = event;
      return { ...state, time, recording };
    }
    case 'topology':
      return { ...state, time, topology: event.topology, ...declareTopology(state, event.topology) };
    case 'nodes':
      return { ...state, time, nodes: changeNodes(state.nodes, event.nodes, time) };
    case 'links':
      return { ...state, time, links: changeLinks(state.links, event) };
    case 'conditions':
      return { ...state, time, conditions: changeConditions(state.conditions, event.conditions) };
    case 'fault':
      return { ...state, time, faults: addFault(state.faults, event) };
    case 'heal':
      return { ...state, time, faults: state.faults.filter(({ name }) => name !== event.name) };
    case 'log':
      return { ...state, time, counts: countEntries(state.counts, event.entries) };
    case 'samples':
      return { ...state, time, samples: mergeSamples(state.samples, event.samples) };
    case 'scenario_started': {
      const { type: _type, time: started, ...scenario } = event;
      return { ...state, time, scenario: { ...scenario, started, verdicts: [] } };
    }
    case 'verdict': {
      const { type: _type, ...verdict } = event;
      const scenario = state.scenario ?? { started: verdict.since, verdicts: [] };
      return { ...state, time, scenario: { ...scenario, verdicts: [...scenario.verdicts, verdict] } };
    }
    case 'scenario_ended': {
      const { type: _type, time: _time, ...end } = event;
      return { ...state, time, scenario: { started: time, verdicts: [], ...state.scenario, ...end } };
    }
    case 'snapshot':
      return { ...event.snapshot, time };
    case 'end':
      return { ...state, time, ended: event.reason };
    default:
      return { ...state, time }; // A step, a gap, or an event of a later version.
  }
}

/** Drops nodes and links that are no longer declared; new ones come with the next event about them. */
function declareTopology(
  { nodes, links }: Snapshot,
  topology: { nodes: readonly { name: string }[] },
): Pick<Snapshot, 'nodes' | 'links'> {
  const declared = new Set(topology.nodes.map(({ name }) => name));
  return {
    nodes: nodes.filter(({ name }) => declared.has(name)),
    links: links.filter(({ from }) => declared.has(from)),
  };
}

function changeNodes(nodes: readonly NodeSnapshot[], changed: readonly RecordedNode[], time: string): NodeSnapshot[] {
  return replaceItems(
    nodes,
    changed.map((node) => {
      const before = nodes.find(({ name }) => name === node.name);
      return { ...node, since: before?.state === node.state ? before.since : time };
    }),
    NODE,
  );
}

function changeLinks(links: readonly RecordedLink[], { links: changed, removed = [] }: LinksChanged): RecordedLink[] {
  const all = replaceItems(links, changed, LINK);
  if (removed.length === 0) return all;
  const gone = new Set(removed.map(linkKey));
  return all.filter((link) => !gone.has(linkKey(link)));
}

function changeConditions(
  conditions: readonly ActiveLinkConditions[],
  changed: readonly ActiveLinkConditions[],
): ActiveLinkConditions[] {
  return replaceItems(conditions, changed, LINK).filter((one) => Object.keys(one).length > 2);
}

function addFault(faults: Snapshot['faults'], { type: _type, time, ...fault }: FaultStarted): Snapshot['faults'] {
  const others = faults.filter(({ name }) => name !== fault.name);
  const isOver = fault.faults?.every(({ kind }) => kind === 'restart') ?? false;
  return isOver ? others : [...others, { since: time, ...fault }];
}

/** Returns the counts after some more entries. */
export function countEntries(
  counts: LogCounts,
  entries: readonly Pick<RecordedLogEntry, 'level' | 'event'>[],
): LogCounts {
  let { warnings, errors, receipts } = counts;
  for (const { level, event } of entries) {
    if (level === 'warn') warnings++;
    else if (level === 'error') errors++;
    if (event === 'gossip_received') receipts++;
  }
  return { entries: counts.entries + entries.length, warnings, errors, receipts };
}

function mergeSamples(samples: Samples, taken: Samples): Samples {
  const merged = { ...samples };
  for (const [metric, values] of Object.entries(taken)) {
    merged[metric] = Object.hasOwn(samples, metric) ? { ...samples[metric], ...values } : values;
  }
  return merged;
}

/** Key by which two items are the same one. */
interface Identity<T> {
  keyOf: (item: T) => string;
  isSame: (item: T, other: T) => boolean;
}

const NODE: Identity<{ name: string }> = {
  keyOf: ({ name }) => name,
  isSame: (node, other) => node.name === other.name,
};
const LINK: Identity<{ from: string; to: string }> = {
  keyOf: linkKey,
  isSame: (link, other) => link.from === other.from && link.to === other.to,
};

/** Changes up to this number are looked up one by one: most events are about one of thousands of links. */
const MAX_SINGLE_CHANGES = 16;

/** Replaces items where they are; new ones come last. */
function replaceItems<T>(items: readonly T[], changed: readonly T[], { keyOf, isSame }: Identity<T>): T[] {
  if (changed.length > MAX_SINGLE_CHANGES) return replaceMany(items, changed, keyOf);
  const replaced = [...items];
  for (const change of changed) {
    const index = replaced.findIndex((item) => isSame(item, change));
    if (index < 0) replaced.push(change);
    else replaced[index] = change;
  }
  return replaced;
}

function replaceMany<T>(items: readonly T[], changed: readonly T[], keyOf: (item: T) => string): T[] {
  const left = new Map(changed.map((item) => [keyOf(item), item]));
  const replaced = items.map((item) => {
    const key = keyOf(item);
    const change = left.get(key);
    if (change === undefined) return item;
    left.delete(key);
    return change;
  });
  return [...replaced, ...left.values()];
}

function linkKey({ from, to }: { from: string; to: string }): string {
  return `${from} ${to}`;
}
