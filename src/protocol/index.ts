export { type Address, formatAddress, parseAddress, parseHost, parseListenAddress } from './address.ts';
export type { DecodeResult } from './decode-message.ts';
export { Decoder, type DecoderLimits } from './decoder.ts';
export { DEFAULT_LIMITS, type Environment, type Limits, limitsFromEnvironment, limitVariable } from './limits.ts';
export {
  createErrorMessage,
  DEFAULT_PORT,
  type ErrorPayload,
  encode,
  encodeText,
  type Gossip,
  type GossipIds,
  type Hello,
  type Message,
  type Peers,
  PROTOCOL_VERSION,
  ProtocolError,
  type ProtocolErrorCode,
} from './message.ts';
export type { Counters, PeerStatus, Status, Traffic } from './status.ts';
