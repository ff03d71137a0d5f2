import { z } from 'zod';
import { quality } from '../../topology/schema/index.ts';
import { PRESETS } from '../presets.ts';
import { Anything, Arrow, Chance, Cpus, Flag, Label, Memory, Moment, Names, Node, Rate, Seed, Span } from './values.ts';

export { Expectations } from './expectations.ts';

/**
 * The form of a step. Names are only text here: who is meant is looked up by `parse.ts`. `expected` completes the sentence
 * "expected …" of a mistake, `likely` guesses what was meant, and the rest of a `meta` is what editors show.
 */

const Partition = z.union([
  z.enum(PRESETS).meta({ title: 'preset' }),
  z.string().meta({ title: 'groups', expected: 'a preset, or groups as in "a, b / c"', examples: ['a, b / c, d'] }),
  z.array(Names).min(1),
  z.strictObject({
    preset: z.enum(PRESETS).meta({ expected: 'a preset', description: 'How all nodes are divided.' }),
    seed: Seed.meta({ description: 'Divides them in an order that is drawn anew each time.' }).optional(),
  }),
]);

/** What a step does, by the key that says so. */
export const Doings = {
  partition: Partition.meta({
    expected: `groups such as [[a, b], [c, d]] or "a, b / c, d", or a preset: ${PRESETS.join(', ')}`,
    description:
      'Nothing passes between the groups; nodes in none reach all. One group alone is cut off from the rest.',
  }),
  cut: Arrow.meta({ description: 'Nothing passes between the two, or nothing from the one to the other.' }),
  kill: Names.meta({ description: 'Ends nodes as a crash does; healing starts them again, with their peers.' }),
  stop: Names.meta({ description: 'Asks nodes to end; healing starts them again, with their peers.' }),
  pause: Names.meta({ description: 'Freezes nodes: their connections stay, and nobody answers.' }),
  restart: Names.meta({ description: 'Stops and starts nodes; there is nothing to heal.' }),
  squeeze: z.strictObject({ node: Names, cpus: Cpus.optional(), memory: Memory.optional() }).meta({
    expected: 'a map of node and cpus or memory',
    description: 'Leaves nodes less processor or memory.',
  }),
  messages: z
    .strictObject({
      from: Names,
      to: Names,
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
      probability: Chance.meta({ description: 'To how many of them it happens. Default: 100%.' }).optional(),
      delay: Span.meta({ description: 'With "action: delay": how long.' }).optional(),
    })
    .meta({
      expected: 'a map of from, to and action',
      description: 'What happens to messages on their way from one node to another.',
    }),
  link: z.strictObject({ from: Names, to: Names, ...quality }).meta({
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
        from: Node,
        data: Anything.optional().meta({ description: 'What the news says: any value.' }),
      }),
    ])
    .meta({
      expected: 'the name of a node, or a map of from and data',
      description: 'Tells a node news, with an id of its own.',
    }),
  send: z
    .strictObject({
      to: Node,
      type: z
        .string()
        .min(1)
        .meta({
          expected: 'a message type such as ping',
          description: 'Type of the message.',
          examples: ['ping'],
        }),
      payload: Anything.optional().meta({ description: 'What the message carries: any value.' }),
    })
    .meta({
      expected: 'a map of to, type and payload',
      description: 'Sends a node a message, and shows the type of the reply.',
    }),
  churn: z
    .strictObject({
      rate: Rate,
      down: Span.meta({ description: 'After this a node comes back.' }),
      nodes: Names.meta({ description: 'Only these. Default: all.' }).optional(),
      by: z
        .enum(['kill', 'stop', 'pause'])
        .optional()
        .meta({ expected: 'kill, stop or pause', description: 'What is done to them.', default: 'kill' }),
      seed: Seed.optional(),
    })
    .meta({
      expected: 'a map of rate and down',
      description: 'Kills nodes and lets them come back, again and again until "until".',
    }),
  cuts: z
    .strictObject({
      rate: Rate,
      for: Span.meta({ description: 'After this a link is whole again.' }),
      nodes: Names.meta({ description: 'Only links between these. Default: all.' }).optional(),
      seed: Seed.optional(),
    })
    .meta({
      expected: 'a map of rate and for',
      description: 'Cuts links both ways, again and again until "until".',
    }),
  expect: Anything.meta({ description: 'What must hold: a sentence or a map.' }),
} as const;
export type Doing = keyof typeof Doings;
export const DOINGS = Object.keys(Doings) as Doing[];
/** Those that draw what they do, and when: from their own time to `until`. */
export const DRAWN: readonly string[] = ['churn', 'cuts'] satisfies Doing[];

/** What may stand beside what a step does. */
export const Modifiers = {
  at: Moment.meta({ description: 'When, from the start. Default: with the step before; the first, at once.' }),
  every: Span.meta({ description: 'Again and again from "at" on, so far apart. Needs "until" or "times".' }),
  until: Moment.meta({ description: 'As long as it is before this, from the start.' }),
  times: z.int().min(1).meta({ expected: 'a whole number, at least 1', description: 'So many times.' }),
  for: Span.meta({ description: 'It is healed after this. Default: by a "heal", or at the end.' }),
  name: Label.meta({ description: 'What it is healed by, and called in the log and in reports.' }),
  oneway: Flag.meta({ description: 'From earlier groups to later ones only, or from "from" to "to".' }),
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
