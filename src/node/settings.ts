import { isIP } from 'node:net';
import { DEFAULT_PORT, type Limits, limitsFromEnvironment, parseHost } from '../protocol/index.ts';
import { boundHost } from './connection/listen.ts';
import { type GossipStrategy, MAX_FANOUT, parseGossipStrategy } from './gossip/gossip-strategy.ts';
import { LOG_LEVELS, type LogLevel } from './log/log.ts';

/** Largest seed, as everywhere a seed is given. */
const MAX_SEED = 2 ** 32 - 1;

/** What the environment of a node says about it. */
export interface NodeSettings {
  name: string;
  port: number;
  /** Undefined: every address of the machine. */
  host: string | undefined;
  admins: string[];
  level: LogLevel;
  strategy: GossipStrategy;
  /** Undefined: any. */
  seed: number | undefined;
  limits: Limits;
}

/**
 * Reads DEVNET_NAME, DEVNET_PORT, DEVNET_HOST, DEVNET_ADMIN (addresses, separated by commas), DEVNET_LOG_LEVEL,
 * DEVNET_GOSSIP, DEVNET_SEED and the limits' variables. Empty ones count as absent; `hostname` is the name of last resort. Throws RangeError naming the
 * variable, its value and what is allowed.
 */
export function settingsFromEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
  hostname: string,
): NodeSettings {
  const { DEVNET_NAME, DEVNET_PORT, DEVNET_HOST, DEVNET_ADMIN, DEVNET_LOG_LEVEL, DEVNET_GOSSIP, DEVNET_SEED } =
    environment;
  return {
    name: readName(DEVNET_NAME || hostname),
    port: readPort(DEVNET_PORT || String(DEFAULT_PORT)),
    host: DEVNET_HOST ? readHost(DEVNET_HOST) : undefined,
    admins: (DEVNET_ADMIN ?? '')
      .split(',')
      .map((address) => address.trim())
      .filter((address) => address !== '')
      .map(readAdmin),
    level: readLevel(DEVNET_LOG_LEVEL || 'info'),
    strategy: readStrategy(DEVNET_GOSSIP || 'flood'),
    seed: DEVNET_SEED ? readSeed(DEVNET_SEED) : undefined,
    limits: limitsFromEnvironment(environment),
  };
}

function readName(name: string): string {
  if (/^[^\x00-\x1f\x7f]{1,255}$/.test(name)) return name;
  throw new RangeError(`DEVNET_NAME is ${JSON.stringify(name)}; it must be 1 to 255 characters on one line`);
}

function readPort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (port <= 65_535) return port;
  throw new RangeError(`DEVNET_PORT is "${text}"; it must be a whole number from 0 (any free port) to 65535`);
}

function readHost(host: string): string {
  // Not names: what one resolves to can change between listening and dialing from it.
  if (isIP(host) !== 0) return host === '::' || host === '0.0.0.0' ? host : parseHost(host);
  throw new RangeError(`DEVNET_HOST is "${host}"; it must be an IP address`);
}

function readAdmin(address: string): string {
  if (isIP(address) !== 0 && boundHost(address) !== undefined) return parseHost(address);
  throw new RangeError(`DEVNET_ADMIN holds "${address}"; it must be IP addresses with commas between`);
}

function readLevel(text: string): LogLevel {
  const level = LOG_LEVELS.find((one) => one === text);
  if (level !== undefined) return level;
  throw new RangeError(`DEVNET_LOG_LEVEL is "${text}"; it must be one of ${LOG_LEVELS.join(', ')}`);
}

function readStrategy(text: string): GossipStrategy {
  const strategy = parseGossipStrategy(text);
  if (strategy !== undefined) return strategy;
  throw new RangeError(
    `DEVNET_GOSSIP is "${text}"; it must be flood, announce, or fanout:K with K from 1 to ${MAX_FANOUT}`,
  );
}

function readSeed(text: string): number {
  const seed = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (seed <= MAX_SEED) return seed;
  throw new RangeError(`DEVNET_SEED is "${text}"; it must be a whole number from 0 to ${MAX_SEED}`);
}
