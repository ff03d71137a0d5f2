/** The library: what a program that imports `devnet` can use. */

export { status } from './controller/inspect/read-status.ts';
export { down } from './controller/lifecycle/down.ts';
export type { Reaper } from './controller/lifecycle/reaper/reaper.ts';
export type { ReaperFallback, ReaperHold } from './controller/lifecycle/reaper/reaper-hold.ts';
export { type UpOptions, type UpResult, up } from './controller/lifecycle/up.ts';
export type { TailOptions } from './controller/logs/log-tail.ts';
export { tailLogs } from './controller/logs/tail-logs.ts';
export { sendToNode as sendMessage } from './controller/peers/send-to-node.ts';
export {
  findNetworkState,
  type NetworkState,
  type ObservedNode,
  observe,
  observeAll,
} from './controller/state/network-state.ts';
export { connectEngine, type Engine, type EngineFlavour } from './engine/connection/engine.ts';
export type { EngineEndpoint } from './engine/connection/engine-endpoint.ts';
export type { EngineTls } from './engine/connection/engine-tls.ts';
export type { Attachment, Container, ContainerState } from './engine/containers.ts';
export type { NodeImage } from './engine/images/node-image.ts';
export type { EngineNetwork } from './engine/networks.ts';
export { type Capability, type IncapableEngine, type Requirement, UnsupportedError } from './network/capabilities.ts';
export { type Drift, describeDrift, hasNoDrift } from './network/links/drift.ts';
export { CONTROLLER, type Level, type LogEntry } from './network/log-entry.ts';
export type { HostStatus, LinkStatus, NetworkStatus, NodeStatus, TopologyStatus } from './network/network-status.ts';
export type { NodeCapability } from './network/peer-control/peer-control.ts';
export type { PlanStep } from './network/plan-step.ts';
export type { StatusOptions } from './network/running-network.ts';
export type { UpStep } from './network/runtime.ts';
export * from './node/index.ts';
export * from './protocol/index.ts';
export { DevnetError, type ErrorCode, type ErrorDetails } from './shared/errors.ts';
export * from './testing/index.ts';
export * from './topology/index.ts';
export { loadTopology } from './topology/load-topology-file.ts';
// `shapes` are topologies, which most callers want; `edges` are the same families as bare edges.
export * as edges from './topology/shapes/generators.ts';
