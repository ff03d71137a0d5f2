export { minimumCut } from './cut.ts';
export { type Figures, figures, type Graph, graphOf, hops, type Spread } from './graph.ts';
export {
  type FormatOptions,
  formatMistakes,
  type Mistake,
  type MistakeStyle,
  type Place,
  TopologyError,
} from './mistakes.ts';
export { type ParseOptions, parseTopology, parseTopologyObject } from './parse.ts';
export { topologyJsonSchema } from './schema/index.ts';
export * from './shapes/index.ts';
export type {
  Condition,
  Link,
  NodeOpenings,
  Quality,
  Shaping,
  Topology,
  TopologyNetwork,
  TopologyNode,
} from './topology.ts';
