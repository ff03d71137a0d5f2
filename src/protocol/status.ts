/** Traffic of a connection, a link or a node. Bytes include the delimiters and white space between messages. */
export class Traffic {
  /** Messages received that were well formed. */
  messages_in = 0;
  /** Messages handed to the system to send. */
  messages_out = 0;
  /** Bytes received. */
  bytes_in = 0;
  /** Bytes handed to the system to send. */
  bytes_out = 0;
}

/** Counters of a node since it started. */
export class Counters extends Traffic {
  /** `error` messages sent. */
  errors_out = 0;
  /** Different gossip messages received. */
  gossip_received = 0;
  /** Copies of gossip that had been received before. */
  gossip_duplicate = 0;
  /** Copies of gossip sent, to a link or on request. */
  gossip_forwarded = 0;
  /** Announcements sent, one for each gossip message and link. */
  gossip_announced = 0;
  /** Requests sent for announced gossip. */
  gossip_asked = 0;
  /** Requests for gossip that were not answered in time, or whose connection ended. */
  gossip_late = 0;
  /** Messages to peers that were not sent: the peer was not connected or too slow, or the message too large. */
  dropped = 0;
  /** Dials of peers, the failed ones included. */
  dials = 0;
  /** Connections of others that were accepted, the closed ones included. */
  inbound_accepted = 0;
  /** Connections refused or closed to stay within the inbound limits. */
  inbound_refused = 0;
}

/** One peer in a `status`, with the traffic of its link, both ways, since it was added. */
export interface PeerStatus extends Traffic {
  /** `host:port` */
  peer: string;
  /** `up`: the last dial succeeded; `dialing`: a dial is under way; `waiting`: for the next dial. */
  state: 'up' | 'dialing' | 'waiting';
  /**
   * `link`: the peer said hello, the connection lasts; `oneshot`: it answers no hello and gets a connection for each
   * message; null while that is not known.
   */
  mode: 'link' | 'oneshot' | null;
  /** Name from the peer's hello, or null. */
  name: string | null;
  /** Last measured round trip on this link in milliseconds, or null. */
  rtt_ms: number | null;
  /** Milliseconds since `rtt_ms` was measured, or null. */
  rtt_age_ms: number | null;
  /** Seconds since `state` last changed. */
  since: number;
  /** Dials that failed since one last succeeded. */
  attempts: number;
  /** Reason that the last connection ended, or null. */
  reason: string | null;
  /** Bytes that wait to be sent to the peer. */
  queued: number;
}

/** Payload of `status`. */
export interface Status {
  /** Name of the node, as in its hello. */
  name: string;
  /** Name of the network that the node belongs to; absent when it was not told. */
  network?: string;
  /** Id of that network, which tells it from others of its name; absent when it was not told. */
  network_id?: string;
  /** Version of the protocol, as in its hello. */
  version: string;
  /** `host:port` as seen on the connection that asked. */
  listen: string;
  /** Seconds since the node started listening. */
  uptime: number;
  /** In the order they were added. */
  peers: PeerStatus[];
  /** Open inbound connections, the asking one included. */
  inbound: number;
  /** Gossip strategy: `flood`, `fanout:3` for three copies, or `announce`. */
  gossip: string;
  /** Seed of the choice of links, a whole number from 0; absent unless the strategy is `fanout`. */
  seed?: number;
  /** Counters since the node started; more may be added. */
  counters: Counters;
  /**
   * Traffic of each message type since the node started, bytes without what is between messages. Types received that the node
   * does not know are one, `unknown`.
   */
  types: Record<string, Traffic>;
  /** Bytes buffered for all connections. */
  buffered: number;
  /** Memory of the node's process. */
  memory: {
    /** Resident set in bytes. */
    rss: number;
  };
}
