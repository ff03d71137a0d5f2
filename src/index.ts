/** The library: what a program that imports `devnet` can use. */
export { down } from './devnet/down.ts';
export { type Drift, describeDrift, isFree } from './devnet/drift.ts';
export { loadTopology } from './devnet/load.ts';
export { CONTROLLER, type Level, type LogEntry } from './devnet/log-entry.ts';
export { findDevnet, type Observed, type ObservedNode, observe, observeAll } from './devnet/observe.ts';
export { send } from './devnet/send.ts';
export { type DevnetStatus, type LinkStatus, type NodeStatus, status } from './devnet/status.ts';
export { type TailOptions, tailLogs } from './devnet/tail.ts';
export { type UpOptions, type UpResult, type UpStep, up } from './devnet/up.ts';
export { connectEngine, type Engine } from './engine/engine.ts';
export { DevnetError, type ErrorCode } from './errors.ts';
export * from './library/index.ts';
// Shapes as topologies are what most callers want; as bare edges they go by another name.
export { shapes } from './library/shapes.ts';
export * from './node/index.ts';
export * from './protocol/index.ts';
export * from './topology/index.ts';
export { shapes as edges } from './topology/index.ts';
