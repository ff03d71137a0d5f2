/** What a limit counts. Times and rates are in the unit their name ends with. */
interface LimitRange {
  readonly value: number;
  readonly min: number;
  readonly max: number;
}

const HOUR_MS = 3_600_000;
const MIB_BYTES = 1_048_576;

const LIMIT_RANGES = {
  // Messages.
  /** Bytes of one message, outermost brace to brace. gossipsub: 1 MiB; Bitcoin: 4,000,000. */
  maxMessage: { value: MIB_BYTES, min: 1_024, max: 64 * MIB_BYTES },
  /** Levels of nesting. JSON.stringify runs out of stack near 6,000. */
  maxDepth: { value: 128, min: 8, max: 2_000 },
  /** From the first byte of a message to its last, however many come in between. memberlist's TCP timeout: 10 s. */
  messageTimeoutMs: { value: 10_000, min: 10, max: HOUR_MS },

  // Connections.
  /** A new connection that says nothing, and any that neither reads nor writes. Bitcoin: 60 s for the version. */
  idleTimeoutMs: { value: 30_000, min: 10, max: HOUR_MS },
  /** From the last reply to the end of a connection that never said hello: HTTP servers' short keep-alive. */
  closeDelayMs: { value: 1_000, min: 10, max: HOUR_MS },
  /** Open inbound connections. Bitcoin: 125 in all. */
  maxInbound: { value: 512, min: 1, max: 65_535 },
  /** Of those, from one address; admin addresses are exempt. go-libp2p's resource manager limits by address too. */
  maxInboundPerAddress: { value: 64, min: 1, max: 65_535 },
  /** Bytes waiting to be sent on one connection. Bitcoin's -maxsendbuffer: 1,000 kB. */
  maxSendQueue: { value: MIB_BYTES, min: 1_024, max: 64 * MIB_BYTES },
  /** Bytes held for all connections: unfinished messages, and replies not taken. Linux bounds TCP's memory so. */
  maxHeld: { value: 8 * MIB_BYTES, min: 1_024, max: 1_024 * MIB_BYTES },

  // Links.
  /** Peers a node remembers. */
  maxPeers: { value: 1_024, min: 1, max: 65_535 },
  /** To establish a connection. Bitcoin's -timeout: 5 s. */
  dialTimeoutMs: { value: 10_000, min: 10, max: HOUR_MS },
  /** For the answer to a hello before a peer is used as one that knows none. */
  helloWaitMs: { value: 1_000, min: 10, max: HOUR_MS },
  /** Between pings on a quiet link. Bitcoin: 2 min. */
  pingIntervalMs: { value: 30_000, min: 10, max: HOUR_MS },
  /** Without a byte from the other end of a link until it is taken for dead. Bitcoin: 20 min. */
  deadAfterMs: { value: 90_000, min: 10, max: 24 * HOUR_MS },
  /** First redial, at most; each one after it twice as long, up to redialMaxMs, with full jitter. gRPC: 1 s to 120 s. */
  redialMinMs: { value: 250, min: 1, max: HOUR_MS },
  redialMaxMs: { value: 30_000, min: 1, max: HOUR_MS },

  // Rates.
  /** Messages per second on one connection, and how many may come at once. */
  messagesPerSecond: { value: 500, min: 1, max: 1e9 },
  messagesBurst: { value: 1_000, min: 1, max: 1e9 },
  /** The same for a link, a connection that said hello. */
  linkMessagesPerSecond: { value: 5_000, min: 1, max: 1e9 },
  linkMessagesBurst: { value: 10_000, min: 1, max: 1e9 },
  /** `add_peer` from one address; admin addresses are exempt. Bitcoin's token bucket for addr messages: 0.1/s. */
  addPeersPerSecond: { value: 1, min: 1, max: 1e9 },
  addPeersBurst: { value: 100, min: 1, max: 1e9 },

  // Gossip.
  /** Ids remembered. Bitcoin's filter of known transactions: 50,000. */
  maxSeenIds: { value: 50_000, min: 1, max: 10_000_000 },
  /** How long. gossipsub's seen cache: 120 s. */
  seenAgeMs: { value: 120_000, min: 10, max: 24 * HOUR_MS },
  /** Links a piece of gossip may travel. */
  maxHops: { value: 32, min: 1, max: 1_000_000 },
  /** Ids in one `ihave` or `iwant`. gossipsub: 5,000 announced in a heartbeat. */
  maxListedIds: { value: 1_000, min: 1, max: 100_000 },
  /** Announcements remembered of news that was asked for. Bitcoin: 5,000 for each peer. */
  maxWanted: { value: 5_000, min: 1, max: 1_000_000 },
  /** For news that was asked for to come, before others are asked. gossipsub's follow-up time: 3 s. */
  wantTimeoutMs: { value: 3_000, min: 10, max: HOUR_MS },
  /** Bytes of news kept for those that ask. gossipsub keeps what came within 5 heartbeats. */
  maxKept: { value: 4 * MIB_BYTES, min: 1_024, max: 1_024 * MIB_BYTES },
  /** How long. Long enough to be asked after some others were in vain. */
  keptAgeMs: { value: 30_000, min: 10, max: HOUR_MS },
} satisfies Record<string, LimitRange>;

/** Every limit a node keeps to, by name. */
export type Limits = { [name in keyof typeof LIMIT_RANGES]: number };

const LIMIT_NAMES = Object.keys(LIMIT_RANGES) as (keyof Limits)[];

/** What a node keeps to unless told otherwise. */
export const DEFAULT_LIMITS: Readonly<Limits> = Object.freeze(
  Object.fromEntries(LIMIT_NAMES.map((name) => [name, LIMIT_RANGES[name].value])) as Limits,
);

/** The environment variable that sets a limit: `maxMessage` is set by `DEVNET_MAX_MESSAGE`. */
export function limitVariable(name: keyof Limits): string {
  return `DEVNET_${name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
}

/**
 * The limits with what an environment sets of them. Throws RangeError naming the variable, its value and what is
 * allowed when one is not a whole number within its range. An empty variable sets nothing.
 */
export function limitsFromEnvironment(environment: Readonly<Record<string, string | undefined>>): Limits {
  const limits = { ...DEFAULT_LIMITS };
  for (const name of LIMIT_NAMES) {
    const variable = limitVariable(name);
    const text = environment[variable];
    if (text === undefined || text === '') continue;
    const { min, max } = LIMIT_RANGES[name];
    const value = /^\d{1,12}$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= min && value <= max)) {
      throw new RangeError(`${variable} is "${text}"; it must be a whole number from ${min} to ${max}`);
    }
    limits[name] = value;
  }
  return limits;
}
