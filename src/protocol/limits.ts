/** A limit and the values that are allowed for it. Times and rates are in the unit that the limit's name ends with. */
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
  /** A new connection that sends nothing, and any connection that neither reads nor writes. Bitcoin: 60 s for the version. */
  idleTimeoutMs: { value: 30_000, min: 10, max: HOUR_MS },
  /** From the last reply to the close of a connection that never said hello: HTTP servers' short keep-alive. */
  closeDelayMs: { value: 1_000, min: 10, max: HOUR_MS },
  /** Open inbound connections. Bitcoin: 125 in all. */
  maxInbound: { value: 512, min: 1, max: 65_535 },
  /** Open inbound connections from one address; admin addresses are exempt. go-libp2p's resource manager limits by address too. */
  maxInboundPerAddress: { value: 64, min: 1, max: 65_535 },
  /** Bytes queued to be sent on one connection. Bitcoin's -maxsendbuffer: 1,000 kB. */
  maxSendQueue: { value: MIB_BYTES, min: 1_024, max: 64 * MIB_BYTES },
  /** Bytes buffered for all connections: unfinished messages, and unread replies. Linux bounds TCP's memory so. */
  maxHeld: { value: 8 * MIB_BYTES, min: 1_024, max: 1_024 * MIB_BYTES },

  // Links.
  /** Peers of one node. */
  maxPeers: { value: 1_024, min: 1, max: 65_535 },
  /** To establish a connection. Bitcoin's -timeout: 5 s. */
  dialTimeoutMs: { value: 10_000, min: 10, max: HOUR_MS },
  /** For the reply to a hello, before a peer is taken for one that does not know hello. */
  helloWaitMs: { value: 1_000, min: 10, max: HOUR_MS },
  /** Between pings on a link. Bitcoin: 2 min. */
  pingIntervalMs: { value: 30_000, min: 10, max: HOUR_MS },
  /** Without a byte from the other end, before a link is taken for dead. Bitcoin: 20 min. */
  deadAfterMs: { value: 90_000, min: 10, max: 24 * HOUR_MS },
  /** Longest wait before the first redial; it doubles up to redialMaxMs, with full jitter. gRPC: 1 s to 120 s. */
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
  /** Ids in the seen cache. Bitcoin's filter of known transactions: 50,000. */
  maxSeenIds: { value: 50_000, min: 1, max: 10_000_000 },
  /** Age of an id in the seen cache. gossipsub's seen cache: 120 s. */
  seenAgeMs: { value: 120_000, min: 10, max: 24 * HOUR_MS },
  /** Links that gossip may travel. */
  maxHops: { value: 32, min: 1, max: 1_000_000 },
  /** Ids in one `ihave` or `iwant`. gossipsub: 5,000 announced in a heartbeat. */
  maxListedIds: { value: 1_000, min: 1, max: 100_000 },
  /** Announcements remembered of requested gossip. Bitcoin: 5,000 for each peer. */
  maxWanted: { value: 5_000, min: 1, max: 1_000_000 },
  /** For requested gossip to arrive, before other peers are asked. gossipsub's follow-up time: 3 s. */
  wantTimeoutMs: { value: 3_000, min: 10, max: HOUR_MS },
  /** Bytes of announced gossip in the message cache. gossipsub keeps what came within 5 heartbeats. */
  maxKept: { value: 4 * MIB_BYTES, min: 1_024, max: 1_024 * MIB_BYTES },
  /** Age of gossip in the message cache: long enough to be requested after some other peers failed to deliver. */
  keptAgeMs: { value: 30_000, min: 10, max: HOUR_MS },
} satisfies Record<string, LimitRange>;

/** Every limit of a node, by name. Each is documented in docs/protocol.md, *Limits*. */
export type Limits = { [name in keyof typeof LIMIT_RANGES]: number };

const LIMIT_NAMES = Object.keys(LIMIT_RANGES) as (keyof Limits)[];

/** Limits of a node by default. */
export const DEFAULT_LIMITS: Readonly<Limits> = Object.freeze(
  Object.fromEntries(LIMIT_NAMES.map((name) => [name, LIMIT_RANGES[name].value])) as Limits,
);

/** Environment variables by name, as in `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Returns the environment variable that sets a limit: `maxMessage` is set by `DEVNET_MAX_MESSAGE`. */
export function limitVariable(name: keyof Limits): string {
  return `DEVNET_${name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
}

/**
 * Returns the default limits, overridden by environment variables that are set and not empty.
 *
 * @throws RangeError naming the variable, its value and what is allowed
 */
export function limitsFromEnvironment(environment: Environment): Limits {
  const limits = { ...DEFAULT_LIMITS };
  for (const name of LIMIT_NAMES) {
    limits[name] = readWholeNumber(environment, limitVariable(name), LIMIT_RANGES[name]) ?? limits[name];
  }
  return limits;
}

/**
 * Returns the whole number that an environment variable holds; undefined when it is absent or empty.
 *
 * @throws RangeError naming the variable, its value and what is allowed
 */
export function readWholeNumber(
  environment: Environment,
  variable: string,
  { min, max }: { min: number; max: number },
): number | undefined {
  const text = environment[variable];
  if (!text) return undefined;
  const value = /^\d{1,12}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= min && value <= max) return value;
  throw new RangeError(`${variable} is "${text}"; it must be a whole number from ${min} to ${max}`);
}
