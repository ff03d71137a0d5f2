import { CONTROLLER, type LogEntry } from '../network/log-entry.ts';
import type { NodeState } from '../network/network-status.ts';
import type { NodeSnapshot, RecordedLink, RecordedNode, Snapshot } from './recording-event.ts';

/** State of a node after an event of the merged log. */
const NODE_STATES: Record<string, NodeState> = {
  node_ended: 'exited',
  node_started: 'running',
  node_paused: 'paused',
  node_unpaused: 'running',
};
/** Entries of the agent that say that faults or link conditions are different now. */
const LINK_EVENTS: ReadonlySet<string> = new Set(['fault_injected', 'fault_healed', 'link_conditions']);

/** Change that an entry of the merged log tells of. */
export type LogChange =
  | { kind: 'node'; node: RecordedNode; links: RecordedLink[] }
  | { kind: 'link'; link: RecordedLink }
  /** Which faults and conditions are in force has to be read; this one is over. */
  | { kind: 'faults'; healed?: string };

/**
 * Returns the change that an entry tells of, if it is one: what happens to nodes, and what the bundled node says of its links.
 * Everything is read from time to time all the same; this makes it known at once.
 * @param names of the nodes, by `host:port`
 */
export function readLogChange(
  { node, event, fields }: LogEntry,
  { nodes, links, faults }: Pick<Snapshot, 'nodes' | 'links' | 'faults'>,
  names: ReadonlyMap<string, string>,
): LogChange | undefined {
  if (node === CONTROLLER) {
    if (LINK_EVENTS.has(event)) {
      const healed = event === 'fault_healed' && faults.find(({ name }) => name === fields.fault);
      return { kind: 'faults', ...(healed ? { healed: healed.name } : {}) };
    }
    const state = Object.hasOwn(NODE_STATES, event) ? NODE_STATES[event] : undefined;
    const known = state === undefined ? undefined : nodes.find(({ name }) => name === fields.of);
    return known && state !== undefined ? nodeChange(known, state, fields.exit_code, links) : undefined;
  }
  if (event !== 'link_up' && event !== 'link_down') return undefined;
  const to = names.get(String(fields.peer));
  const link = links.find((one) => one.from === node && one.to === to);
  // Before its first status, and of a link that is not declared, only the nodes know.
  if (!link || link.state === 'extra') return undefined;
  const state = event === 'link_up' ? 'up' : 'broken';
  const rtt = typeof fields.rtt_ms === 'number' ? { rtt: fields.rtt_ms } : {};
  return link.state === state ? undefined : { kind: 'link', link: { ...link, state, ...rtt } };
}

function nodeChange(
  known: NodeSnapshot,
  state: NodeState,
  exitCode: unknown,
  links: readonly RecordedLink[],
): LogChange | undefined {
  const { exitCode: _exitCode, since: _since, ...rest } = known;
  const code: { exitCode?: number } = state === 'exited' && typeof exitCode === 'number' ? { exitCode } : {};
  if (known.state === state && known.exitCode === code.exitCode) return undefined;
  const ended = state === 'exited' ? links.filter(({ from, to }) => from === known.name || to === known.name) : [];
  return {
    kind: 'node',
    node: { ...rest, state, ...code },
    links: ended.filter((link) => link.state !== 'dead').map((link) => ({ ...link, state: 'dead' })),
  };
}
