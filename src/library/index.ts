export type { EngineName, ExecResult, Injected, NodeState } from './backend.ts';
export {
  Devnet,
  type DevnetGraph,
  type DevnetOptions,
  type GossipOptions,
  type MessageFaultInput,
  type WaitForOptions,
} from './devnet.ts';
export type { Gossiped, Receipt } from './gossip.ts';
export { DevnetLink, type QualityInput, type WayOptions } from './link.ts';
export type { LogEvent, LogFilter } from './logs.ts';
export type { DevnetNode, MessageType, WaitOptions } from './node.ts';
export { type Shaped, shapes } from './shapes.ts';
export type { LinkInput, NamesIn, ShapeInput, ShapeName, TopologyInput } from './topology-input.ts';
