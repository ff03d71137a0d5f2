import type { Level, LogEntry } from '../network/log-entry.ts';
import { LEVELS } from '../network/log-entry.ts';
import type { RunningNetwork } from '../network/running-network.ts';
import type { LiteralUnion } from './topology-input.ts';

/** Events that the bundled node logs, and those of its container; other nodes have others. */
export type LogEvent = LiteralUnion<
  | 'listening'
  | 'stopping'
  | 'peer_added'
  | 'peer_removed'
  | 'link_up'
  | 'link_down'
  | 'gossip_received'
  | 'inbound_refused'
  | 'node_ended'
  | 'node_started'
  | 'node_paused'
  | 'node_unpaused'
>;

export interface LogFilter<Name extends string = string> {
  /** Only these events. */
  event?: LogEvent | readonly LogEvent[];
  /** Only entries at least as severe. */
  level?: Level;
  /** Only these nodes, and what happens to them. */
  nodes?: readonly Name[];
  /** False: what there is, and then the end. */
  follow?: boolean;
  /** Of what there is, this many lines of each node. */
  tail?: number;
  /** Ends the log. */
  signal?: AbortSignal;
}

/** The merged log, entry by entry, as far as it is asked for. */
export async function* readLogEntries(
  backend: RunningNetwork,
  { event, level = 'debug', nodes, follow = true, tail }: LogFilter,
  signal: AbortSignal,
): AsyncGenerator<LogEntry, void, undefined> {
  const events = event === undefined ? undefined : new Set([event].flat() as string[]);
  const wanted = (entry: LogEntry) =>
    (events === undefined || events.has(entry.event)) && LEVELS.indexOf(entry.level) <= LEVELS.indexOf(level);
  const options = { follow, ...(nodes === undefined ? {} : { nodes }), ...(tail === undefined ? {} : { tail }) };
  for await (const batch of await backend.readLog({ ...options, signal })) yield* batch.filter(wanted);
}
