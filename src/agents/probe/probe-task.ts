/** A task for a probe: one JSON object on its standard input. Everything happens in the network of one node. */
export interface ProbeTask {
  /** Pings a node, one after another, until there were `count` or the time is over. */
  pings?: { host: string; port: number; count: number; milliseconds: number };
  /** Sends as many bytes as `rate` (bits per second) carries in `milliseconds`, in messages that get a short reply. */
  bulk?: { host: string; port: number; rate: number; milliseconds: number };
  /** Sends numbered datagrams, `every` milliseconds apart. */
  send?: { host: string; port: number; count: number; every: number };
  /**
   * Counts datagrams until none came for `quiet` milliseconds, or none at all for `milliseconds`. The probe writes `ready` when
   * it listens.
   */
  receive?: { port: number; quiet: number; milliseconds: number };
}

/** Results of a probe: JSON objects on its standard output, one a line. `error` says why a task failed. */
export interface ProbeResult {
  /** Result of `pings`: round trips in milliseconds. */
  rtts?: number[];
  /** Result of `bulk`: bytes of messages, and the seconds that they took. */
  bytes?: number;
  seconds?: number;
  /** Result of `send`: datagrams sent. */
  sent?: number;
  /** Result of `receive`: datagrams by sender; `late` ones arrived after a later one. */
  received?: Record<string, { unique: number; repeated: number; late: number }>;
  ready?: true;
  error?: string;
}
