/** Version of the protocol that a node announces in its `hello`. A change that old nodes would misread raises it. */
export const PROTOCOL_VERSION = '1';

/** Port a node listens on by default. */
export const DEFAULT_PORT = 3000;

/** One message. `payload: undefined` and no payload are the same; `null` is a payload. */
export interface Message {
  /** Type, which decides how the payload is read; never empty. */
  message_type: string;
  /** Any JSON; absent where the type needs none. */
  payload?: unknown;
}

/** Reason that a message was refused: the `code` of an `error` message. */
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
  /** Stable reason, for programs. */
  code: ProtocolErrorCode;
  /** One sentence for a person: what was expected and what came. */
  message: string;
}

/** A message was refused. Whoever reads a message throws it; its sender gets it as an `error` message. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
  /** Stable reason, which becomes the `code` of the `error` message. */
  readonly code: ProtocolErrorCode;

  constructor(code: ProtocolErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** Payload of `hello`: who is at this end of a link. Readers ignore fields they do not know. */
export interface Hello {
  /** Name of the node, which nobody checks. */
  name: string;
  /** `host:port` that this node can be dialed at, as far as it can tell; absent when it cannot. */
  listen?: string;
  /** Version of the protocol, {@link PROTOCOL_VERSION}; absent when the node does not say. */
  version?: string;
  /** Random id of this run of the node: two hellos with one id are from one process. Absent means unknown. */
  id?: string;
  /** Number of the link at the end that dialed, by which a node recognizes that it dialed itself; absent at the other end. */
  link?: number;
  /** Name of the network that the node belongs to; absent when it was not told. */
  network?: string;
  /** Id of that network, which tells it from others of its name; absent when it was not told. */
  network_id?: string;
  /** The node understands `ihave`: gossip may be announced to it. Absent: it does not. */
  ihave?: true;
}

/** Payload of `peers`: `host:port` of each peer, in the order they were added. */
export type Peers = string[];

/** Payload of `gossip`. Fields that a node does not know travel on with it. */
export interface Gossip {
  /** 1–256 characters, unique to this message. */
  id: string;
  /** Any JSON. @default none */
  data?: unknown;
  /** Links travelled so far. @default 0 */
  hops?: number;
}

/** Payload of `ihave` and `iwant`: the gossip that is offered, or requested. */
export interface GossipIds {
  /** The `id` of each message. */
  ids: string[];
}

/** Ends a message on the wire, after its one line of JSON. */
export const MESSAGE_DELIMITER = '\n\n';

/**
 * Returns the text of a message as it is sent: one compact line and a blank line.
 *
 * @throws what JSON.stringify throws (for a BigInt or a cycle); nothing for messages that a Decoder returned
 */
export function encodeText(message: Message): string {
  return JSON.stringify({ message_type: message.message_type, payload: message.payload }) + MESSAGE_DELIMITER;
}

/** Returns the bytes of a message as it is sent; see {@link encodeText}. @throws what `encodeText` throws */
export function encode(message: Message): Buffer {
  return Buffer.from(encodeText(message));
}

/** Returns an `error` message. */
export function createErrorMessage(code: ProtocolErrorCode, message: string): Message {
  const payload: ErrorPayload = { code, message };
  return { message_type: 'error', payload };
}
