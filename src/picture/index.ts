export { dot } from './dot.ts';
export { json, type PictureJson } from './json.ts';
export { type LaidNode, type Layout, layout } from './layout.ts';
export { MOST_MERMAID_LINES, mermaid } from './mermaid.ts';
export { linesOf, nodesOf, type Picture, type PictureLink, type PictureNode } from './picture.ts';
export { png } from './png.ts';
export { type SvgOptions, svg } from './svg.ts';
