import { z } from 'zod';
import { HOST_ACTIONS } from '../../network/fault.ts';
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

/**
 * The form of a step. Names are only text here; the parser resolves them. In a `meta`, `expected` completes the "expected …"
 * of a message, `suggest` returns what was probably meant, and the rest is for editors.
 */

const partitionSchema = z.union([
  z.enum(PARTITION_PRESETS).meta({ title: 'preset' }),
  z.string().meta({ title: 'groups', expected: 'a preset, or groups as in "a, b / c"', examples: ['a, b / c, d'] }),
  z.array(nodeNamesSchema).min(1),
  z.strictObject({
    preset: z.enum(PARTITION_PRESETS).meta({ expected: 'a preset', description: 'Preset that divides all nodes.' }),
    seed: seedSchema.meta({ description: 'Divides the nodes in a random order, another one each time.' }).optional(),
  }),
]);

/** Schema of each action, by its key in a step. */
export const actionSchemas = {
  partition: partitionSchema.meta({
    expected: `groups such as [[a, b], [c, d]] or "a, b / c, d", or a preset: ${PARTITION_PRESETS.join(', ')}`,
    description:
      'Cuts groups off from each other; nodes in no group reach all. A single group is cut off from the rest.',
  }),
  cut: linkExpressionSchema.meta({
    description: 'Drops all packets between two nodes, or from one to the other.',
  }),
  kill: nodeNamesSchema.meta({
    description: 'Kills nodes as a crash does; healing starts them again, with their peers.',
  }),
  stop: nodeNamesSchema.meta({ description: 'Stops nodes gracefully; healing starts them again, with their peers.' }),
  pause: nodeNamesSchema.meta({ description: 'Freezes nodes: their connections stay open, and they do not reply.' }),
  restart: nodeNamesSchema.meta({ description: 'Stops and starts nodes; there is nothing to heal.' }),
  squeeze: z
    .strictObject({ node: nodeNamesSchema, cpus: cpusSchema.optional(), memory: memorySchema.optional() })
    .meta({
      expected: 'a map of node and cpus or memory',
      description: 'Limits the CPU or memory of nodes.',
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
          description: 'Only messages of this type. Default: any.',
          examples: ['gossip'],
        }),
      action: z.enum(['drop', 'delay', 'duplicate', 'reorder', 'corrupt']).meta({
        expected: 'drop, delay, duplicate, reorder or corrupt',
        description: 'Fault to apply to the messages.',
      }),
      probability: probabilitySchema
        .meta({ description: 'Share of the messages that are affected. Default: 100%.' })
        .optional(),
      delay: durationSchema.meta({ description: 'With "action: delay": length of the delay.' }).optional(),
    })
    .meta({
      expected: 'a map of from, to and action',
      description: 'Drops, delays, duplicates, reorders or corrupts messages from one node to another.',
    }),
  link: z.strictObject({ from: nodeNamesSchema, to: nodeNamesSchema, ...linkConditionFields }).meta({
    expected: 'a map of from, to and conditions, such as { from: a, to: b, delay: 50ms }',
    description: 'Replaces the conditions of links: in both directions, unless it is "oneway".',
  }),
  host: z
    .strictObject({
      name: z
        .string()
        .min(1)
        .meta({ expected: 'the name of a host', description: 'A host of the swarm.', examples: ['worker-2'] }),
      action: z.enum(HOST_ACTIONS).meta({ expected: 'cut, pause or kill', description: 'What happens to its nodes.' }),
    })
    .meta({
      expected: 'a map of name and action',
      description: 'Cuts a host of a swarm off from the others, or pauses or kills all nodes on it.',
    }),
  heal: z.union([z.string(), z.array(z.string()).min(1)]).meta({
    expected: 'all, or names of steps',
    description: 'Heals the active faults: all of them, or those of the named steps.',
    examples: ['all'],
  }),
  gossip: z
    .union([
      z.string(),
      z.strictObject({
        from: nodeNameSchema,
        data: anyValueSchema.optional().meta({ description: 'Data of the gossip message: any value.' }),
      }),
    ])
    .meta({
      expected: 'the name of a node, or a map of from and data',
      description: 'Publishes a gossip message at a node, with a new id.',
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
      payload: anyValueSchema.optional().meta({ description: 'Payload of the message: any value.' }),
    })
    .meta({
      expected: 'a map of to, type and payload',
      description: 'Sends a node a message and shows the type of the reply.',
    }),
  churn: z
    .strictObject({
      rate: eventRateSchema,
      down: durationSchema.meta({ description: 'Time after which a node comes back.' }),
      nodes: nodeNamesSchema.meta({ description: 'Only these nodes. Default: all.' }).optional(),
      by: z
        .enum(['kill', 'stop', 'pause'])
        .optional()
        .meta({ expected: 'kill, stop or pause', description: 'Way to take a node down.', default: 'kill' }),
      seed: seedSchema.optional(),
    })
    .meta({
      expected: 'a map of rate and down',
      description: 'Kills random nodes, which come back, again and again until "until".',
    }),
  cuts: z
    .strictObject({
      rate: eventRateSchema,
      for: durationSchema.meta({ description: 'Time after which a link is healed.' }),
      nodes: nodeNamesSchema.meta({ description: 'Only links between these. Default: all.' }).optional(),
      seed: seedSchema.optional(),
    })
    .meta({
      expected: 'a map of rate and for',
      description: 'Cuts random links in both directions, again and again until "until".',
    }),
  expect: anyValueSchema.meta({ description: 'Condition that must hold: a sentence or a map.' }),
} as const;
export type ActionName = keyof typeof actionSchemas;
export const ACTION_NAMES = Object.keys(actionSchemas) as ActionName[];
/** Actions that pick their targets and times at random, from their own time to `until`. */
export const RANDOM_ACTIONS: readonly string[] = ['churn', 'cuts'] satisfies ActionName[];

/** Schema of each key of a step that is not its action. */
export const modifierSchemas = {
  at: timeFromStartSchema.meta({
    description: 'Time from the start. Default: that of the step before; of the first step, 0s.',
  }),
  every: durationSchema.meta({
    description: 'Interval at which to repeat the step, from "at" on. Needs "until" or "times".',
  }),
  until: timeFromStartSchema.meta({ description: 'Time from the start at which to stop.' }),
  times: z.int().min(1).meta({ expected: 'a whole number, at least 1', description: 'Number of times.' }),
  for: durationSchema.meta({
    description: 'Time after which the fault is healed. Default: by a "heal", or at the end.',
  }),
  name: stepNameSchema.meta({ description: 'Name to heal it by, and to show in the log and in reports.' }),
  oneway: flagSchema.meta({ description: 'Only from earlier groups to later ones, or from "from" to "to".' }),
} as const;
export type ModifierName = keyof typeof modifierSchemas;
export type StepModifiers = { [Name in ModifierName]?: z.output<(typeof modifierSchemas)[Name]> };

const REPEAT_MODIFIERS: readonly ModifierName[] = ['at', 'every', 'until', 'times'];
const FAULT_MODIFIERS: readonly ModifierName[] = [...REPEAT_MODIFIERS, 'for', 'name'];

/** The modifiers that each action allows. */
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
  host: FAULT_MODIFIERS,
  heal: REPEAT_MODIFIERS,
  gossip: REPEAT_MODIFIERS,
  send: REPEAT_MODIFIERS,
  churn: ['at', 'until', 'name'],
  cuts: ['at', 'until', 'name'],
  expect: [...REPEAT_MODIFIERS, 'name'],
};
