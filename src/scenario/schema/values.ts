import { z } from 'zod';
import { DEFAULT_SEED } from '../../shared/seeded-random.ts';
import { MAX_SEED, MIN_CPUS, MIN_MEMORY_BYTES } from '../../topology/model/limits.ts';
import {
  suggestCores,
  suggestMemoryLimits,
  suggestPercentages,
  suggestTimes,
} from '../../topology/model/suggest-units.ts';
import {
  MEMORY_SIZE_PATTERN,
  PERCENTAGE_PATTERN,
  parseMemorySize,
  parsePercentage,
} from '../../topology/model/units.ts';
import { suggestBooleans, textSchema } from '../../topology/schema/scalars.ts';
import { DURATION_PATTERN, EVENT_RATE_PATTERN, parseDurationMs, parseEventRate } from '../model/duration.ts';

function durationAtLeast(minimumMs: number) {
  const schema = z
    .string()
    .regex(DURATION_PATTERN)
    .refine((text) => (parseDurationMs(text) ?? -1) >= minimumMs)
    .transform((text) => parseDurationMs(text)!);
  const valid = (text: string) => schema.safeParse(text).success;
  return schema.meta({ suggest: (value: unknown) => suggestDurations(value).filter(valid) });
}
/** A number without a unit most often means seconds. */
const suggestDurations = (value: unknown) => (typeof value === 'number' ? [`${value}s`] : suggestTimes(value));

export const timeFromStartSchema = durationAtLeast(0).meta({
  expected: 'a time from the start such as 10s, 500ms or 2m, at most a week',
  examples: ['10s', '500ms'],
});

export const durationSchema = durationAtLeast(1).meta({
  expected: 'a time such as 10s, 500ms or 2m, at most a week',
  examples: ['10s', '500ms'],
});

export const eventRateSchema = z
  .string()
  .regex(EVENT_RATE_PATTERN)
  .refine((text) => parseEventRate(text) !== undefined)
  .transform((text) => parseEventRate(text)!)
  .meta({
    expected: 'a rate such as 2/m or 1/10s',
    description: 'Number of events in a time, at evenly distributed random times.',
    examples: ['2/m', '1/10s'],
  });

export const probabilitySchema = z
  .string()
  .regex(PERCENTAGE_PATTERN)
  .transform((text) => parsePercentage(text)!)
  .pipe(z.number().min(0).max(1))
  .meta({ suggest: suggestPercentages, expected: 'a percentage such as 20%, at most 100%', examples: ['20%'] });

export const memorySchema = z
  .string()
  .regex(MEMORY_SIZE_PATTERN)
  .transform(parseMemorySize)
  .pipe(z.int().min(MIN_MEMORY_BYTES))
  .meta({
    suggest: suggestMemoryLimits,
    expected: 'a memory size of at least 6m, such as 64m',
    description: 'Memory limit: a number with b, k, m or g (powers of 1024).',
    examples: ['64m'],
  });

export const cpusSchema = z
  .number()
  .min(MIN_CPUS)
  .meta({
    suggest: suggestCores,
    expected: `a number of cores, at least ${MIN_CPUS}`,
    description: 'CPU limit in cores.',
    examples: [0.5],
  });

export const seedSchema = z
  .int()
  .min(0)
  .max(MAX_SEED)
  .meta({
    expected: `a whole number from 0 to ${MAX_SEED}`,
    description: `The same seed gives the same schedule. Default: ${DEFAULT_SEED}; in an experiment, the seed of the run.`,
  });

export const flagSchema = z.boolean().meta({ expected: 'true or false', suggest: suggestBooleans, default: false });

export const stepNameSchema = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/)
  .max(40)
  .meta({ expected: 'a name of lower-case letters, digits and inner hyphens, at most 40 characters' });

export const nodeNameSchema = textSchema.meta({ expected: 'the name of a node', description: 'Name of a node.' });

export const nodeNamesSchema = z.union([textSchema, z.array(textSchema).min(1)]).meta({
  expected: 'a name of a node or group, or a list of them',
  description: 'Names of nodes or groups; "all" is every node.',
});

export const linkExpressionSchema = z
  .string()
  .meta({ expected: 'a link such as "a <-> b"', examples: ['a <-> b', 'a -> b'] });

export const anyValueSchema = z.unknown();
