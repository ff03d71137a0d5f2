import { z } from 'zod';
import { likelyChances } from '../topology/likely.ts';
import { MAX_SEED, MIN_CPUS, MIN_MEMORY } from '../topology/limits.ts';
import { bytes, MEMORY } from '../topology/memory.ts';
import { DEFAULT_SEED } from '../topology/random.ts';
import { quality } from '../topology/schema/index.ts';
import { CHANCE, chance } from '../topology/units.ts';
import { PRESETS } from './presets.ts';
import { readRate, readSpan } from './quantity.ts';

/**
 * The form of a step. Names are only text here: who is meant is looked up by `parse.ts`. `expected` completes the sentence
 * "expected …" of a mistake, `likely` guesses what was meant.
 */

const span = (least: number) =>
  z
    .string()
    .refine((text) => (readSpan(text) ?? -1) >= least)
    .transform((text) => readSpan(text)!);
/** A bare number is most often meant in seconds. */
const likely = (value: unknown) => (typeof value === 'number' && value > 0 ? [`${value}s`] : []);
const Moment = span(0).meta({ likely, expected: 'a time from the start such as 10s, 500ms or 2m, at most a week' });
const Span = span(1).meta({ likely, expected: 'a time such as 10s, 500ms or 2m, at most a week' });
const Rate = z
  .string()
  .refine((text) => readRate(text) !== undefined)
  .transform((text) => readRate(text)!)
  .meta({ expected: 'a rate such as 2/m or 1/10s' });
const Chance = z
  .string()
  .regex(CHANCE)
  .transform((text) => chance(text)!)
  .pipe(z.number().min(0).max(1))
  .meta({ likely: likelyChances, expected: 'a percentage such as 20%, at most 100%' });
const Memory = z
  .string()
  .regex(MEMORY)
  .transform(bytes)
  .pipe(z.int().min(MIN_MEMORY))
  .meta({ expected: 'a memory size of at least 6m, such as 64m' });
const Cpus = z
  .number()
  .min(MIN_CPUS)
  .meta({ expected: `a number of cores, at least ${MIN_CPUS}` });
const Seed = z
  .int()
  .min(0)
  .max(MAX_SEED)
  .meta({ expected: `a whole number from 0 to ${MAX_SEED}` });
const Flag = z.boolean().meta({ expected: 'true or false' });
const Label = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/)
  .max(40)
  .meta({ expected: 'a name of lower-case letters, digits and inner hyphens, at most 40 characters' });
const Node = z.string().meta({ expected: 'the name of a node' });
const Names = z
  .union([z.string(), z.array(z.string()).min(1)])
  .meta({ expected: 'a name of a node or group, or a list of them' });
const Arrow = z.string().meta({ expected: 'a link such as "a <-> b"' });
const Anything = z.unknown();

const Partition = z.union([
  z.string().meta({ expected: 'a preset, or groups as in "a, b / c"' }),
  z.array(Names).min(1),
  z.strictObject({ preset: z.enum(PRESETS).meta({ expected: 'a preset' }), seed: Seed.optional() }),
]);

/** Every form of an expectation that is a map, by the key that tells it from the others. */
export const Expectations = {
  gossip: z.strictObject({
    gossip: Node,
    reaches: Names,
    but: Names.optional(),
    only: Flag.optional(),
    data: Anything.optional(),
    within: Span.optional(),
  }),
  drift: z.strictObject({
    drift: z.literal('none').meta({ expected: 'none' }),
    within: Span.optional(),
  }),
  log: z.strictObject({
    log: Names,
    matches: z.string().optional().meta({ expected: 'a regular expression' }),
    never: z.string().optional().meta({ expected: 'a regular expression' }),
    within: Span.optional(),
    for: Span.optional(),
  }),
  peers: z.strictObject({
    peers: Node,
    are: z.union([z.int().min(0), z.string(), z.array(z.string())]).meta({ expected: 'a list of names, or a number' }),
    within: Span.optional(),
  }),
  link: z.strictObject({
    link: Arrow,
    is: z.enum(['up', 'down']).meta({ expected: 'up or down' }),
    within: Span.optional(),
  }),
} as const;

/** What a step does, by the key that says so. */
export const Doings = {
  partition: Partition.meta({
    expected: `groups such as [[a, b], [c, d]] or "a, b / c, d", or a preset: ${PRESETS.join(', ')}`,
  }),
  cut: Arrow,
  kill: Names,
  stop: Names,
  pause: Names,
  restart: Names,
  squeeze: z
    .strictObject({ node: Names, cpus: Cpus.optional(), memory: Memory.optional() })
    .meta({ expected: 'a map of node and cpus or memory' }),
  messages: z
    .strictObject({
      from: Names,
      to: Names,
      type: z.string().min(1).optional().meta({ expected: 'a message type such as gossip' }),
      action: z
        .enum(['drop', 'delay', 'duplicate', 'reorder', 'corrupt'])
        .meta({ expected: 'drop, delay, duplicate, reorder or corrupt' }),
      probability: Chance.optional(),
      delay: Span.optional(),
    })
    .meta({ expected: 'a map of from, to and action' }),
  link: z
    .strictObject({ from: Names, to: Names, ...quality })
    .meta({ expected: 'a map of from, to and conditions, such as { from: a, to: b, delay: 50ms }' }),
  heal: z.union([z.string(), z.array(z.string()).min(1)]).meta({ expected: 'all, or names of steps' }),
  gossip: z
    .union([z.string(), z.strictObject({ from: Node, data: Anything.optional() })])
    .meta({ expected: 'the name of a node, or a map of from and data' }),
  send: z
    .strictObject({
      to: Node,
      type: z.string().min(1).meta({ expected: 'a message type such as ping' }),
      payload: Anything.optional(),
    })
    .meta({ expected: 'a map of to, type and payload' }),
  churn: z
    .strictObject({
      rate: Rate,
      down: Span,
      nodes: Names.optional(),
      by: z.enum(['kill', 'stop', 'pause']).optional().meta({ expected: 'kill, stop or pause' }),
      seed: Seed.default(DEFAULT_SEED),
    })
    .meta({ expected: 'a map of rate and down' }),
  cuts: z
    .strictObject({ rate: Rate, for: Span, nodes: Names.optional(), seed: Seed.default(DEFAULT_SEED) })
    .meta({ expected: 'a map of rate and for' }),
  expect: Anything,
} as const;
export type Doing = keyof typeof Doings;
export const DOINGS = Object.keys(Doings) as Doing[];

/** What may stand beside what a step does. */
export const Modifiers = {
  at: Moment,
  every: Span,
  until: Moment,
  times: z.int().min(1).meta({ expected: 'a whole number, at least 1' }),
  for: Span,
  name: Label,
  oneway: Flag,
} as const;
export type Modifier = keyof typeof Modifiers;

const REPEATED: readonly Modifier[] = ['at', 'every', 'until', 'times'];
const LASTING: readonly Modifier[] = [...REPEATED, 'for', 'name'];

/** Which of them each takes. */
export const TAKES: Record<Doing, readonly Modifier[]> = {
  partition: [...LASTING, 'oneway'],
  cut: LASTING,
  kill: LASTING,
  stop: LASTING,
  pause: LASTING,
  restart: REPEATED,
  squeeze: LASTING,
  messages: LASTING,
  link: [...LASTING, 'oneway'],
  heal: REPEATED,
  gossip: REPEATED,
  send: REPEATED,
  churn: ['at', 'until', 'name'],
  cuts: ['at', 'until', 'name'],
  expect: [...REPEATED, 'name'],
};
