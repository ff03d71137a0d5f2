export { type Address, formatAddress, parseAddress, parseHost } from './address.ts';
export type { DecodeResult } from './decode-message.ts';
export { Decoder, type DecoderLimits } from './decoder.ts';
export { DEFAULT_LIMITS, type Limits, limitsFromEnvironment, limitVariable } from './limits.ts';
export {
  type Counters,
  DEFAULT_PORT,
  type ErrorPayload,
  encode,
  encodeText,
  errorMessage,
  type Gossip,
  type GossipIds,
  type Hello,
  type Message,
  type PeerStatus,
  type Peers,
  PROTOCOL_VERSION,
  ProtocolError,
  type ProtocolErrorCode,
  type Status,
  type Traffic,
} from './message.ts';
