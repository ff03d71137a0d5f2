import { z } from 'zod';
import { linkConditionFields } from '../../topology/schema/index.ts';
import { PARTITION_PRESETS } from '../model/partition-presets.ts';
import {
  anyValueSchema,
  cpusSchema,
  durationSchema,
  eventRateSchema,
  flagSchema,
  linkExpressionSchema,
  memorySchema,
  nodeNameSchema,
  nodeNamesSchema,
  probabilitySchema,
  seedSchema,
  stepNameSchema,
  timeFromStartSchema,
} from './values.ts';

export { expectationSchemas } from './expectations.ts';

/**
 * The form of a step. Names are only text here: who is meant is looked up by `parse.ts`. `expected` completes the sentence
 * "expected …" of a mistake, `suggest` guesses what was meant, and the rest of a `meta` is what editors show.
 */

const partitionSchema = z.union([
  z.enum(PARTITION_PRESETS).meta({ title: 'preset' }),
  z.string().meta({ title: 'groups', expected: 'a preset, or groups as in "a, b / c"', examples: ['a, b / c, d'] }),
  z.array(nodeNamesSchema).min(1),
  z.strictObject({
    preset: z.enum(PARTITION_PRESETS).meta({ expected: 'a preset', description: 'How all nodes are divided.' }),
    seed: seedSchema.meta({ description: 'Divides them in an order that is drawn anew each time.' }).optional(),
  }),
]);

/** What a step does, by the key that says so. */
export const actionSchemas = {
  partition: partitionSchema.meta({
    expected: `groups such as [[a, b], [c, d]] or "a, b / c, d", or a preset: ${PARTITION_PRESETS.join(', ')}`,
    description:
      'Nothing passes between the groups; nodes in none reach all. One group alone is cut off from the rest.',
  }),
  cut: linkExpressionSchema.meta({
    description: 'Nothing passes between the two, or nothing from the one to the other.',
  }),
  kill: nodeNamesSchema.meta({
    description: 'Ends nodes as a crash does; healing starts them again, with their peers.',
  }),
  stop: nodeNamesSchema.meta({ description: 'Asks nodes to end; healing starts them again, with their peers.' }),
  pause: nodeNamesSchema.meta({ description: 'Freezes nodes: their connections stay, and nobody answers.' }),
  restart: nodeNamesSchema.meta({ description: 'Stops and starts nodes; there is nothing to heal.' }),
  squeeze: z
    .strictObject({ node: nodeNamesSchema, cpus: cpusSchema.optional(), memory: memorySchema.optional() })
    .meta({
      expected: 'a map of node and cpus or memory',
      description: 'Leaves nodes less processor or memory.',
    }),
  messages: z
    .strictObject({
      from: nodeNamesSchema,
      to: nodeNamesSchema,
      type: z
        .string()
        .min(1)
        .optional()
        .meta({
          expected: 'a message type such as gossip',
          description: 'Messages of this type only. Default: any.',
          examples: ['gossip'],
        }),
      action: z
        .enum(['drop', 'delay', 'duplicate', 'reorder', 'corrupt'])
        .meta({ expected: 'drop, delay, duplicate, reorder or corrupt', description: 'What happens to them.' }),
      probability: probabilitySchema.meta({ description: 'To how many of them it happens. Default: 100%.' }).optional(),
      delay: durationSchema.meta({ description: 'With "action: delay": how long.' }).optional(),
    })
    .meta({
      expected: 'a map of from, to and action',
      description: 'What happens to messages on their way from one node to another.',
    }),
  link: z.strictObject({ from: nodeNamesSchema, to: nodeNamesSchema, ...linkConditionFields }).meta({
    expected: 'a map of from, to and conditions, such as { from: a, to: b, delay: 50ms }',
    description: 'Gives links other conditions: both ways, unless it is "oneway".',
  }),
  heal: z.union([z.string(), z.array(z.string()).min(1)]).meta({
    expected: 'all, or names of steps',
    description: 'Takes back what is still in force: all, or of the steps of these names.',
    examples: ['all'],
  }),
  gossip: z
    .union([
      z.string(),
      z.strictObject({
        from: nodeNameSchema,
        data: anyValueSchema.optional().meta({ description: 'What the news says: any value.' }),
      }),
    ])
    .meta({
      expected: 'the name of a node, or a map of from and data',
      description: 'Tells a node news, with an id of its own.',
    }),
  send: z
    .strictObject({
      to: nodeNameSchema,
      type: z
        .string()
        .min(1)
        .meta({
          expected: 'a message type such as ping',
          description: 'Type of the message.',
          examples: ['ping'],
        }),
      payload: anyValueSchema.optional().meta({ description: 'What the message carries: any value.' }),
    })
    .meta({
      expected: 'a map of to, type and payload',
      description: 'Sends a node a message, and shows the type of the reply.',
    }),
  churn: z
    .strictObject({
      rate: eventRateSchema,
      down: durationSchema.meta({ description: 'After this a node comes back.' }),
      nodes: nodeNamesSchema.meta({ description: 'Only these. Default: all.' }).optional(),
      by: z
        .enum(['kill', 'stop', 'pause'])
        .optional()
        .meta({ expected: 'kill, stop or pause', description: 'What is done to them.', default: 'kill' }),
      seed: seedSchema.optional(),
    })
    .meta({
      expected: 'a map of rate and down',
      description: 'Kills nodes and lets them come back, again and again until "until".',
    }),
  cuts: z
    .strictObject({
      rate: eventRateSchema,
      for: durationSchema.meta({ description: 'After this a link is whole again.' }),
      nodes: nodeNamesSchema.meta({ description: 'Only links between these. Default: all.' }).optional(),
      seed: seedSchema.optional(),
    })
    .meta({
      expected: 'a map of rate and for',
      description: 'Cuts links both ways, again and again until "until".',
    }),
  expect: anyValueSchema.meta({ description: 'What must hold: a sentence or a map.' }),
} as const;
export type ActionName = keyof typeof actionSchemas;
export const ACTION_NAMES = Object.keys(actionSchemas) as ActionName[];
/** Those that draw what they do, and when: from their own time to `until`. */
export const RANDOM_ACTIONS: readonly string[] = ['churn', 'cuts'] satisfies ActionName[];

