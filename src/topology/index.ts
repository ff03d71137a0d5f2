export {
  type Diagnostic,
  type DiagnosticStyle,
  DiagnosticsError,
  type FormatDiagnosticsOptions,
  formatDiagnostics,
  type SourceLocation,
  TopologyError,
} from './document/diagnostic.ts';
export {
  computeGraphMetrics,
  type Graph,
  type GraphMetrics,
  graphOf,
  hopsFrom,
  type MinMeanMax,
} from './graph/graph.ts';
export { minimumCut } from './graph/min-cut.ts';
export type {
  DirectedLinkConditions,
  Link,
  LinkConditions,
  MetricsEndpoint,
  NodePermissions,
  Shaping,
  Topology,
  TopologyNetwork,
  TopologyNode,
} from './model/topology.ts';
export { type ParseTopologyOptions, parseTopology, parseTopologyObject } from './parse/parse-topology.ts';
export { topologyJsonSchema } from './schema/index.ts';
export type { StarOptions, TreeOptions } from './shapes/basic-shapes.ts';
export { isConnected } from './shapes/connectivity.ts';
export { type Edge, ImpossibleShapeError, MAX_EDGES } from './shapes/edge.ts';
export type { RandomGraphOptions } from './shapes/erdos-renyi.ts';
export type { LatticeOptions } from './shapes/lattice.ts';
export type { RegularOptions } from './shapes/regular.ts';
export type { ScaleFreeOptions } from './shapes/scale-free.ts';
export type { SmallWorldOptions } from './shapes/small-world.ts';
