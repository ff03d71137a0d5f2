/** A part of the graph that can be selected. */
export type GraphItem = { kind: 'node'; name: string } | { kind: 'link'; from: string; to: string };
