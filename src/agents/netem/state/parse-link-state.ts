import { isIPv4 } from 'node:net';
import { NetemError } from '../shared/reporting.ts';
import type {
  ClosedNetwork,
  ConditionOverride,
  DirectedLinkConditions,
  HostPart,
  LinkCut,
  LinkNode,
  LinkState,
  MessageFault,
} from './link-state.ts';

/** Returns the checked value at a path. @throws NetemError naming the path, what was expected and what was found */
type Reader<T> = (value: unknown, path: string) => T;

const name = matching(/^[a-z0-9][a-z0-9._-]{0,199}$/i, 'a name');
const faultId = matching(/^[a-z0-9][a-z0-9._-]{0,199}$/i, "a fault's id");
/** The kernel's limit is 15 characters. */
const interfaceName = matching(/^[\w.-]{1,15}$/, "an interface's name");
const mac = matching(/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/, 'a hardware address in lower case');
const milliseconds = number(0, 3_600_000, 'milliseconds');
const probability = number(0, 1, 'a probability');
const time = optional(number(0, Number.MAX_SAFE_INTEGER, 'milliseconds since the epoch'));
const origin = {
  fault: faultId,
  until: time,
  since: time,
  by: optional(matching(/^[^\p{Cc}]{1,200}$/u, 'a name of at most 200 characters')),
};
const address = check((value): value is string => typeof value === 'string' && isIPv4(value), 'an IPv4 address');
const boolean = check((value): value is boolean => typeof value === 'boolean', 'true or false');
const node = object<LinkNode>({ name, address, port: number(1, 65_535, 'a port'), mac });

/**
 * Parses a LinkState from JSON text. Its names and addresses become part of rules that root applies, so everything must be
 * exactly as expected.
 *
 * @throws NetemError with the path of the first mistake
 */
export function parseLinkState(text: string): LinkState {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new NetemError(`the state is not valid JSON: ${(cause as Error).message}`, { cause });
  }
  // Filled when `nodes` is read: before any address of a node is.
  const known = new Set<string>();
  const nodes: Reader<LinkNode[]> = (value, path) => {
    const found = list(node)(value, path);
    for (const { address } of found) known.add(address);
    if (known.size < found.length) throw new NetemError(`${path}: two have the same address`);
    return found;
  };
  const nodeAddress: Reader<string> = (value, path) => {
    const found = address(value, path);
    if (!known.has(found)) throw new NetemError(`${path}: no node has the address ${found}`);
    return found;
  };
  const pair = { from: nodeAddress, to: nodeAddress };
  const conditions = {
    ...pair,
    delay: optional(milliseconds),
    jitter: optional(milliseconds),
    loss: optional(probability),
    rate: optional(number(1, 1e12, 'bits per second')),
    duplicate: optional(probability),
    reorder: optional(probability),
    corrupt: optional(probability),
  };
  const state = object<LinkState>({
    devnet: name,
    bridge: interfaceName,
    gateway: address,
    closed: optional(
      object<ClosedNetwork>({ prefix: optional(number(1, 32, 'a prefix length')), dns: optional(boolean) }),
    ),
    untracked: optional(check((value): value is string => typeof value === 'string' && isSubnet(value), 'a subnet')),
    nodes,
    shaping: oneOf('auto', 'kernel', 'relay'),
    conditions: list(object<DirectedLinkConditions>(conditions)),
    overrides: list(object<ConditionOverride>({ ...conditions, ...origin })),
    cuts: list(object<LinkCut>({ from: list(nodeAddress), to: list(nodeAddress), ...origin })),
    messageFaults: list(
      object<MessageFault>({
        ...origin,
        ...pair,
        type: optional(check((value): value is string => typeof value === 'string', 'a string')),
        action: oneOf('drop', 'delay', 'duplicate', 'reorder', 'corrupt'),
        probability,
        delay: optional(milliseconds),
      }),
    ),
    part: optional(
      object<HostPart>({ version: number(1, Number.MAX_SAFE_INTEGER, 'a version'), nodes: list(nodeAddress) }),
    ),
  })(value, '');
  for (const path of ['conditions', 'overrides'] as const) {
    checkLinks(path, state[path]);
    checkReorders(path, state[path]);
  }
  checkLinks('messageFaults', state.messageFaults);
  if (new Set(state.conditions.map(({ from, to }) => `${from} ${to}`)).size < state.conditions.length)
    throw new NetemError('conditions: two are for the same link');
  for (const [index, { action, delay }] of state.messageFaults.entries()) {
    if (action === 'delay') milliseconds(delay, `messageFaults[${index}].delay`);
  }
  return state;
}

function isSubnet(text: string): boolean {
  const [address = '', prefix = ''] = text.split('/');
  return isIPv4(address) && /^([1-9]|[12]\d|3[0-2])$/.test(prefix) && `${address}/${prefix}` === text;
}

function checkLinks(path: string, links: readonly { from: string; to: string }[]): void {
  for (const [index, { from, to }] of links.entries()) {
    if (from === to) throw new NetemError(`${path}[${index}]: there is no link from ${from} to itself`);
  }
}

function checkReorders(path: string, conditions: readonly DirectedLinkConditions[]): void {
  const index = conditions.findIndex(({ reorder, delay }) => reorder && !delay);
  if (index === -1) return;
  const hint = 'give the link a delay too';
  throw new NetemError(`${path}[${index}].reorder: packets can only overtake delayed ones`, { hint });
}

function check<T>(isExpected: (value: unknown) => value is T, expected: string): Reader<T> {
  return (value, path) => {
    if (isExpected(value)) return value;
    const actual = value === undefined ? 'nothing' : (JSON.stringify(value)?.slice(0, 80) ?? typeof value);
    throw new NetemError(`${path || 'state'}: expected ${expected}, not ${actual}`);
  };
}

function matching(pattern: RegExp, expected: string): Reader<string> {
  return check((value): value is string => typeof value === 'string' && pattern.test(value), expected);
}

function number(min: number, max: number, unit: string): Reader<number> {
  return check(
    (value): value is number => typeof value === 'number' && value >= min && value <= max,
    `${unit} from ${min} to ${max}`,
  );
}

function oneOf<T extends string>(...allowed: T[]): Reader<T> {
  return check((value): value is T => (allowed as unknown[]).includes(value), `one of ${allowed.join(', ')}`);
}

function list<T>(item: Reader<T>): Reader<T[]> {
  const array = check(Array.isArray, 'an array');
  return (value, path) => array(value, path).map((one, index) => item(one, `${path}[${index}]`));
}

function optional<T>(read: Reader<T>): Reader<T | undefined> {
  return (value, path) => (value === undefined ? undefined : read(value, path));
}

/** Reads the given fields, in this order, and leaves out all others. */
function object<T>(fields: { [key in keyof T]-?: Reader<T[key]> }): Reader<T> {
  const isObject = (value: unknown): value is Record<string, unknown> =>
    typeof value === 'object' && value !== null && !Array.isArray(value);
  const anObject = check(isObject, 'an object');
  return (value, path) => {
    const source = anObject(value, path);
    const result: Record<string, unknown> = {};
    for (const [key, read] of Object.entries<Reader<unknown>>(fields)) {
      const found = read(source[key], path === '' ? key : `${path}.${key}`);
      if (found !== undefined) result[key] = found;
    }
    return result as T;
  };
}
