import type { PeerStatus, Status } from '../protocol/index.ts';

/** Counters of one node, as far as it reports them. */
export interface NodeMetrics {
  node: string;
  /** Traffic of each message type. */
  types: TrafficMetrics<'type'>[];
  /** Traffic and queue of the link to each peer that it dials. */
  links: (TrafficMetrics<'to'> & { queuedBytes: number | undefined })[];
  bufferedBytes: number | undefined;
  /** Since the node listens. */
  uptimeSeconds: number | undefined;
  /** Other counters by the names of a `status`. */
  counters: Map<string, number>;
}

export type TrafficMetrics<Key extends string> = Record<Key, string> & {
  messagesIn: number;
  messagesOut: number;
  bytesIn: number;
  bytesOut: number;
};

/**
 * Reads the payload of a `status`; a node of another make may leave out any field, or have another type in it.
 * @param names of the nodes, by `host:port`
 */
export function parseNodeMetrics(node: string, payload: unknown, names: ReadonlyMap<string, string>): NodeMetrics {
  const { peers, types, buffered, counters, uptime } = (payload ?? {}) as Partial<Record<keyof Status, unknown>>;
  const numbers = Object.entries(asObject(counters)).filter((entry): entry is [string, number] => isCount(entry[1]));
  return {
    node,
    types: Object.entries(asObject(types)).map(([type, traffic]) => ({ type, ...parseTraffic(traffic) })),
    links: (Array.isArray(peers) ? peers : []).map((value) => {
      const { peer, queued } = asObject(value) as Partial<Record<keyof PeerStatus, unknown>>;
      return {
        to: names.get(String(peer)) ?? String(peer),
        ...parseTraffic(value),
        queuedBytes: isCount(queued) ? queued : undefined,
      };
    }),
    bufferedBytes: isCount(buffered) ? buffered : undefined,
    uptimeSeconds: isCount(uptime) ? uptime : undefined,
    counters: new Map(numbers),
  };
}

function parseTraffic(value: unknown): Omit<TrafficMetrics<never>, never> {
  const { messages_in, messages_out, bytes_in, bytes_out } = asObject(value);
  const count = (number: unknown) => (isCount(number) ? number : 0);
  return {
    messagesIn: count(messages_in),
    messagesOut: count(messages_out),
    bytesIn: count(bytes_in),
    bytesOut: count(bytes_out),
  };
}

const asObject = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
const isCount = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value) && value >= 0;
