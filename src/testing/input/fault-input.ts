import type { Fault } from '../../network/fault.ts';
import type { PartitionPreset } from '../../scenario/model/partition-presets.ts';
import { DevnetError } from '../../shared/errors.ts';
import {
  MAX_DELAY_MS,
  MAX_RATE_BITS_PER_SECOND,
  MIN_MEMORY_BYTES,
  MIN_RATE_BITS_PER_SECOND,
} from '../../topology/model/limits.ts';
import type { LinkConditions } from '../../topology/model/topology.ts';
import {
  formatBitRate,
  formatTime,
  MEMORY_SIZE_PATTERN,
  parseBitRate,
  parseMemorySize,
  parseMilliseconds,
  parsePercentage,
} from '../../topology/model/units.ts';
import { CORES, checkOptions, type InputRule, MESSAGE_TYPE, oneOf } from './check-input.ts';
import type { LiteralUnion } from './topology-input.ts';

/**
 * Groups of nodes, `[['n1', 'n2'], ['n3']]` or `'n1, n2 / n3'`, where the name of a group of the topology stands for its nodes; or
 * a preset that divides all nodes. A single group is cut off from all other nodes.
 */
export type PartitionInput<Name extends string = string> =
  | LiteralUnion<PartitionPreset>
  | readonly (Name | readonly Name[])[];

/** Link conditions as text with a unit, `delay: '50ms'`, `loss: '1%'`, `rate: '10mbit'`, or as plain numbers. */
export interface LinkConditionsInput {
  /** One-way delay, at most an hour; as a number, milliseconds. @default none */
  delay?: string | number;
  /** Variation of delays, either way, at most the delay; as a number, milliseconds. @default none */
  jitter?: string | number;
  /** Rate limit, from 8kbit to 100gbit; as a number, bits per second. @default unlimited */
  rate?: string | number;
  /** Share of packets to lose; as a number, probability from 0 to 1. @default none */
  loss?: string | number;
  /** Share of packets to deliver twice; as a number, probability from 0 to 1. @default none */
  duplicate?: string | number;
  /** Share of packets to deliver before earlier ones; as a number, probability from 0 to 1. @default none */
  reorder?: string | number;
  /** Share of packets to flip a bit in; as a number, probability from 0 to 1. @default none */
  corrupt?: string | number;
}

/** A fault on the messages from one node to another. */
export interface MessageFaultInput {
  /** Action on the messages that are hit. */
  action: 'drop' | 'delay' | 'duplicate' | 'reorder' | 'corrupt';
  /** Only messages of this type. @default all types */
  type?: string;
  /** Share of the messages to hit, `'30%'`; as a number, probability from 0 to 1. @default all */
  probability?: string | number;
  /** Time to hold messages back, `'2s'`, required by `action: 'delay'`; as a number, milliseconds. @default none */
  delay?: string | number;
}

/** New limits of a node. */
export interface SqueezeInput {
  /** Processor limit, cores, at least 0.01. @default unchanged */
  cpus?: number;
  /** Memory limit, `'64m'`, at least 6m; as a number, bytes. @default unchanged */
  memory?: string | number;
}

/** A number that may also be given as text with a unit. */
interface Quantity extends InputRule {
  parse(value: string | number): number;
}

function quantity(
  expected: string,
  parseText: (text: string) => number | undefined,
  min: number,
  max: number,
): Quantity {
  const parse = (value: unknown) => (typeof value === 'string' ? parseText(value.trim()) : value) as number;
  const accepts = (value: unknown) => parse(value) >= min && parse(value) <= max;
  return { expected, parse, accepts };
}

const TIME = quantity(
  `a time such as '50ms', or milliseconds, at most ${formatTime(MAX_DELAY_MS)}`,
  parseMilliseconds,
  0,
  MAX_DELAY_MS,
);
const SHARE = quantity("a share such as '1%', or a number from 0 to 1", parsePercentage, 0, 1);
const RATE = quantity(
  `a rate such as '10mbit', or bits per second, from ${formatBitRate(MIN_RATE_BITS_PER_SECOND)} to ${formatBitRate(MAX_RATE_BITS_PER_SECOND)}`,
  parseBitRate,
  MIN_RATE_BITS_PER_SECOND,
  MAX_RATE_BITS_PER_SECOND,
);
const MEMORY = quantity(
  "a memory size such as '64m', or bytes, at least 6m",
  (text) => (MEMORY_SIZE_PATTERN.test(text) ? parseMemorySize(text) : undefined),
  MIN_MEMORY_BYTES,
  Number.MAX_SAFE_INTEGER,
);

const CONDITIONS = {
  delay: TIME,
  jitter: TIME,
  loss: SHARE,
  rate: RATE,
  duplicate: SHARE,
  reorder: SHARE,
  corrupt: SHARE,
} satisfies Record<keyof LinkConditions, Quantity>;

const MESSAGE_FAULT = {
  action: oneOf(['drop', 'delay', 'duplicate', 'reorder', 'corrupt']),
  type: MESSAGE_TYPE,
  probability: SHARE,
  delay: TIME,
};

/** Parses conditions; those that are 0 are left out. @throws DevnetError `usage` */
export function parseLinkConditions(input: LinkConditionsInput): LinkConditions {
  checkOptions('link conditions', input, CONDITIONS);
  const conditions: LinkConditions = {};
  for (const [key, value] of Object.entries(input) as [keyof LinkConditions, string | number | undefined][]) {
    const number = value === undefined ? 0 : CONDITIONS[key].parse(value);
    if (number > 0) conditions[key] = number;
  }
  const { delay = 0, jitter = 0, reorder = 0 } = conditions;
  if (jitter > delay) {
    const message = `a jitter of ${formatTime(jitter)} around a delay of ${formatTime(delay)} goes below 0`;
    throw new DevnetError('usage', message, { hint: 'give a delay at least as long' });
  }
  if (reorder > 0 && delay === 0)
    throw new DevnetError('usage', 'reorder needs a delay', { hint: 'packets overtake others by skipping the delay' });
  return conditions;
}

/** @throws DevnetError `usage` */
export function parseMessageFault(input: MessageFaultInput): Omit<Extract<Fault, { kind: 'messages' }>, 'from' | 'to'> {
  checkOptions('messages', input, MESSAGE_FAULT);
  const { action, type, probability, delay } = input;
  if (action === undefined || (action === 'delay') !== (delay !== undefined)) {
    const mistake = action === undefined ? 'needs an action' : `needs both action: 'delay' and a delay, or neither`;
    throw new DevnetError('usage', `messages: the fault ${mistake}`, {
      hint: "{ action: 'drop' }; { action: 'delay', delay: '2s' }",
    });
  }
  return {
    kind: 'messages',
    action,
    ...(type === undefined ? {} : { type }),
    ...(probability === undefined ? {} : { probability: SHARE.parse(probability) }),
    ...(delay === undefined ? {} : { delay: TIME.parse(delay) }),
  };
}

/** @throws DevnetError `usage` */
export function parseSqueeze(input: SqueezeInput): Omit<Extract<Fault, { kind: 'squeeze' }>, 'node'> {
  checkOptions('squeeze', input, { cpus: CORES, memory: MEMORY });
  const { cpus, memory } = input;
  if (cpus === undefined && memory === undefined)
    throw new DevnetError('usage', 'squeeze: there is nothing to limit', { hint: "{ cpus: 0.1, memory: '32m' }" });
  return {
    kind: 'squeeze',
    ...(cpus === undefined ? {} : { cpus }),
    ...(memory === undefined ? {} : { memory: MEMORY.parse(memory) }),
  };
}
