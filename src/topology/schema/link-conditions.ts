import { z } from 'zod';
import { MAX_DELAY_MS, MAX_RATE_BITS_PER_SECOND, MIN_RATE_BITS_PER_SECOND } from '../model/limits.ts';
import { suggestBitRates, suggestPercentages, suggestTimes } from '../model/suggest-units.ts';
import {
  BIT_RATE_PATTERN,
  formatBitRate,
  formatTime,
  PERCENTAGE_PATTERN,
  parseBitRate,
  parseMilliseconds,
  parsePercentage,
  TIME_PATTERN,
} from '../model/units.ts';
import { NamesSchema, NodeNameSchema } from './scalars.ts';

/** Overrides a more general condition. */
const NONE = 'none';

interface QuantityFormat {
  pattern: RegExp;
  parse(text: string): number | undefined;
  /** Bounds of the parsed number. */
  min: number;
  max: number;
  /** Suggests texts for a value that does not match. */
  suggest(value: unknown): string[];
}

/** Parses a quantity with its unit to a number, and `none` to 0. */
function quantitySchema({ pattern, parse, min, max, suggest }: QuantityFormat) {
  const schema = z
    .union([z.literal(NONE), z.string().regex(pattern)])
    .transform((text) => (text === NONE ? 0 : parse(text)))
    .pipe(z.union([z.literal(0), z.number().min(min).max(max)]));
  const valid = (text: string) => schema.safeParse(text).success;
  return schema.meta({ suggest: (value: unknown) => suggest(value).filter(valid) });
}

const TimeSchema = quantitySchema({
  pattern: TIME_PATTERN,
  parse: parseMilliseconds,
  min: 0.001,
  max: MAX_DELAY_MS,
  suggest: suggestTimes,
}).meta({
  id: 'Time',
  expected: `a time with its unit, such as 50ms or 0.2s, at most ${formatTime(MAX_DELAY_MS)}`,
  description: 'A time in us, ms, s, m or h.',
  examples: ['50ms', '0.2s'],
});

const PercentageSchema = quantitySchema({
  pattern: PERCENTAGE_PATTERN,
  parse: parsePercentage,
  min: 0,
  max: 1,
  suggest: suggestPercentages,
}).meta({
  id: 'Chance',
  expected: 'a percentage, such as 1% or 0.05%, at most 100%',
  description: 'Share of the packets in percent.',
  examples: ['1%', '0.05%'],
});

const BitRateSchema = quantitySchema({
  pattern: BIT_RATE_PATTERN,
  parse: parseBitRate,
  min: MIN_RATE_BITS_PER_SECOND,
  max: MAX_RATE_BITS_PER_SECOND,
  suggest: suggestBitRates,
}).meta({
  id: 'Rate',
  expected: `a rate with its unit, such as 10mbit or 512kbit, from ${formatBitRate(MIN_RATE_BITS_PER_SECOND)} to ${formatBitRate(MAX_RATE_BITS_PER_SECOND)}`,
  description: 'Bits a second in bit, kbit, mbit or gbit (powers of 1000).',
  examples: ['10mbit', '512kbit'],
});

/** Schemas of the link conditions, in the order of the results. */
export const linkConditionFields = {
  delay: TimeSchema.meta({ description: 'One way; a round trip takes twice as long.' }).optional(),
  jitter: TimeSchema.meta({ description: 'The delay varies by up to this much either way.' }).optional(),
  loss: PercentageSchema.meta({ description: 'Packets that are lost.' }).optional(),
  rate: BitRateSchema.meta({ description: 'Rate limit in bits a second.' }).optional(),
  duplicate: PercentageSchema.meta({ description: 'Packets that arrive twice.' }).optional(),
  reorder: PercentageSchema.meta({
    description: 'Packets that overtake those before them, by skipping the delay.',
  }).optional(),
  corrupt: PercentageSchema.meta({ description: 'Packets that arrive with a flipped bit.' }).optional(),
};

export const LinkConditionsSchema = z.strictObject(linkConditionFields).meta({
  id: 'Quality',
  expected: 'a map of conditions such as { delay: 50ms, loss: 1% }',
  description: 'Link conditions. Omitted ones come from more general conditions.',
});

/** Link conditions, and others for the opposite direction. */
export const bidirectionalConditionFields = {
  ...linkConditionFields,
  back: LinkConditionsSchema.meta({
    description: 'Conditions from right to left. Omitted ones are the same as from left to right.',
  }).optional(),
};

/** Conditions in both directions between every node on one side and every one on the other. */
export const BetweenRuleSchema = z
  .strictObject({
    between: z.tuple([z.string(), z.string()]).meta({
      expected: 'two names of groups or nodes, such as [eu, us]',
      description: 'Two groups or nodes; twice the same for the links inside a group.',
    }),
    ...linkConditionFields,
  })
  .meta({ expected: 'two sides and conditions', description: 'Both ways between two groups.' });

/** Conditions in one direction only. */
export const OneWayRuleSchema = z
  .strictObject({ from: NamesSchema, to: NamesSchema, ...linkConditionFields })
  .meta({ expected: 'two sides and conditions', description: 'One way, from one group to another.' });

export const GroupRulesSchema = z.array(z.union([BetweenRuleSchema, OneWayRuleSchema])).meta({
  expected: 'a list such as [{ between: [eu, us], delay: 45ms }]',
  description: 'Conditions between groups of nodes. Later ones win, key by key.',
  examples: [[{ between: ['eu', 'us'], delay: '45ms' }]],
});

export const ConditionsSchema = z
  .strictObject({
    default: LinkConditionsSchema.meta({
      description: 'Conditions of every link, key by key, unless something more specific applies.',
    }).optional(),
    between: GroupRulesSchema.optional(),
  })
  .meta({
    expected: 'a map of "default" and "between"',
    description: 'Conditions of links that have none of their own.',
  });

export const GroupsSchema = z.record(NodeNameSchema, NamesSchema).meta({
  expected: 'a map of names to lists of nodes',
  description: 'Named sets of nodes, for links, conditions and partitions.',
  examples: [{ eu: ['n1', 'n2'], us: ['n3'] }],
});

export const SHAPING_MODES = ['auto', 'kernel', 'relay'] as const;
export const ShapingSchema = z.enum(SHAPING_MODES).meta({
  expected: 'auto, kernel or relay',
  description:
    'Implementation of delay, jitter and rate: the kernel, a proxy between the nodes (relay), or the kernel where it can.',
  default: 'auto',
});

export const UncheckedScenarioSchema = z.array(z.unknown()).meta({
  expected: 'a list of steps',
  description: 'Steps that act on the running network and check it.',
});
