import { z } from 'zod';
import {
  anyValueSchema,
  durationSchema,
  flagSchema,
  linkExpressionSchema,
  nodeNameSchema,
  nodeNamesSchema,
} from './values.ts';

const withinSchema = durationSchema.meta({
  description: 'It is met as soon as it holds, and missed after this. Default: 10s.',
});
const regExpSchema = (description: string) =>
  z
    .string()
    .optional()
    .meta({ expected: 'a regular expression', description, examples: ['link_down', '/invalid/i'] });

/** Every form of an expectation that is a map, by the key that tells it from the others. */
export const expectationSchemas = {
  gossip: z.strictObject({
    gossip: nodeNameSchema.meta({
      description: 'The node is told news of its own, and the log says whom that reaches.',
    }),
    reaches: nodeNamesSchema.meta({ description: 'Who must get it: nodes or groups; all is all nodes.' }),
    but: nodeNamesSchema.meta({ description: 'All of those but these.' }).optional(),
    only: flagSchema.meta({ description: 'Whether nobody else may get it, all that time.' }).optional(),
    data: anyValueSchema.optional().meta({ description: 'What the news says: any value.' }),
    within: withinSchema.optional(),
  }),
  drift: z.strictObject({
    drift: z
      .literal('none')
      .meta({ expected: 'none', description: 'The graph is the declared one, and every link stands.' }),
    within: withinSchema.optional(),
  }),
  log: z.strictObject({
    log: nodeNamesSchema.meta({
      description: "Nodes whose lines are looked at; all is every line, also devnet's own.",
    }),
    matches: regExpSchema('A line must match this: its event and fields.'),
    never: regExpSchema('No line may match this, all that time.'),
    within: withinSchema.optional(),
    for: durationSchema.meta({ description: 'With "never": for how long. Default: 10s.' }).optional(),
  }),
  peers: z.strictObject({
    peers: nodeNameSchema.meta({ description: 'The node is asked which connections it has dialed that stand.' }),
    are: z
      .union([z.int().min(0), z.string(), z.array(z.string())])
      .meta({ expected: 'a list of names, or a number', description: 'Which peers it has, or how many.' }),
    within: withinSchema.optional(),
  }),
  link: z.strictObject({
    link: linkExpressionSchema.meta({
      description: 'Links such as "a -> b" or "a <-> b": their nodes are asked for them.',
    }),
    is: z
      .enum(['up', 'down'])
      .meta({ expected: 'up or down', description: 'Whether the one that dials is connected.' }),
    within: withinSchema.optional(),
  }),
} as const;
