/** Version of the protocol a node announces in its `hello`. A change that old nodes would misread raises it. */
export const PROTOCOL_VERSION = '1';

/** The port a node listens on unless told otherwise. */
export const DEFAULT_PORT = 3000;

/** One message. `payload: undefined` and no payload are the same; `null` is a payload. */
export interface Message {
  message_type: string;
  payload?: unknown;
}

/** Why a message was refused: the `code` of an `error` message. */
export type ProtocolErrorCode =
  | 'invalid_json'
  | 'invalid_message'
  | 'unknown_type'
  | 'invalid_payload'
  | 'too_large'
  | 'too_deep'
  | 'rate_limited';

/** Payload of `error`. */
export interface ErrorPayload {
  code: ProtocolErrorCode;
  /** One sentence for a person: what was expected and what came. */
  message: string;
}

/** A refusal that its sender is told about: thrown by whoever reads a message, sent as an `error` message. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
  readonly code: ProtocolErrorCode;

  constructor(code: ProtocolErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** Payload of `hello`: who stands at this end of a link. Readers ignore fields they do not know. */
export interface Hello {
  name: string;
  /** `host:port` this node can be dialed at, as far as it can tell. */
  listen?: string;
  version?: string;
  /** Random id of this run of the node: two hellos with one id are from one process. */
  id?: string;
  /** In the hello of the end that dialed: which of its links this is, so that a node that dialed itself can tell. */
  link?: number;
  /** It understands `ihave`: news may be announced to it. */
  ihave?: true;
}

/** Payload of `peers`: `host:port` of each peer, in the order they were added. */
export type Peers = string[];

/** Payload of `gossip`. Fields a node does not know travel on with it. */
export interface Gossip {
  /** 1–256 characters, unique to this piece of news. */
  id: string;
  data?: unknown;
  /** Links it has travelled so far; absent means 0. */
  hops?: number;
}

/** Payload of `ihave` and `iwant`: pieces of news that can be asked for, or are. */
export interface GossipIds {
  /** The `id` of each. */
  ids: string[];
}

/** What went over the wire. Bytes are those of messages and what is between them. */
export interface Traffic {
  messages_in: number;
  messages_out: number;
  bytes_in: number;
  bytes_out: number;
}

/** One peer in a `status`, with what went over the link to it, both ways, since it was added. */
export interface PeerStatus extends Traffic {
  /** `host:port` */
  peer: string;
  /** `up`: a connection could be made last time; `dialing`: being made; `waiting`: for the next attempt. */
  state: 'up' | 'dialing' | 'waiting';
  /**
   * `link`: said hello, the connection lasts; `oneshot`: answers no hello, gets a connection for each message;
   * null while that is not known.
   */
  mode: 'link' | 'oneshot' | null;
  /** Name from the peer's hello, or null. */
  name: string | null;
  /** Last measured round trip on this link in milliseconds, or null. */
  rtt_ms: number | null;
  /** Milliseconds since `rtt_ms` was measured, or null. */
  rtt_age_ms: number | null;
  /** Seconds since `state` last changed. */
  since: number;
  /** Failed or dropped dials since the link last held. */
  attempts: number;
  /** Why the last connection ended, or null. */
  reason: string | null;
}

/** What a node has counted since it started. */
export interface Counters extends Traffic {
  /** `error` messages sent, by anybody's bad input. */
  errors_out: number;
  gossip_received: number;
  gossip_duplicate: number;
  /** Copies of gossip given to a link, or to one that asked. */
  gossip_forwarded: number;
  /** Times that a piece of gossip was announced to a link. */
  gossip_announced: number;
  /** Times that somebody was asked for a piece of gossip. */
  gossip_asked: number;
  /** Of those, times that it did not come in time, or could not come any more. */
  gossip_late: number;
  /** Messages for a peer that were given up: it was not connected, too slow, or the message too large. */
  dropped: number;
  dials: number;
  inbound_accepted: number;
  /** Connections refused or ended to stay within the inbound limits. */
  inbound_refused: number;
}

/** Payload of `status`. */
export interface Status {
  name: string;
  version: string;
  /** `host:port` as seen on the connection that asked. */
  listen: string;
  /** Seconds since the node started listening. */
  uptime: number;
  peers: PeerStatus[];
  /** Open inbound connections, the asking one included. */
  inbound: number;
  /** How gossip is passed on: `flood`, `fanout:3` for three copies, or `announce`. */
  gossip: string;
  /** With `fanout`: what the choice of links hangs on. */
  seed?: number;
  counters: Counters;
  memory: {
    /** Resident set in bytes. */
    rss: number;
  };
}

/** What ends a message on the wire, after its one line of JSON. */
export const MESSAGE_DELIMITER = '\n\n';

/**
 * The text of a message as it is sent: one compact line and a blank line. Never throws for what a Decoder gave out;
 * for other values it throws what JSON.stringify throws (a BigInt, a cycle).
 */
export function encodeText(message: Message): string {
  return JSON.stringify({ message_type: message.message_type, payload: message.payload }) + MESSAGE_DELIMITER;
}

/** The bytes of a message as it is sent; see {@link encodeText}. */
export function encode(message: Message): Buffer {
  return Buffer.from(encodeText(message));
}

/** An `error` message. */
export function errorMessage(code: ProtocolErrorCode, message: string): Message {
  const payload: ErrorPayload = { code, message };
  return { message_type: 'error', payload };
}
