import type { Fault } from '../../network/fault.ts';
import { describeFault } from '../../network/faults/describe-fault.ts';
import { toLogTime } from '../../network/log-entry.ts';
import type { NodeState } from '../../network/network-status.ts';
import type { NewEvent } from '../live-recording.ts';
import type { Snapshot } from '../recording-event.ts';

/** State of a node after something was done to it, by the name of the action in a journal. */
const STATES_AFTER: Record<string, NodeState> = {
  kill: 'exited',
  stop: 'exited',
  pause: 'paused',
  unpause: 'running',
  start: 'running',
  restart: 'running',
};

/** An action on a network, as its journal has it. */
export interface JournalEntry {
  time: string;
  event: string;
  [field: string]: unknown;
}

/** Returns what an entry of a journal tells. */
export function journalEvents(
  { time: _time, event, ...fields }: JournalEntry,
  { nodes, faults }: Snapshot,
): NewEvent[] {
  const stateOf = (name: unknown, action: string): NewEvent[] => {
    const node = nodes.find((one) => one.name === name);
    const state = Object.hasOwn(STATES_AFTER, action) ? STATES_AFTER[action] : undefined;
    return node && state ? [{ type: 'nodes', nodes: [{ name: node.name, address: node.address, state }] }] : [];
  };
  const text = (value: unknown) => (typeof value === 'string' ? value : (JSON.stringify(value) ?? ''));
  switch (event) {
    case 'fault_injected': {
      const { fault: name, ...rest } = fields;
      const fault = rest as Fault;
      const description = describe(fault);
      const changed = 'node' in fault ? stateOf(fault.node, fault.kind) : [];
      return [{ type: 'fault', name: text(name), description, faults: [fault] }, ...changed];
    }
    case 'fault_healed': {
      const healed = faultsHealedBy(faults, [text(fields.fault)]);
      const hit = healed.flatMap(
        (known) => known.faults?.flatMap((fault) => ('node' in fault ? fault.node : [])) ?? [],
      );
      const restarted = new Set([...hit, fields.fault]);
      return [
        ...healed.map(({ name }) => ({ type: 'heal', name }) as const),
        ...[...restarted].flatMap((node) => stateOf(node, 'start')),
      ];
    }
    case 'send': {
      const { to, message_type: type, payload } = fields;
      const id = type === 'gossip' ? (payload as { id?: unknown } | null)?.id : undefined;
      const gossip = typeof id === 'string' ? { gossip: id } : {};
      return [{ type: 'step', description: `${text(type)} to ${text(to)}`, nodes: [text(to)], ...gossip }];
    }
    case 'failed':
      return [
        { type: 'verdict', description: 'the test passes', met: false, since: _time, seen: text(fields.message) },
      ];
    default:
      return Object.hasOwn(STATES_AFTER, event)
        ? [
            { type: 'step', description: `${event} ${text(fields.node)}`, nodes: [text(fields.node)] },
            ...stateOf(fields.node, event),
          ]
        : [];
  }
}

function describe(fault: Fault): string {
  try {
    return describeFault(fault);
  } catch {
    return fault.kind; // A journal cuts off values that are too long.
  }
}

/** Parses a line; returns nothing for one that is empty, or was cut off. */
export function parseJournalLine(line: string): JournalEntry[] {
  try {
    const entry = JSON.parse(line) as Partial<JournalEntry>;
    const at = Date.parse(entry.time ?? '');
    if (typeof entry.event !== 'string' || Number.isNaN(at)) return [];
    return [{ ...entry, event: entry.event, time: toLogTime(at) }];
  } catch {
    return [];
  }
}

/** Returns the faults that a heal takes back. @param names of faults, and of nodes for what was done to them */
export function faultsHealedBy(faults: Snapshot['faults'], names: readonly string[]): Snapshot['faults'] {
  return faults.filter(
    ({ name, faults: parts = [] }) =>
      names.includes(name) || parts.some((part) => 'node' in part && names.includes(part.node)),
  );
}
