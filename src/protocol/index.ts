export { type Address, formatAddress, parseAddress, parseHost } from './address.ts';
export { Decoder, type DecoderLimits } from './decoder.ts';
export type { Decoded } from './envelope.ts';
export { DEFAULT_LIMITS, type Limits, limitsFromEnvironment, limitVariable } from './limits.ts';
export {
  type Counters,
  DEFAULT_PORT,
  type ErrorCode,
  type ErrorPayload,
  encode,
  encodeText,
  errorMessage,
  type Gossip,
  type Hello,
  type Ids,
  type Message,
  type PeerStatus,
  type Peers,
  PROTOCOL_VERSION,
  ProtocolError,
  type Status,
  type Traffic,
} from './message.ts';
