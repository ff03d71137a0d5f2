import { LEVELS, type Level, type LogEntry } from '../network/log-entry.ts';
import type { RunningNetwork } from '../network/running-network.ts';
import type { LiteralUnion } from './input/topology-input.ts';

/** Events of the bundled node, and events of nodes that the runtime logs. Other nodes may log other events. */
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

/** Selects log entries. */
export interface LogFilter<Name extends string = string> {
  /** Only these events. @default all */
  event?: LogEvent | readonly LogEvent[];
  /** Only entries at least as severe. @default 'debug' */
  level?: Level;
  /** Only entries of these nodes, and events about them. @default all */
  nodes?: readonly Name[];
  /** Go on with what is logged from now on. @default true */
  follow?: boolean;
  /** Only this many earlier entries of each node. @default all */
  tail?: number;
  /** Ends the reading. @default none */
  signal?: AbortSignal;
}

/** Reads the merged log entry by entry, filtered. */
export async function* readLogEntries(
  network: RunningNetwork,
  { event, level = 'debug', nodes, follow = true, tail }: LogFilter,
  signal: AbortSignal,
): AsyncGenerator<LogEntry, void, undefined> {
  const events = event === undefined ? undefined : new Set([event].flat() as string[]);
  const wanted = (entry: LogEntry) =>
    (events === undefined || events.has(entry.event)) && LEVELS.indexOf(entry.level) <= LEVELS.indexOf(level);
  const options = { follow, ...(nodes === undefined ? {} : { nodes }), ...(tail === undefined ? {} : { tail }) };
  for await (const batch of await network.readLog({ ...options, signal })) yield* batch.filter(wanted);
}
