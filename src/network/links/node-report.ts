/** The peers of one node, as it says. */
export interface NodeReport {
  node: string;
  /** The question it answered; `none`: it runs, and answers neither; `down`: it does not run or cannot be reached. */
  source: 'get_status' | 'get_peers' | 'none' | 'down';
  peers: PeerReport[];
  /** Earliest time at which the node began to listen, milliseconds on this process's monotonic clock; absent when it does not say. */
  startedAt?: number;
  /** Seconds since the node began to listen, when it answered; absent when it does not say. */
  uptime?: number;
}

export interface PeerReport {
  /** `host:port`, as the node gives it. */
  address: string;
  /** Absent when the node does not say. */
  connected?: boolean;
  /** Latest time at which that last changed, milliseconds on this process's monotonic clock; absent when the node does not say. */
  connectedAt?: number;
  /** Round trip, milliseconds; absent when the node did not measure it. */
  rtt?: number;
  /** Age of the round trip, milliseconds. */
  rttAgeMs?: number;
}
