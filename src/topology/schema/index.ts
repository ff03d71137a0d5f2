import { z } from 'zod';
import { PREFIX } from '../limits.ts';
import { bothWays, Conditions, Groups, Scenario, Shaping } from './conditions.ts';
import { jsonSchema } from './json.ts';
import { DevnetName, Names, NodeName } from './names.ts';
import { Counted, Group, Settings } from './settings.ts';
import { SHAPE_NAMES, Shapes } from './shapes.ts';

export {
  BetweenSides,
  Conditions,
  FromSide,
  Groups,
  Quality,
  quality,
  Scenario,
  SHAPINGS,
  Shaping,
} from './conditions.ts';
export { type JsonSchema, jsonSchema } from './json.ts';
export { DevnetName, NodeName, Prefix } from './names.ts';
export { Counted, Group, Settings } from './settings.ts';
export { SHAPE_NAMES, type ShapeDeclaration, type ShapeName, Shapes } from './shapes.ts';

/**
 * The one source of the file format: the parser checks every part of a file against these, and the JSON Schema that
 * editors use is made from them. `expected` completes the sentence "expected …" of a mistake, `likely` guesses what
 * was meant, and the rest of a `meta` is what editors show.
 */

const Nodes = z
  .union([
    Counted,
    z.array(NodeName).min(1),
    z
      .record(z.string().regex(PREFIX), z.union([Settings, Group, z.null()]))
      .meta({ description: 'Nodes and groups by name.' }),
  ])
  .meta({
    description: 'A count, a list of names, or a map of names to settings (empty for defaults alone).',
    examples: [{ count: 20 }, ['a', 'b', 'c'], { seed: {}, worker: { count: 10, memory: '32m' } }],
  });

export const LinkEnds = z
  .strictObject({
    from: Names,
    to: Names,
    both: z
      .boolean()
      .meta({ expected: 'true or false', description: 'Whether they dial back.', default: false })
      .optional(),
    ...bothWays,
  })
  .meta({
    id: 'Link',
    expected: 'a link: from and to',
    description: 'Links from each node on one side to each on the other.',
  });

export const LinkText = z
  .strictObject({
    link: z.string().meta({ expected: 'a link such as "a -> b"', description: 'Links such as "a -> b" or "a <-> b".' }),
    ...bothWays,
  })
  .meta({
    id: 'LinkText',
    expected: 'a link and its conditions',
    description: 'Links as in "a -> b", and how packets fare on them.',
  });

/** Marks text as links rather than the name of a shape. */
export const LINK_SIGNS = /[<>,=\s]/;

const LinkItem = z
  .union([
    z
      .string()
      .regex(LINK_SIGNS)
      .meta({ title: 'links', examples: ['a -> b', 'a <-> b', 'a, b -> c, d'] }),
    z.enum(SHAPE_NAMES).meta({ title: 'shape without parameters' }),
    LinkText,
    LinkEnds,
    z.discriminatedUnion('shape', Object.values(Shapes) as [(typeof Shapes)['line'], ...(typeof Shapes)['line'][]]),
  ])
  .meta({ id: 'Links', description: 'Links such as "a -> b", a shape, { from, to }, or { link } with conditions.' });

const Links = z.union([LinkItem, z.array(LinkItem)]).meta({
  description: 'Who dials whom: a shape, links such as "a -> b", or a list of both.',
  examples: ['ring', { shape: 'small-world', degree: 4, rewire: 0.1 }, ['a -> b', 'b <-> c']],
});

export const Subnet = z.string().meta({
  expected: 'an IPv4 subnet such as 10.77.0.0/24',
  description: 'Private IPv4 subnet with room for all nodes and 4 more addresses. Default: a free one is chosen.',
  examples: ['10.77.0.0/24'],
});

export const Internal = z.boolean().meta({
  expected: 'true or false',
  description: 'True: the network has no way out of the machine.',
  default: true,
});

export const TopologyFile = z
  .strictObject({
    name: DevnetName.optional(),
    nodes: Nodes,
    defaults: Settings.meta({ description: 'Settings of every node that does not have its own.' }).optional(),
    groups: Groups.optional(),
    links: Links.optional(),
    conditions: Conditions.optional(),
    shaping: Shaping.optional(),
    scenario: Scenario.optional(),
    subnet: Subnet.optional(),
    internal: Internal.optional(),
  })
  .meta({ title: 'devnet topology', description: 'Nodes to start and the links between them.' });

/** The JSON Schema of a topology file, for editors. */
export function topologyJsonSchema(): object {
  return jsonSchema(TopologyFile);
}
