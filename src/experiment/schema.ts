import { z } from 'zod';
import { MAX_SEED } from '../topology/limits.ts';
import { bytes, MEMORY } from '../topology/memory.ts';
import { DevnetName } from '../topology/schema/index.ts';
import { milliseconds, TIME } from '../topology/units.ts';
import { FIGURE_NAMES } from './figures.ts';

/** Bounds beyond which a number is a typing error. */
const MOST_RUNS_OF_A_KIND = 1_000;
const MOST_MESSAGES = 10_000;
const LARGEST = 512 * 1024;

const whole = (least: number, most: number, description: string) =>
  z
    .int()
    .min(least)
    .max(most)
    .meta({ expected: `a whole number from ${least} to ${most}`, description });

const time = (description: string) =>
  z
    .string()
    .regex(TIME)
    .transform((text) => milliseconds(text) as number)
    .meta({ expected: 'a time with its unit, such as 500ms or 2s', description });

const Label = z.union([z.string().min(1), z.number(), z.boolean()]);

/** A list of values that are their own names, or names and their values. */
export const AxisValues = z.union([z.array(Label).min(1), z.record(z.string().min(1), z.unknown())]).meta({
  expected: 'a list such as [0.1, 0.5], or a map of names to values',
  description: 'Values that a parameter takes. In a map, what is told apart by its name may be anything.',
});

/** Names of parameters: what can stand after a `$`. */
export const AxisName = /^[a-z][a-z0-9_]*$/i;

export const Seeds = z
  .union([
    whole(1, MOST_RUNS_OF_A_KIND, 'So many: 1, 2, …'),
    z.array(z.int().min(0).max(MAX_SEED)).min(1).max(MOST_RUNS_OF_A_KIND),
  ])
  .transform((seeds) => (typeof seeds === 'number' ? Array.from({ length: seeds }, (_, index) => index + 1) : seeds))
  .meta({ expected: `how many seeds, or a list of whole numbers from 0 to ${MAX_SEED}` });

export const Repeats = whole(1, MOST_RUNS_OF_A_KIND, 'Runs of each cell with each seed.');

export const LoadFields = z
  .strictObject({
    messages: whole(1, MOST_MESSAGES, 'Pieces of gossip in each run.').optional(),
    warmup: whole(0, MOST_MESSAGES, 'Pieces before those that count.').optional(),
    from: z
      .union([z.string().min(1), z.array(z.string().min(1)).min(1)])
      .meta({ expected: '"random", "each", or names of nodes' })
      .optional(),
    size: z
      .union([z.int().min(0), z.string().regex(MEMORY)])
      .transform((size) => (typeof size === 'string' ? bytes(size) : size))
      .pipe(z.int().min(0).max(LARGEST))
      .meta({ expected: 'bytes, or a size such as 10k, at most 512k' })
      .optional(),
    every: time('From one to the next.').optional(),
    within: time('After it, what has not come counts as never come.').optional(),
  })
  .meta({ expected: 'a map such as { messages: 5, from: random }' });

export const Measure = z
  .array(z.enum(FIGURE_NAMES).meta({ expected: `one of ${FIGURE_NAMES.join(', ')}` }))
  .min(1)
  .meta({
    expected: `a list of ${FIGURE_NAMES.join(', ')}`,
  });

export const Probe = whole(0, 1_000, 'Ways of links to measure on each network.');

export const Name = DevnetName;
export const Question = z.string().min(1).meta({ expected: 'the question, in a sentence' });

/** What a load is where the file says nothing of it. */
export const DEFAULT_LOAD = { messages: 5, warmup: 1, from: 'random', size: 100, within: 5_000 };

/** Of each network, so many ways are measured where the file says nothing of it: a second or two. */
export const DEFAULT_PROBE = 4;

/** Keys of a file. */
export const KEYS = [
  'name',
  'question',
  'topology',
  'matrix',
  'seeds',
  'repeats',
  'load',
  'faults',
  'measure',
  'probe',
];
