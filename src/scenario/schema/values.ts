import { z } from 'zod';
import { likelyChances } from '../../topology/likely.ts';
import { MAX_SEED, MIN_CPUS, MIN_MEMORY } from '../../topology/limits.ts';
import { bytes, MEMORY } from '../../topology/memory.ts';
import { DEFAULT_SEED } from '../../topology/random.ts';
import { CHANCE, chance } from '../../topology/units.ts';
import { RATE, readRate, readSpan, WHOLE_SPAN } from '../quantity.ts';

const span = (least: number) =>
  z
    .string()
    .regex(WHOLE_SPAN)
    .refine((text) => (readSpan(text) ?? -1) >= least)
    .transform((text) => readSpan(text)!);
/** A bare number is most often meant in seconds. */
const likely = (value: unknown) => (typeof value === 'number' && value > 0 ? [`${value}s`] : []);

export const Moment = span(0).meta({
  likely,
  expected: 'a time from the start such as 10s, 500ms or 2m, at most a week',
  examples: ['10s', '500ms'],
});

export const Span = span(1).meta({
  likely,
  expected: 'a time such as 10s, 500ms or 2m, at most a week',
  examples: ['10s', '500ms'],
});

export const Rate = z
  .string()
  .regex(RATE)
  .refine((text) => readRate(text) !== undefined)
  .transform((text) => readRate(text)!)
  .meta({
    expected: 'a rate such as 2/m or 1/10s',
    description: 'So many in so long, drawn evenly.',
    examples: ['2/m', '1/10s'],
  });

export const Chance = z
  .string()
  .regex(CHANCE)
  .transform((text) => chance(text)!)
  .pipe(z.number().min(0).max(1))
  .meta({ likely: likelyChances, expected: 'a percentage such as 20%, at most 100%', examples: ['20%'] });

export const Memory = z
  .string()
  .regex(MEMORY)
  .transform(bytes)
  .pipe(z.int().min(MIN_MEMORY))
  .meta({
    expected: 'a memory size of at least 6m, such as 64m',
    description: 'Memory limit: a number with b, k, m or g (powers of 1024).',
    examples: ['64m'],
  });

export const Cpus = z
  .number()
  .min(MIN_CPUS)
  .meta({
    expected: `a number of cores, at least ${MIN_CPUS}`,
    description: 'Processor limit in cores.',
    examples: [0.5],
  });

export const Seed = z
  .int()
  .min(0)
  .max(MAX_SEED)
  .meta({
    expected: `a whole number from 0 to ${MAX_SEED}`,
    description: `The same seed draws the same for ever. Default: ${DEFAULT_SEED}; in an experiment, that of the run.`,
  });

export const Flag = z.boolean().meta({ expected: 'true or false', default: false });

export const Label = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/)
  .max(40)
  .meta({ expected: 'a name of lower-case letters, digits and inner hyphens, at most 40 characters' });

export const Node = z.string().meta({ expected: 'the name of a node', description: 'Name of a node.' });

export const Names = z.union([z.string(), z.array(z.string()).min(1)]).meta({
  expected: 'a name of a node or group, or a list of them',
  description: 'Names of nodes or groups; all is all nodes.',
});

export const Arrow = z.string().meta({ expected: 'a link such as "a <-> b"', examples: ['a <-> b', 'a -> b'] });

export const Anything = z.unknown();
