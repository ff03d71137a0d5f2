export type { DumpResult } from '../diagnostics/dump.ts';
export type { RuntimeName } from '../network/capabilities.ts';
export type { ExecResult } from '../network/exec.ts';
export type { ActiveFault, Fault, FaultHandle } from '../network/fault.ts';
export type { NodeState } from '../network/network-status.ts';
export type { PartitionPreset } from '../scenario/model/partition-presets.ts';
export { Devnet } from './devnet.ts';
export type { GossipResult, Receipt } from './gossip-and-wait.ts';
export type { LinkConditionsInput, MessageFaultInput, PartitionInput, SqueezeInput } from './input/fault-input.ts';
export type {
  DevnetGraph,
  DevnetOptions,
  FaultOptions,
  GossipOptions,
  LinkFaultOptions,
  PartitionOptions,
  WaitForOptions,
  WaitOptions,
} from './input/options.ts';
export type { LinkInput, NodeNames, ShapeInput, ShapeName, TopologyInput } from './input/topology-input.ts';
export { LinkHandle } from './link-handle.ts';
export type { MessageType, NodeHandle } from './node-handle.ts';
export type { LogEvent, LogFilter } from './read-log-entries.ts';
export { type ShapedTopology, shapes } from './shapes.ts';
