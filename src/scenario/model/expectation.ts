/** What is expected of a devnet within `within` milliseconds. Plain JSON: nodes are named, groups are expanded. */
export type Expectation =
  /** News that `from` is told when this begins reaches these nodes; `only`: and no others while the time lasts. */
  | { kind: 'gossip'; from: string; data?: unknown; reaches: string[]; only: boolean; within: number }
  /** The graph is the declared one. */
  | { kind: 'no drift'; within: number }
  /** One of these nodes (absent: anybody, devnet too) logs a line that matches; `never`: none does while the time lasts. */
  | { kind: 'log'; nodes?: string[]; pattern: string; flags: string; never: boolean; within: number }
  /** A node is connected to these and no others, or to so many. */
  | { kind: 'peers'; node: string; peers: string[] | number; within: number }
  /** Of these, each is connected to the node it dials, or none is. */
  | { kind: 'links'; links: { from: string; to: string }[]; up: boolean; within: number };
