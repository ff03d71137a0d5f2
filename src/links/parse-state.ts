import { isIPv4 } from 'node:net';
import { LinksError } from './links-error.ts';
import type { Condition, Cut, LinkNode, LinkState, MessageFault, Quality, Shaping } from './state.ts';

const NAME = /^[a-z0-9][a-z0-9._-]{0,199}$/i;
/** The kernel's limit is 15 characters. */
const INTERFACE = /^[\w.-]{1,15}$/;
const MAC = /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/;
const CHANCES = ['loss', 'duplicate', 'reorder', 'corrupt'] as const;
const ACTIONS: readonly MessageFault['action'][] = ['drop', 'delay', 'duplicate', 'reorder', 'corrupt'];
const SHAPINGS: readonly Shaping[] = ['auto', 'kernel', 'relay'];

type Fields = Record<string, unknown>;

/**
 * Reads a LinkState from JSON text. Its names and addresses become part of rules that run as root, so nothing is taken
 * that is not exactly what it should be.
 * @throws LinksError with the path of the first thing that is wrong
 */
export function parseState(text: string): LinkState {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new LinksError(`the state is no JSON: ${(cause as Error).message}`, { cause });
  }
  const state = object(value, 'state');
  const nodes = list(state.nodes, 'nodes', readNode);
  const known = new Set(nodes.map(({ address }) => address));
  if (known.size < nodes.length) throw new LinksError('nodes: two have one address');
  const member = (value: unknown, path: string): string => {
    const found = address(value, path);
    if (!known.has(found)) throw new LinksError(`${path}: no node has the address ${found}`);
    return found;
  };
  const conditions = list(state.conditions, 'conditions', (item, path) => readCondition(item, path, member));
  const pairs = new Set(conditions.map(({ from, to }) => `${from} ${to}`));
  if (pairs.size < conditions.length) throw new LinksError('conditions: two are from one node to one other');
  return {
    devnet: match(state.devnet, 'devnet', NAME, 'a name'),
    bridge: match(state.bridge, 'bridge', INTERFACE, "an interface's name"),
    gateway: address(state.gateway, 'gateway'),
    nodes,
    shaping: one(state.shaping, 'shaping', SHAPINGS),
    conditions,
    cuts: list(state.cuts, 'cuts', (item, path) => readCut(item, path, member)),
    messageFaults: list(state.messageFaults, 'messageFaults', (item, path) => readMessageFault(item, path, member)),
  };
}

type Member = (value: unknown, path: string) => string;

function readNode(value: unknown, path: string): LinkNode {
  const node = object(value, path);
  return {
    name: match(node.name, `${path}.name`, NAME, 'a name'),
    address: address(node.address, `${path}.address`),
    port: number(node.port, `${path}.port`, 1, 65_535, 'a port'),
    mac: match(node.mac, `${path}.mac`, MAC, 'a hardware address in lower case'),
  };
}

function readCondition(value: unknown, path: string, member: Member): Condition {
  const item = object(value, path);
  const quality: Quality = {};
  if (item.delay !== undefined) quality.delay = number(item.delay, `${path}.delay`, 0, 3_600_000, 'milliseconds');
  if (item.jitter !== undefined) quality.jitter = number(item.jitter, `${path}.jitter`, 0, 3_600_000, 'milliseconds');
  if (item.rate !== undefined) quality.rate = number(item.rate, `${path}.rate`, 1, 1e12, 'bits a second');
  for (const key of CHANCES) {
    if (item[key] !== undefined) quality[key] = number(item[key], `${path}.${key}`, 0, 1, 'a chance');
  }
  if (quality.reorder && !quality.delay) {
    throw new LinksError(`${path}.reorder: without a delay there is nothing to overtake`, {
      hint: 'give the link a delay too',
    });
  }
  return { ...readPair(item, path, member), ...quality };
}

function readCut(value: unknown, path: string, member: Member): Cut {
  const item = object(value, path);
  return {
    fault: match(item.fault, `${path}.fault`, NAME, "a fault's id"),
    from: list(item.from, `${path}.from`, member),
    to: list(item.to, `${path}.to`, member),
    ...readUntil(item, path),
  };
}

function readMessageFault(value: unknown, path: string, member: Member): MessageFault {
  const item = object(value, path);
  const action = one(item.action, `${path}.action`, ACTIONS);
  if (item.type !== undefined && typeof item.type !== 'string') {
    throw new LinksError(`${path}.type: expected a string, not ${show(item.type)}`);
  }
  const delays = action === 'delay' || item.delay !== undefined;
  return {
    fault: match(item.fault, `${path}.fault`, NAME, "a fault's id"),
    ...readPair(item, path, member),
    ...(item.type === undefined ? {} : { type: item.type }),
    action,
    probability: number(item.probability, `${path}.probability`, 0, 1, 'a chance'),
    ...(delays ? { delay: number(item.delay, `${path}.delay`, 0, 3_600_000, 'milliseconds') } : {}),
    ...readUntil(item, path),
  };
}

function readPair(item: Fields, path: string, member: Member): { from: string; to: string } {
  const from = member(item.from, `${path}.from`);
  const to = member(item.to, `${path}.to`);
  if (from === to) throw new LinksError(`${path}: from ${from} to itself there is no link`);
  return { from, to };
}

function readUntil(item: Fields, path: string): { until?: number } {
  if (item.until === undefined) return {};
  return { until: number(item.until, `${path}.until`, 0, Number.MAX_SAFE_INTEGER, 'milliseconds since the epoch') };
}

function object(value: unknown, path: string): Fields {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
  throw new LinksError(`${path}: expected an object, not ${show(value)}`);
}

function list<T>(value: unknown, path: string, read: (item: unknown, path: string) => T): T[] {
  if (!Array.isArray(value)) throw new LinksError(`${path}: expected an array, not ${show(value)}`);
  return value.map((item, index) => read(item, `${path}[${index}]`));
}

function number(value: unknown, path: string, min: number, max: number, what: string): number {
  if (typeof value === 'number' && value >= min && value <= max) return value;
  throw new LinksError(`${path}: expected ${what} from ${min} to ${max}, not ${show(value)}`);
}

function address(value: unknown, path: string): string {
  if (typeof value === 'string' && isIPv4(value)) return value;
  throw new LinksError(`${path}: expected an IPv4 address, not ${show(value)}`);
}

function match(value: unknown, path: string, pattern: RegExp, what: string): string {
  if (typeof value === 'string' && pattern.test(value)) return value;
  throw new LinksError(`${path}: expected ${what}, not ${show(value)}`);
}

function one<T extends string>(value: unknown, path: string, allowed: readonly T[]): T {
  const found = allowed.find((item) => item === value);
  if (found !== undefined) return found;
  throw new LinksError(`${path}: expected one of ${allowed.join(', ')}, not ${show(value)}`);
}

function show(value: unknown): string {
  return value === undefined ? 'nothing' : (JSON.stringify(value)?.slice(0, 80) ?? typeof value);
}
