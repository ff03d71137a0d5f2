import type { Fault } from '../../network/fault.ts';
import type { RecordingEvent, Snapshot } from '../recording-event.ts';

/** Kinds of faults that are over when their node runs again, whoever started it. */
const ENDING_KINDS: ReadonlySet<string> = new Set(['kill', 'stop', 'pause'] satisfies Fault['kind'][]);

/**
 * Returns the names of the faults that an event shows to be over: their nodes run again, by a restart, an `up` or a heal elsewhere.
 * @param before state before the event
 */
export function endedFaults(event: RecordingEvent, { nodes, faults }: Pick<Snapshot, 'nodes' | 'faults'>): string[] {
  const started = startedNodes(event, nodes);
  if (started.size === 0) return [];
  const isUp = (name: string) => started.has(name) || nodes.find((node) => node.name === name)?.state === 'running';
  return faults.flatMap(({ name, faults: parts = [] }) => {
    const hit = parts.flatMap((part) => ('node' in part && ENDING_KINDS.has(part.kind) ? part.node : []));
    return hit.length === parts.length && hit.some((node) => started.has(node)) && hit.every(isUp) ? name : [];
  });
}

/** Returns the nodes that did not run before an event, and do now. */
function startedNodes(event: RecordingEvent, nodes: Snapshot['nodes']): ReadonlySet<string> {
  if (event.type === 'fault')
    return new Set(event.faults?.flatMap((fault) => (fault.kind === 'restart' ? fault.node : [])));
  if (event.type !== 'nodes') return new Set();
  const running = event.nodes.filter(({ state }) => state === 'running').map(({ name }) => name);
  if (running.length === 0) return new Set();
  const known = new Map(nodes.map(({ name, state }) => [name, state]));
  return new Set(running.filter((name) => known.has(name) && known.get(name) !== 'running'));
}