/** What may stand beside what a step does. */
export const modifierSchemas = {
  at: timeFromStartSchema.meta({
    description: 'When, from the start. Default: with the step before; the first, at once.',
  }),
  every: durationSchema.meta({ description: 'Again and again from "at" on, so far apart. Needs "until" or "times".' }),
  until: timeFromStartSchema.meta({ description: 'As long as it is before this, from the start.' }),
  times: z.int().min(1).meta({ expected: 'a whole number, at least 1', description: 'So many times.' }),
  for: durationSchema.meta({ description: 'It is healed after this. Default: by a "heal", or at the end.' }),
  name: stepNameSchema.meta({ description: 'What it is healed by, and called in the log and in reports.' }),
  oneway: flagSchema.meta({ description: 'From earlier groups to later ones only, or from "from" to "to".' }),
} as const;
export type ModifierName = keyof typeof modifierSchemas;

const REPEAT_MODIFIERS: readonly ModifierName[] = ['at', 'every', 'until', 'times'];
const FAULT_MODIFIERS: readonly ModifierName[] = [...REPEAT_MODIFIERS, 'for', 'name'];

/** Which of them each takes. */
export const ALLOWED_MODIFIERS: Record<ActionName, readonly ModifierName[]> = {
  partition: [...FAULT_MODIFIERS, 'oneway'],
  cut: FAULT_MODIFIERS,
  kill: FAULT_MODIFIERS,
  stop: FAULT_MODIFIERS,
  pause: FAULT_MODIFIERS,
  restart: REPEAT_MODIFIERS,
  squeeze: FAULT_MODIFIERS,
  messages: FAULT_MODIFIERS,
  link: [...FAULT_MODIFIERS, 'oneway'],
  heal: REPEAT_MODIFIERS,
  gossip: REPEAT_MODIFIERS,
  send: REPEAT_MODIFIERS,
  churn: ['at', 'until', 'name'],
  cuts: ['at', 'until', 'name'],
  expect: [...REPEAT_MODIFIERS, 'name'],
};
