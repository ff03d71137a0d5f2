import { isIP } from 'node:net';
import { DEFAULT_PORT, type Limits, limitsFromEnvironment, parseHost } from '../protocol/index.ts';
import { type Environment, readWholeNumber } from '../protocol/limits.ts';
import { boundHost } from './connection/socket-addresses.ts';
import { type GossipStrategy, MAX_FANOUT, parseGossipStrategy } from './gossip/gossip-strategy.ts';
import { LOG_LEVELS, type LogLevel } from './log/log.ts';
import type { NetworkIdentity } from './node-api.ts';

/** Largest seed, as everywhere a seed is given. */
const MAX_SEED = 2 ** 32 - 1;

/** Settings of a node that come from its environment. */
export interface NodeSettings {
  name: string;
  /** Undefined where DEVNET_NETWORK is absent. */
  network: NetworkIdentity | undefined;
  port: number;
  /** Undefined for every address of the machine. */
  host: string | undefined;
  admins: string[];
  level: LogLevel;
  strategy: GossipStrategy;
  /** Undefined for a random one. */
  seed: number | undefined;
  limits: Limits;
}

/**
 * Reads DEVNET_NAME, DEVNET_NETWORK, DEVNET_NETWORK_ID, DEVNET_PORT, DEVNET_HOST, DEVNET_ADMIN (addresses, separated by commas), DEVNET_LOG_LEVEL,
 * DEVNET_GOSSIP, DEVNET_SEED and the variables of the limits. Empty ones count as absent.
 *
 * @param hostname the name where DEVNET_NAME is absent
 * @throws RangeError naming the variable, its value and what is allowed
 */
export function settingsFromEnvironment(environment: Environment, hostname: string): NodeSettings {
  const { DEVNET_NAME, DEVNET_NETWORK, DEVNET_NETWORK_ID, DEVNET_HOST, DEVNET_ADMIN, DEVNET_LOG_LEVEL, DEVNET_GOSSIP } =
    environment;
  return {
    name: parseName('DEVNET_NAME', DEVNET_NAME || hostname),
    network: parseNetwork(DEVNET_NETWORK, DEVNET_NETWORK_ID),
    port: readWholeNumber(environment, 'DEVNET_PORT', { min: 0, max: 65_535 }) ?? DEFAULT_PORT,
    host: DEVNET_HOST ? parseListenHost(DEVNET_HOST) : undefined,
    admins: (DEVNET_ADMIN ?? '').split(',').flatMap((address) => parseAdmin(address.trim())),
    level: parseLevel(DEVNET_LOG_LEVEL || 'info'),
    strategy: parseStrategy(DEVNET_GOSSIP || 'flood'),
    seed: readWholeNumber(environment, 'DEVNET_SEED', { min: 0, max: MAX_SEED }),
    limits: limitsFromEnvironment(environment),
  };
}

function parseNetwork(name: string | undefined, id: string | undefined): NetworkIdentity | undefined {
  if (!name) return undefined;
  return { name: parseName('DEVNET_NETWORK', name), ...(id ? { id: parseName('DEVNET_NETWORK_ID', id) } : {}) };
}

function parseName(variable: string, name: string): string {
  if (/^[^\x00-\x1f\x7f]{1,255}$/.test(name)) return name;
  throw new RangeError(`${variable} is ${JSON.stringify(name)}; it must be 1 to 255 characters on one line`);
}

function parseListenHost(host: string): string {
  // Names are refused: what one resolves to can change between listening and dialing from it.
  if (isIP(host) !== 0) return host === '::' || host === '0.0.0.0' ? host : parseHost(host);
  throw new RangeError(`DEVNET_HOST is "${host}"; it must be an IP address`);
}

function parseAdmin(address: string): string[] {
  if (address === '') return [];
  if (isIP(address) !== 0 && boundHost(address) !== undefined) return [parseHost(address)];
  throw new RangeError(`DEVNET_ADMIN holds "${address}"; it must be a list of IP addresses separated by commas`);
}

function parseLevel(text: string): LogLevel {
  const level = LOG_LEVELS.find((one) => one === text);
  if (level !== undefined) return level;
  throw new RangeError(`DEVNET_LOG_LEVEL is "${text}"; it must be one of ${LOG_LEVELS.join(', ')}`);
}

function parseStrategy(text: string): GossipStrategy {
  const strategy = parseGossipStrategy(text);
  if (strategy !== undefined) return strategy;
  throw new RangeError(
    `DEVNET_GOSSIP is "${text}"; it must be flood, announce, or fanout:K with K from 1 to ${MAX_FANOUT}`,
  );
}
