/** What can be chosen in the graph. */
export type GraphItem = { kind: 'node'; name: string } | { kind: 'link'; from: string; to: string };
