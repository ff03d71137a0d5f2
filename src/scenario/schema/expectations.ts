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
  description: 'Time within which it must hold; it is met as soon as it does. Default: 10s.',
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
      description: 'Node that publishes a gossip message; the log shows which nodes receive it.',
    }),
    reaches: nodeNamesSchema.meta({ description: 'Nodes or groups that must receive it; "all" is every node.' }),
    but: nodeNamesSchema.meta({ description: 'Nodes or groups to leave out of "reaches".' }).optional(),
    only: flagSchema.meta({ description: 'If true, no other node may receive it in that time.' }).optional(),
    data: anyValueSchema.optional().meta({ description: 'Data of the gossip message: any value.' }),
    within: withinSchema.optional(),
  }),
  drift: z.strictObject({
    drift: z
      .literal('none')
      .meta({ expected: 'none', description: 'The actual graph equals the declared one, and every link is up.' }),
    within: withinSchema.optional(),
  }),
  log: z.strictObject({
    log: nodeNamesSchema.meta({
      description: 'Nodes whose log entries are searched; "all" is every entry, those of devnet itself too.',
    }),
    matches: regExpSchema('An entry must match this: its event and fields.'),
    never: regExpSchema('No entry may match this in that time.'),
    within: withinSchema.optional(),
    for: durationSchema.meta({ description: 'Time that "never" must hold. Default: 10s.' }).optional(),
  }),
  peers: z.strictObject({
    peers: nodeNameSchema.meta({ description: 'Node that is asked for the links it has dialed and that are up.' }),
    are: z
      .union([z.int().min(0), z.string(), z.array(z.string())])
      .meta({ expected: 'a list of names, or a number', description: 'Its peers, or how many it has.' }),
    within: withinSchema.optional(),
  }),
  link: z.strictObject({
    link: linkExpressionSchema.meta({
      description: 'Links such as "a -> b" or "a <-> b"; the nodes that dial them are asked.',
    }),
    is: z
      .enum(['up', 'down'])
      .meta({ expected: 'up or down', description: 'Expected state of the connection of the node that dials.' }),
    within: withinSchema.optional(),
  }),
} as const;
