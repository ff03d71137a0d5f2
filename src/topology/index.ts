export {
  type Diagnostic,
  type DiagnosticStyle,
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
  NodePermissions,
  Shaping,
  Topology,
  TopologyNetwork,
  TopologyNode,
} from './model/topology.ts';
export { type ParseTopologyOptions, parseTopology, parseTopologyObject } from './parse/parse-topology.ts';
export { topologyJsonSchema } from './schema/index.ts';
export {
  type Edge,
  ImpossibleShapeError,
  isConnected,
  type LatticeOptions,
  MAX_EDGES,
  type RandomGraphOptions,
  type RegularOptions,
  type ScaleFreeOptions,
  type SmallWorldOptions,
  shapeGenerators,
} from './shapes/index.ts';
