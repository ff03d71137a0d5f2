export { renderDot } from './formats/dot.ts';
export { type GraphJson, toGraphJson } from './formats/json.ts';
export { MAX_MERMAID_EDGES, renderMermaid } from './formats/mermaid.ts';
export { renderPng } from './formats/png.ts';
export { renderSvg, type SvgOptions } from './formats/svg.ts';
export {
  drawnEdgesOf,
  type GraphView,
  type GraphViewLink,
  type GraphViewNode,
  viewNodesOf,
} from './layout/graph-view.ts';
export { computeLayout, type Layout, type PositionedNode } from './layout/layout.ts';
