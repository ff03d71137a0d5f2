import { z } from 'zod';
import { likelyChances, likelyRates, likelyTimes } from '../likely.ts';
import { MAX_RATE, MAX_TIME, MIN_RATE } from '../limits.ts';
import { bitsPerSecond, CHANCE, chance, formatRate, formatTime, milliseconds, RATE, TIME } from '../units.ts';
import { Names, NodeName } from './names.ts';

/** Takes back what a more general condition asks for; nothing of a quality is 0 of it. */
const NONE = 'none';

interface Unit {
  pattern: RegExp;
  read(text: string): number | undefined;
  /** Bounds of what is read. */
  least: number;
  most: number;
  /** Guesses at what something else was meant to be. */
  likely(value: unknown): string[];
}

/** A quantity with its unit as a number, or `none` as 0. */
function quantity({ pattern, read, least, most, likely }: Unit) {
  const schema = z
    .union([z.literal(NONE), z.string().regex(pattern)])
    .transform((text) => (text === NONE ? 0 : read(text)))
    .pipe(z.union([z.literal(0), z.number().min(least).max(most)]));
  const valid = (text: string) => schema.safeParse(text).success;
  return schema.meta({ likely: (value: unknown) => likely(value).filter(valid) });
}

const Time = quantity({ pattern: TIME, read: milliseconds, least: 0.001, most: MAX_TIME, likely: likelyTimes }).meta({
  id: 'Time',
  expected: `a time with its unit, such as 50ms or 0.2s, at most ${formatTime(MAX_TIME)}`,
  description: 'A time in us, ms, s, m or h.',
  examples: ['50ms', '0.2s'],
});

const Chance = quantity({ pattern: CHANCE, read: chance, least: 0, most: 1, likely: likelyChances }).meta({
  id: 'Chance',
  expected: 'a percentage, such as 1% or 0.05%, at most 100%',
  description: 'Share of the packets in percent.',
  examples: ['1%', '0.05%'],
});

const Rate = quantity({
  pattern: RATE,
  read: bitsPerSecond,
  least: MIN_RATE,
  most: MAX_RATE,
  likely: likelyRates,
}).meta({
  id: 'Rate',
  expected: `a rate with its unit, such as 10mbit or 512kbit, from ${formatRate(MIN_RATE)} to ${formatRate(MAX_RATE)}`,
  description: 'Bits a second in bit, kbit, mbit or gbit (powers of 1000).',
  examples: ['10mbit', '512kbit'],
});

/** The keys of a quality, in the order that results have them. */
export const quality = {
  delay: Time.meta({ description: 'One way; a round trip takes twice as long.' }).optional(),
  jitter: Time.meta({ description: 'The delay varies by up to this much either way.' }).optional(),
  loss: Chance.meta({ description: 'Packets that are lost.' }).optional(),
  rate: Rate.meta({ description: 'Bits a second that get through.' }).optional(),
  duplicate: Chance.meta({ description: 'Packets that arrive twice.' }).optional(),
  reorder: Chance.meta({ description: 'Packets that overtake those before them, by skipping the delay.' }).optional(),
  corrupt: Chance.meta({ description: 'Packets that arrive with a bit turned.' }).optional(),
};

export const Quality = z.strictObject(quality).meta({
  id: 'Quality',
  expected: 'a map of conditions such as { delay: 50ms, loss: 1% }',
  description: 'How packets fare. What is absent comes from more general conditions.',
});

/** What a link or a shape takes: a quality, and another for the way back. */
export const bothWays = {
  ...quality,
  back: Quality.meta({ description: 'From the right to the left only. What it does not name is as forth.' }).optional(),
};

/** Conditions between every node on one side and every one on the other. */
export const BetweenSides = z
  .strictObject({
    between: z.tuple([z.string(), z.string()]).meta({
      expected: 'two names of groups or nodes, such as [eu, us]',
      description: 'Two groups or nodes; twice the same for the links inside a group.',
    }),
    ...quality,
  })
  .meta({ expected: 'two sides and conditions', description: 'Both ways between two groups.' });

/** The same one way only. */
export const FromSide = z
  .strictObject({ from: Names, to: Names, ...quality })
  .meta({ expected: 'two sides and conditions', description: 'One way, from one group to another.' });

export const BetweenList = z.array(z.union([BetweenSides, FromSide])).meta({
  expected: 'a list such as [{ between: [eu, us], delay: 45ms }]',
  description: 'Conditions between groups of nodes. Later ones win, key by key.',
  examples: [[{ between: ['eu', 'us'], delay: '45ms' }]],
});

export const Conditions = z
  .strictObject({
    default: Quality.meta({ description: 'For every link, key by key, where nothing else is said.' }).optional(),
    between: BetweenList.optional(),
  })
  .meta({
    expected: 'a map of "default" and "between"',
    description: 'How packets fare on links that do not say so themselves.',
  });

export const Groups = z.record(NodeName, Names).meta({
  expected: 'a map of names to lists of nodes',
  description: 'Named sets of nodes, for links, conditions and partitions.',
  examples: [{ eu: ['n1', 'n2'], us: ['n3'] }],
});

export const SHAPINGS = ['auto', 'kernel', 'relay'] as const;
export const Shaping = z.enum(SHAPINGS).meta({
  expected: 'auto, kernel or relay',
  description: 'What carries delay, jitter and rate: the kernel, a relay between the nodes, or what the kernel can do.',
  default: 'auto',
});

export const Scenario = z.array(z.unknown()).meta({
  expected: 'a list of steps',
  description: 'What happens while the devnet runs, and what is expected of it: a list of steps.',
});
