import { z } from 'zod';
import { stepListSchema } from '../../scenario/parse/file-schema.ts';
import { ACTION_NAMES, type ActionName } from '../../scenario/schema/steps.ts';
import { MAX_SEED } from '../../topology/model/limits.ts';
import { suggestMemorySizes, suggestTimes } from '../../topology/model/suggest-units.ts';
import {
  MEMORY_SIZE_PATTERN,
  PERCENTAGE_PATTERN,
  parseMemorySize,
  parseMilliseconds,
  parsePercentage,
  TIME_PATTERN,
} from '../../topology/model/units.ts';
import { DevnetNameSchema, TopologyFileSchema } from '../../topology/schema/index.ts';
import { METRIC_NAMES, METRICS, type MetricName, withinMetricName } from '../metrics/metrics.ts';
import { PARAMETER_NAME } from './template.ts';

/** Limits beyond which a number is taken for a typing error. */
const MAX_RUNS_PER_CELL = 1_000;
const MAX_MESSAGES = 10_000;
const MAX_MESSAGE_BYTES = 512 * 1024;

const integerBetween = (min: number, max: number, description: string) =>
  z
    .int()
    .min(min)
    .max(max)
    .meta({ expected: `a whole number from ${min} to ${max}`, description });

const duration = (description: string) =>
  z
    .string()
    .regex(TIME_PATTERN)
    .transform((text) => parseMilliseconds(text) as number)
    .meta({
      expected: 'a time with its unit, such as 500ms or 2s',
      suggest: suggestTimes,
      description,
      examples: ['500ms', '2s'],
    });

const suggestMessageSizes = (value: unknown) =>
  suggestMemorySizes(value).filter((size) => parseMemorySize(size) <= MAX_MESSAGE_BYTES);

const AxisLabel = z.union([z.string().min(1), z.number(), z.boolean()]);

/** A list of values, which are their own names, or a map of names to values. */
export const AxisValues = z.union([z.array(AxisLabel).min(1), z.record(z.string().min(1), z.unknown())]).meta({
  expected: 'a list such as [0.1, 0.5], or a map of names to values',
  description: 'Values of a parameter. In a map, each key names a value of any kind.',
});

const Matrix = z.record(z.string().regex(PARAMETER_NAME), AxisValues).meta({
  description: 'Parameters and their values: every combination is a cell. Default: one cell.',
  examples: [{ degree: [2, 4, 8] }],
});

export const Seeds = z
  .union([
    integerBetween(1, MAX_RUNS_PER_CELL, 'Number of seeds: 1, 2, …'),
    z.array(z.int().min(0).max(MAX_SEED)).min(1).max(MAX_RUNS_PER_CELL),
  ])
  .transform((seeds) => (typeof seeds === 'number' ? Array.from({ length: seeds }, (_, index) => index + 1) : seeds))
  .meta({
    expected: `how many seeds, or a list of whole numbers from 0 to ${MAX_SEED}`,
    description: 'Values of $seed: a list, or a number n for 1 to n. Default: 1.',
    examples: [3, [1, 2, 3]],
  });

export const Repeats = integerBetween(1, MAX_RUNS_PER_CELL, 'Runs of each cell with each seed.').meta({ default: 1 });

export const DEFAULT_WORKLOAD = { messages: 5, warmup: 1, from: 'random', size: 100, within: 5_000 };

export const WorkloadFields = z
  .strictObject({
    messages: integerBetween(1, MAX_MESSAGES, 'Gossip messages in each run.')
      .meta({ default: DEFAULT_WORKLOAD.messages })
      .optional(),
    warmup: integerBetween(0, MAX_MESSAGES, 'Messages sent before those, which are not measured.')
      .meta({ default: DEFAULT_WORKLOAD.warmup })
      .optional(),
    from: z
      .union([z.string().min(1), z.array(z.string().min(1)).min(1)])
      .meta({
        expected: '"random", "each", or names of nodes',
        description: 'Sender of each message: a random node, every node in turn, or these nodes in turn.',
        examples: ['random', 'each', ['n1', 'n5']],
        default: DEFAULT_WORKLOAD.from,
      })
      .optional(),
    size: z
      .union([z.int().min(0), z.string().regex(MEMORY_SIZE_PATTERN)])
      .transform((size) => (typeof size === 'string' ? parseMemorySize(size) : size))
      .pipe(z.int().min(0).max(MAX_MESSAGE_BYTES))
      .meta({
        suggest: suggestMessageSizes,
        expected: 'bytes, or a size such as 10k, at most 512k',
        description: `Size of each message in bytes. Default: ${DEFAULT_WORKLOAD.size}.`,
        examples: [1000, '10k'],
      })
      .optional(),
    every: duration(
      'Interval between messages. Default: send the next one when the previous one has spread as far as it can.',
    ).optional(),
    within: duration('Time limit of each message: later receipts count as not delivered. Default: 5s.').optional(),
  })
  .meta({
    expected: 'a map such as { messages: 5, from: random }',
    description: 'Messages sent in each run. Default: none; only the graphs are analysed, and nothing is started.',
  });

