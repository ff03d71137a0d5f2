/** A task for a probe: one JSON object on its standard input. Everything happens in the network of one node. */
export interface ProbeTask {
  /**
   * Pings a node, one after another, until there were `count` or the time is over; and between them the node whose network this
   * is, over no link at all, which takes as long as this machine lets a ping take.
   */
  pings?: { host: string; port: number; own: { host: string; port: number }; count: number; milliseconds: number };
  /** Sends as much as a connection takes, until the other end closes it. */
  flood?: { host: string; port: number };
  /**
   * Accepts a connection, discards what comes, and reads the counters of the node's interface: the first time after `warmUp`
   * milliseconds, then `count` times, `every` milliseconds apart, each time when bytes have just arrived. Then it closes the
   * connection. The probe writes `ready` when it listens.
   */
  drain?: { port: number; warmUp: number; every: number; count: number };
  /** Sends numbered datagrams, `every` milliseconds apart. */
  send?: { host: string; port: number; count: number; every: number };
  /**
   * Counts datagrams until none came for `quiet` milliseconds, or none at all for `milliseconds`. The probe writes `ready` when
   * it listens.
   */
  receive?: { port: number; quiet: number; milliseconds: number };
}

/** Bytes that have arrived so far. */
export interface ReceivedCount {
  /** Time, milliseconds by a clock that only goes forward. */
  at: number;
  /**
   * Bytes that the interface has received, whoever they are for: the headers of every segment included, also where the kernel
   * hands over many as one packet.
   */
  bytes: number;
  /** Bytes that the transfer's own connection has received, without headers. */
  ownBytes: number;
}

/** Results of a probe: JSON objects on its standard output, one a line. `error` says why a task failed. */
export interface ProbeResult {
  /** Result of `pings`: round trips in milliseconds, and those to the own node. */
  rtts?: number[];
  ownRtts?: number[];
  /** Result of `pings`: bytes of a ping and of its reply, headers included. */
  pingBytes?: { sent: number; received: number };
  /** Result of `flood`: part of the time that it had to wait for the connection, 0–1. */
  waiting?: number;
  /** Result of `drain`. */
  counts?: ReceivedCount[];
  /** Result of `send`: datagrams sent. */
  sent?: number;
  /** Result of `receive`: datagrams by sender; `late` ones arrived after a later one. */
  received?: Record<string, { unique: number; repeated: number; late: number }>;
  /** Result of `receive`: datagrams that arrived and that this machine was too busy to read. */
  unread?: number;
  ready?: true;
  error?: string;
}
