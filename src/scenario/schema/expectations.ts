import { z } from 'zod';
import { Anything, Arrow, Flag, Names, Node, Span } from './values.ts';

const within = Span.meta({ description: 'It is met as soon as it holds, and missed after this. Default: 10s.' });
const expression = (description: string) =>
  z
    .string()
    .optional()
    .meta({ expected: 'a regular expression', description, examples: ['link_down', '/invalid/i'] });

/** Every form of an expectation that is a map, by the key that tells it from the others. */
export const Expectations = {
  gossip: z.strictObject({
    gossip: Node.meta({ description: 'The node is told news of its own, and the log says whom that reaches.' }),
    reaches: Names.meta({ description: 'Who must get it: nodes or groups; all is all nodes.' }),
    but: Names.meta({ description: 'All of those but these.' }).optional(),
    only: Flag.meta({ description: 'Whether nobody else may get it, all that time.' }).optional(),
    data: Anything.optional().meta({ description: 'What the news says: any value.' }),
    within: within.optional(),
  }),
  drift: z.strictObject({
    drift: z
      .literal('none')
      .meta({ expected: 'none', description: 'The graph is the declared one, and every link stands.' }),
    within: within.optional(),
  }),
  log: z.strictObject({
    log: Names.meta({ description: "Nodes whose lines are looked at; all is every line, also devnet's own." }),
    matches: expression('A line must match this: its event and fields.'),
    never: expression('No line may match this, all that time.'),
    within: within.optional(),
    for: Span.meta({ description: 'With "never": for how long. Default: 10s.' }).optional(),
  }),
  peers: z.strictObject({
    peers: Node.meta({ description: 'The node is asked which connections it has dialed that stand.' }),
    are: z
      .union([z.int().min(0), z.string(), z.array(z.string())])
      .meta({ expected: 'a list of names, or a number', description: 'Which peers it has, or how many.' }),
    within: within.optional(),
  }),
  link: z.strictObject({
    link: Arrow.meta({ description: 'Links such as "a -> b" or "a <-> b": their nodes are asked for them.' }),
    is: z
      .enum(['up', 'down'])
      .meta({ expected: 'up or down', description: 'Whether the one that dials is connected.' }),
    within: within.optional(),
  }),
} as const;