const WITHIN_EXAMPLE = { within: { share: '99%', time: '500ms' } };
const WITHIN_TEXT = '{ within: { share: 99%, time: 500ms } }';

/** Share of the messages that reach so many nodes in that time; the value is the name of the metric. */
const WithinMetric = z
  .strictObject({
    within: z
      .strictObject({
        share: z
          .string()
          .regex(PERCENTAGE_PATTERN)
          .transform((text) => Number((100 * (parsePercentage(text) as number)).toPrecision(12)))
          .pipe(z.number().gt(0).lte(100))
          .meta({ expected: 'a share above 0% and up to 100%', description: 'Share of the nodes.', examples: ['99%'] }),
        time: duration('Time from the sender, at most "within" of "load".'),
      })
      .meta({
        expected: 'a map such as { share: 99%, time: 500ms }',
        description: 'Share of the nodes, and the time in which a message has to reach them.',
        examples: [WITHIN_EXAMPLE.within],
      }),
  })
  .transform(({ within: { share, time } }): MetricName => withinMetricName({ percent: share, timeMs: time }))
  .meta({
    expected: WITHIN_TEXT,
    description: 'Share of the messages that so many of the nodes had in that time.',
    examples: [WITHIN_EXAMPLE],
  });

export const MeasuredMetrics = z
  .array(
    z
      .union([
        z.enum(METRIC_NAMES).meta({
          expected: `one of ${METRIC_NAMES.join(', ')}`,
          // Not in the standard, but editors show them.
          enumDescriptions: METRIC_NAMES.map((name) => METRICS[name].description),
        }),
        WithinMetric,
      ])
      .meta({ expected: `one of ${METRIC_NAMES.join(', ')}, or ${WITHIN_TEXT}` }),
  )
  .min(1)
  .meta({
    expected: `a list of ${METRIC_NAMES.join(', ')}, or ${WITHIN_TEXT}`,
    description: 'Metrics in tables and plots, the one that answers the question first. Default: a selection.',
    examples: [
      ['reached', 't50', 't90', 'hops'],
      [WITHIN_EXAMPLE, 't99'],
    ],
  });

/** Measuring them takes a second or two. */
export const DEFAULT_MEASURED_LINKS = 4;

export const MeasuredLinkCount = integerBetween(
  0,
  1_000,
  'Number of link directions whose conditions are measured on each network; 0: none.',
).meta({
  default: DEFAULT_MEASURED_LINKS,
});

export const ExperimentName = DevnetNameSchema.meta({
  description: "Name of the experiment. Default: the file's name without its ending.",
});
export const ExperimentQuestion = z.string().min(1).meta({
  expected: 'the question, in a sentence',
  description: 'The question that the experiment answers, in a sentence.',
});

/** Scenario steps that experiments do not take: `load` sends the messages, and `measure` says what is of interest. */
export const NON_FAULT_ACTIONS: readonly string[] = ['gossip', 'send', 'expect'] satisfies ActionName[];

const FaultSteps = stepListSchema(ACTION_NAMES.filter((action) => !NON_FAULT_ACTIONS.includes(action))).meta({
  description: 'Faults during each run: steps as in a scenario, with $parameters. Default: none.',
});

/** An experiment file. Its templates are checked after parameters have been filled in. */
export const ExperimentFile = z
  .strictObject({
    name: ExperimentName.optional(),
    question: ExperimentQuestion,
    topology: TopologyFileSchema.meta({ description: 'As in a topology file, with $parameters.' }),
    matrix: Matrix.optional(),
    seeds: Seeds.optional(),
    repeats: Repeats.optional(),
    load: WorkloadFields.optional(),
    faults: FaultSteps.optional(),
    measure: MeasuredMetrics.optional(),
    probe: MeasuredLinkCount.optional(),
  })
  .meta({
    title: 'devnet experiment',
    description: 'A question, the networks to answer it on, and the messages and faults on each.',
  });

export const EXPERIMENT_KEYS = Object.keys(ExperimentFile.shape);
