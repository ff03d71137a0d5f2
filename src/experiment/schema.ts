import { z } from 'zod';
import { stepsOf } from '../scenario/schema/file.ts';
import { DOINGS, type Doing } from '../scenario/schema/index.ts';
import { MAX_SEED } from '../topology/limits.ts';
import { bytes, MEMORY } from '../topology/memory.ts';
import { DevnetName, TopologyFile } from '../topology/schema/index.ts';
import { milliseconds, TIME } from '../topology/units.ts';
import { FIGURE_NAMES, FIGURES } from './figures.ts';
import { PARAMETER_NAME } from './template.ts';

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
    .meta({ expected: 'a time with its unit, such as 500ms or 2s', description, examples: ['500ms', '2s'] });

const Label = z.union([z.string().min(1), z.number(), z.boolean()]);

/** A list of values that are their own names, or names and their values. */
export const AxisValues = z.union([z.array(Label).min(1), z.record(z.string().min(1), z.unknown())]).meta({
  expected: 'a list such as [0.1, 0.5], or a map of names to values',
  description: 'Values that a parameter takes. In a map, what is told apart by its name may be anything.',
});

const Matrix = z.record(z.string().regex(PARAMETER_NAME), AxisValues).meta({
  description: 'Parameters and their values: every combination is a cell. Default: one cell.',
  examples: [{ degree: [2, 4, 8] }],
});

export const Seeds = z
  .union([
    whole(1, MOST_RUNS_OF_A_KIND, 'So many: 1, 2, …'),
    z.array(z.int().min(0).max(MAX_SEED)).min(1).max(MOST_RUNS_OF_A_KIND),
  ])
  .transform((seeds) => (typeof seeds === 'number' ? Array.from({ length: seeds }, (_, index) => index + 1) : seeds))
  .meta({
    expected: `how many seeds, or a list of whole numbers from 0 to ${MAX_SEED}`,
    description: 'What $seed is: 1, 2 and so on up to this, or what a list says. Default: 1.',
    examples: [3, [1, 2, 3]],
  });

export const Repeats = whole(1, MOST_RUNS_OF_A_KIND, 'Runs of each cell with each seed.').meta({ default: 1 });

/** What a load is where the file says nothing of it. */
export const DEFAULT_LOAD = { messages: 5, warmup: 1, from: 'random', size: 100, within: 5_000 };

export const LoadFields = z
  .strictObject({
    messages: whole(1, MOST_MESSAGES, 'Pieces of gossip in each run.')
      .meta({ default: DEFAULT_LOAD.messages })
      .optional(),
    warmup: whole(0, MOST_MESSAGES, 'Pieces before those that count.')
      .meta({ default: DEFAULT_LOAD.warmup })
      .optional(),
    from: z
      .union([z.string().min(1), z.array(z.string().min(1)).min(1)])
      .meta({
        expected: '"random", "each", or names of nodes',
        description: 'Who is told: somebody else each time, each in turn, or these nodes in turn.',
        examples: ['random', 'each', ['n1', 'n5']],
        default: DEFAULT_LOAD.from,
      })
      .optional(),
    size: z
      .union([z.int().min(0), z.string().regex(MEMORY)])
      .transform((size) => (typeof size === 'string' ? bytes(size) : size))
      .pipe(z.int().min(0).max(LARGEST))
      .meta({
        expected: 'bytes, or a size such as 10k, at most 512k',
        description: `Bytes of each. Default: ${DEFAULT_LOAD.size}.`,
        examples: [1000, '10k'],
      })
      .optional(),
    every: time('From one to the next. Default: each when the one before has come as far as it goes.').optional(),
    within: time('After it, what has not come counts as never come. Default: 5s.').optional(),
  })
  .meta({
    expected: 'a map such as { messages: 5, from: random }',
    description: 'What is sent in each run. Default: nothing is; the graphs alone are looked at.',
  });

export const Measure = z
  .array(
    z.enum(FIGURE_NAMES).meta({
      expected: `one of ${FIGURE_NAMES.join(', ')}`,
      // No part of the standard, but editors show them.
      enumDescriptions: FIGURE_NAMES.map((name) => FIGURES[name].about),
    }),
  )
  .min(1)
  .meta({
    expected: `a list of ${FIGURE_NAMES.join(', ')}`,
    description: 'Figures that tables and plots show. Default: a selection.',
    examples: [['reached', 't50', 't90', 'hops']],
  });

/** Of each network, so many ways are measured where the file says nothing of it: a second or two. */
export const DEFAULT_PROBE = 4;

export const Probe = whole(0, 1_000, 'Ways of links to measure on each network; 0: none.').meta({
  default: DEFAULT_PROBE,
});

export const Name = DevnetName.meta({
  description: "Name of the experiment. Default: the file's name without its ending.",
});
export const Question = z
  .string()
  .min(1)
  .meta({ expected: 'the question, in a sentence', description: 'What the experiment is to answer, in a sentence.' });

/** Steps of a scenario that are no faults: what is sent is the load's, and what is expected is what is measured. */
export const OTHERS: readonly string[] = ['gossip', 'send', 'expect'] satisfies Doing[];

const Faults = stepsOf(DOINGS.filter((doing) => !OTHERS.includes(doing))).meta({
  description: 'What is done to the network meanwhile: steps as in a scenario, with $parameters. Default: nothing.',
});

/** A file before any parameter is in it: what its templates make is checked as what it is then. */
export const ExperimentFile = z
  .strictObject({
    name: Name.optional(),
    question: Question,
    topology: TopologyFile.meta({ description: 'As in a topology file, with $parameters.' }),
    matrix: Matrix.optional(),
    seeds: Seeds.optional(),
    repeats: Repeats.optional(),
    load: LoadFields.optional(),
    faults: Faults.optional(),
    measure: Measure.optional(),
    probe: Probe.optional(),
  })
  .meta({
    title: 'devnet experiment',
    description: 'A question, the networks to ask it of, and what is done on each.',
  });

/** Keys of a file. */
export const KEYS = Object.keys(ExperimentFile.shape);
