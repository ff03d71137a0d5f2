import { isIPv4 } from 'node:net';
import { NetemError } from '../shared/netem-error.ts';
import type {
  DirectedLinkConditions,
  LinkConditions,
  LinkCut,
  LinkNode,
  LinkState,
  MessageFault,
  Shaping,
} from './link-state.ts';

const NAME_PATTERN = /^[a-z0-9][a-z0-9._-]{0,199}$/i;
/** The kernel's limit is 15 characters. */
const INTERFACE_PATTERN = /^[\w.-]{1,15}$/;
const MAC_PATTERN = /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/;
const PROBABILITY_KEYS = ['loss', 'duplicate', 'reorder', 'corrupt'] as const;
const MESSAGE_FAULT_ACTIONS: readonly MessageFault['action'][] = ['drop', 'delay', 'duplicate', 'reorder', 'corrupt'];
const SHAPING_MODES: readonly Shaping[] = ['auto', 'kernel', 'relay'];

type JsonObject = Record<string, unknown>;

/**
 * Reads a LinkState from JSON text. Its names and addresses become part of rules that run as root, so nothing is taken
 * that is not exactly what it should be.
 * @throws LinksError with the path of the first thing that is wrong
 */
export function parseLinkState(text: string): LinkState {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new NetemError(`the state is no JSON: ${(cause as Error).message}`, { cause });
  }
  const state = readObject(value, 'state');
  const nodes = readList(state.nodes, 'nodes', readNode);
  const known = new Set(nodes.map(({ address }) => address));
  if (known.size < nodes.length) throw new NetemError('nodes: two have one address');
  const member = (value: unknown, path: string): string => {
    const found = readAddress(value, path);
    if (!known.has(found)) throw new NetemError(`${path}: no node has the address ${found}`);
    return found;
  };
  const conditions = readList(state.conditions, 'conditions', (item, path) => readCondition(item, path, member));
  const pairs = new Set(conditions.map(({ from, to }) => `${from} ${to}`));
  if (pairs.size < conditions.length) throw new NetemError('conditions: two are from one node to one other');
  return {
    devnet: readMatching(state.devnet, 'devnet', NAME_PATTERN, 'a name'),
    bridge: readMatching(state.bridge, 'bridge', INTERFACE_PATTERN, "an interface's name"),
    gateway: readAddress(state.gateway, 'gateway'),
    nodes,
    shaping: readOneOf(state.shaping, 'shaping', SHAPING_MODES),
    conditions,
    cuts: readList(state.cuts, 'cuts', (item, path) => readCut(item, path, member)),
    messageFaults: readList(state.messageFaults, 'messageFaults', (item, path) => readMessageFault(item, path, member)),
  };
}

type ReadNodeAddress = (value: unknown, path: string) => string;

function readNode(value: unknown, path: string): LinkNode {
  const node = readObject(value, path);
  return {
    name: readMatching(node.name, `${path}.name`, NAME_PATTERN, 'a name'),
    address: readAddress(node.address, `${path}.address`),
    port: readNumber(node.port, `${path}.port`, 1, 65_535, 'a port'),
    mac: readMatching(node.mac, `${path}.mac`, MAC_PATTERN, 'a hardware address in lower case'),
  };
}

function readCondition(value: unknown, path: string, member: ReadNodeAddress): DirectedLinkConditions {
  const item = readObject(value, path);
  const quality: LinkConditions = {};
  if (item.delay !== undefined) quality.delay = readNumber(item.delay, `${path}.delay`, 0, 3_600_000, 'milliseconds');
  if (item.jitter !== undefined)
    quality.jitter = readNumber(item.jitter, `${path}.jitter`, 0, 3_600_000, 'milliseconds');
  if (item.rate !== undefined) quality.rate = readNumber(item.rate, `${path}.rate`, 1, 1e12, 'bits a second');
  for (const key of PROBABILITY_KEYS) {
    if (item[key] !== undefined) quality[key] = readNumber(item[key], `${path}.${key}`, 0, 1, 'a chance');
  }
  if (quality.reorder && !quality.delay) {
    throw new NetemError(`${path}.reorder: without a delay there is nothing to overtake`, {
      hint: 'give the link a delay too',
    });
  }
  return { ...readPair(item, path, member), ...quality };
}

