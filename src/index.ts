/** The library: what a program that imports `devnet` can use. */

export { status } from './controller/inspect/network-status.ts';
export { down } from './controller/lifecycle/down.ts';
export { type UpOptions, type UpResult, type UpStep, up } from './controller/lifecycle/up.ts';
export { type TailOptions, tailLogs } from './controller/logs/log-tail.ts';
export { sendMessage } from './controller/peers/send-message.ts';
export {
  findDevnet,
  type NetworkState,
  type ObservedNode,
  observe,
  observeAll,
} from './controller/state/network-state.ts';
export { connectEngine, type Engine } from './engine/engine.ts';
export { type Capability, UnsupportedError } from './network/capabilities.ts';
export { type Drift, describeDrift, hasNoDrift } from './network/drift.ts';
export { CONTROLLER, type Level, type LogEntry } from './network/log-entry.ts';
export type { LinkStatus, NetworkStatus, NodeStatus } from './network/network-status.ts';
export * from './node/index.ts';
export * from './protocol/index.ts';
export { DevnetError, type ErrorCode } from './shared/errors.ts';
export * from './testing/index.ts';
// Shapes as topologies are what most callers want; as bare edges they go by another name.
export { shapes } from './testing/shapes.ts';
export * from './topology/index.ts';
export { shapeGenerators as edges } from './topology/index.ts';
export { loadTopology } from './topology/load-topology-file.ts';
