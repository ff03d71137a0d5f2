import { type Gossip, type GossipIds, type Hello, ProtocolError } from '../../protocol/index.ts';

/** Longest id of a piece of gossip: it is remembered and logged. */
export const MAX_ID_LENGTH = 256;

/** Reads the payload of `gossip`. Throws ProtocolError `invalid_payload`. */
export function parseGossip(payload: unknown): Gossip {
  const { id, hops } = (isObject(payload) ? payload : {}) as { id?: unknown; hops?: unknown };
  if (!isId(id)) {
    throw new ProtocolError(
      'invalid_payload',
      `gossip has an "id" that is a string of 1 to ${MAX_ID_LENGTH} characters`,
    );
  }
  if (hops !== undefined && !(Number.isSafeInteger(hops) && (hops as number) >= 0)) {
    throw new ProtocolError('invalid_payload', 'the "hops" of gossip are a whole number, 0 or more');
  }
  return payload as Gossip;
}

/** Reads the payload of `ihave` or `iwant`, at most `most` ids. Throws ProtocolError `invalid_payload`. */
export function parseGossipIds(payload: unknown, most: number): string[] {
  const { ids } = (isObject(payload) ? payload : {}) as { [key in keyof GossipIds]: unknown };
  if (!Array.isArray(ids) || ids.length === 0 || ids.length > most || !ids.every(isId)) {
    throw new ProtocolError(
      'invalid_payload',
      `"ids" is an array of 1 to ${most} ids of 1 to ${MAX_ID_LENGTH} characters`,
    );
  }
  return ids;
}

/** What a node passes on of what it got: the same, one hop on. Undefined when it has come far enough. */
export function nextHop(gossip: Gossip, maxHops: number): Gossip | undefined {
  const hops = (gossip.hops ?? 0) + 1;
  return hops > maxHops ? undefined : { ...gossip, hops };
}

/** One end of a link as gossip sees it. */
export interface GossipEndpoint {
  /** `host:port`: where it was dialed, or for the sender of gossip, where its hello says it listens. */
  readonly listen?: string | undefined;
  readonly hello?: Hello | undefined;
}

/**
 * Whether gossip from `sender` came from `peer`, so that it need not go back there. Only a hello tells: a connection
 * without one shares its host with other nodes (behind NAT, on loopback), and news that comes twice is better than
 * news that never comes.
 */
export function cameFrom(sender: GossipEndpoint, peer: GossipEndpoint): boolean {
  if (sender.hello === undefined) return false;
  const { id } = sender.hello;
  return (id !== undefined && id === peer.hello?.id) || (sender.listen !== undefined && sender.listen === peer.listen);
}

function isId(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= MAX_ID_LENGTH;
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