function readCut(value: unknown, path: string, member: ReadNodeAddress): LinkCut {
  const item = readObject(value, path);
  return {
    fault: readMatching(item.fault, `${path}.fault`, NAME_PATTERN, "a fault's id"),
    from: readList(item.from, `${path}.from`, member),
    to: readList(item.to, `${path}.to`, member),
    ...readUntil(item, path),
  };
}

function readMessageFault(value: unknown, path: string, member: ReadNodeAddress): MessageFault {
  const item = readObject(value, path);
  const action = readOneOf(item.action, `${path}.action`, MESSAGE_FAULT_ACTIONS);
  if (item.type !== undefined && typeof item.type !== 'string') {
    throw new NetemError(`${path}.type: expected a string, not ${formatValue(item.type)}`);
  }
  const delays = action === 'delay' || item.delay !== undefined;
  return {
    fault: readMatching(item.fault, `${path}.fault`, NAME_PATTERN, "a fault's id"),
    ...readPair(item, path, member),
    ...(item.type === undefined ? {} : { type: item.type }),
    action,
    probability: readNumber(item.probability, `${path}.probability`, 0, 1, 'a chance'),
    ...(delays ? { delay: readNumber(item.delay, `${path}.delay`, 0, 3_600_000, 'milliseconds') } : {}),
    ...readUntil(item, path),
  };
}

function readPair(item: JsonObject, path: string, member: ReadNodeAddress): { from: string; to: string } {
  const from = member(item.from, `${path}.from`);
  const to = member(item.to, `${path}.to`);
  if (from === to) throw new NetemError(`${path}: from ${from} to itself there is no link`);
  return { from, to };
}

function readUntil(item: JsonObject, path: string): { until?: number } {
  if (item.until === undefined) return {};
  return { until: readNumber(item.until, `${path}.until`, 0, Number.MAX_SAFE_INTEGER, 'milliseconds since the epoch') };
}

function readObject(value: unknown, path: string): JsonObject {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject;
  throw new NetemError(`${path}: expected an object, not ${formatValue(value)}`);
}

function readList<T>(value: unknown, path: string, read: (item: unknown, path: string) => T): T[] {
  if (!Array.isArray(value)) throw new NetemError(`${path}: expected an array, not ${formatValue(value)}`);
  return value.map((item, index) => read(item, `${path}[${index}]`));
}

function readNumber(value: unknown, path: string, min: number, max: number, what: string): number {
  if (typeof value === 'number' && value >= min && value <= max) return value;
  throw new NetemError(`${path}: expected ${what} from ${min} to ${max}, not ${formatValue(value)}`);
}

function readAddress(value: unknown, path: string): string {
  if (typeof value === 'string' && isIPv4(value)) return value;
  throw new NetemError(`${path}: expected an IPv4 address, not ${formatValue(value)}`);
}

function readMatching(value: unknown, path: string, pattern: RegExp, what: string): string {
  if (typeof value === 'string' && pattern.test(value)) return value;
  throw new NetemError(`${path}: expected ${what}, not ${formatValue(value)}`);
}

function readOneOf<T extends string>(value: unknown, path: string, allowed: readonly T[]): T {
  const found = allowed.find((item) => item === value);
  if (found !== undefined) return found;
  throw new NetemError(`${path}: expected one of ${allowed.join(', ')}, not ${formatValue(value)}`);
}

function formatValue(value: unknown): string {
  return value === undefined ? 'nothing' : (JSON.stringify(value)?.slice(0, 80) ?? typeof value);
}
