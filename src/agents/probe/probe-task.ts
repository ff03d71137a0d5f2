/** What a probe is asked to do, one JSON object on its standard input. All of it happens in the network of one node. */
export interface ProbeTask {
  /** Where the node dials: pings there, one after the other, on one connection, until it was `count` or the time is over. */
  pings?: { host: string; port: number; count: number; milliseconds: number };
  /** As many bytes as fit into `milliseconds` at `rate` bits a second, in messages that get a short reply. */
  bulk?: { host: string; port: number; rate: number; milliseconds: number };
  /** Datagrams to send, each numbered, so many milliseconds apart. */
  send?: { host: string; port: number; count: number; every: number };
  /** Datagrams to count, until none came for `quiet` or none at all for `milliseconds`; it says `ready` once it listens. */
  receive?: { port: number; quiet: number; milliseconds: number };
}

/** What it found, one JSON object on its standard output; `error` where it could not. */
export interface ProbeResult {
  /** Round trips in milliseconds, of `pings`. */
  rtts?: number[];
  /** Of `bulk`: bytes of messages, and the seconds they took. */
  bytes?: number;
  seconds?: number;
  /** Of `send`: how many went out. */
  sent?: number;
  /** Of `receive`: by sender, how many came, and how many of them were there before. */
  received?: Record<string, { unique: number; repeated: number; late: number }>;
  ready?: true;
  error?: string;
}
