import { z } from 'zod';
import { NAME_PREFIX_PATTERN } from '../model/limits.ts';
import { toJsonSchema } from './json-schema.ts';
import {
  bidirectionalConditionFields,
  ConditionsSchema,
  GroupsSchema,
  ShapingSchema,
  UncheckedScenarioSchema,
} from './link-conditions.ts';
import { CountedNodesSchema, DeclaredNodeSettings, NodeGroupSchema } from './node-settings.ts';
import { booleanSchema, DevnetNameSchema, NamesSchema, NodeNameSchema } from './scalars.ts';
import { SHAPE_NAMES, SHAPE_SCHEMAS } from './shapes.ts';

const NodesSchema = z
  .union([
    CountedNodesSchema,
    z.array(NodeNameSchema).min(1),
    z
      .record(z.string().regex(NAME_PREFIX_PATTERN), z.union([DeclaredNodeSettings, NodeGroupSchema, z.null()]))
      .meta({ description: 'Nodes and groups by name.' }),
  ])
  .meta({
    description: 'A count, a list of names, or a map of names to settings (empty for defaults alone).',
    examples: [{ count: 20 }, ['a', 'b', 'c'], { seed: {}, worker: { count: 10, memory: '32m' } }],
  });

export const LinkEndsSchema = z
  .strictObject({
    from: NamesSchema,
    to: NamesSchema,
    both: booleanSchema('True: the nodes on the right dial back.', false),
    ...bidirectionalConditionFields,
  })
  .meta({
    id: 'Link',
    expected: 'a link: from and to',
    description: 'Links from each node on one side to each on the other.',
  });

export const LinkTextSchema = z
  .strictObject({
    link: z.string().meta({ expected: 'a link such as "a -> b"', description: 'Links such as "a -> b" or "a <-> b".' }),
    ...bidirectionalConditionFields,
  })
  .meta({
    id: 'LinkText',
    expected: 'a link and its conditions',
    description: 'Links such as "a -> b", with conditions.',
  });

/** Tells links from the name of a shape. */
export const LINK_EXPRESSION_PATTERN = /[<>,=\s]/;

const LinkItemSchema = z
  .union([
    z
      .string()
      .regex(LINK_EXPRESSION_PATTERN)
      .meta({ title: 'links', examples: ['a -> b', 'a <-> b', 'a, b -> c, d'] }),
    z.enum(SHAPE_NAMES).meta({ title: 'shape without parameters' }),
    LinkTextSchema,
    LinkEndsSchema,
    z.discriminatedUnion(
      'shape',
      Object.values(SHAPE_SCHEMAS) as [(typeof SHAPE_SCHEMAS)['line'], ...(typeof SHAPE_SCHEMAS)['line'][]],
    ),
  ])
  .meta({ id: 'Links', description: 'Links such as "a -> b", a shape, { from, to }, or { link } with conditions.' });

const LinksSchema = z.union([LinkItemSchema, z.array(LinkItemSchema)]).meta({
  description: 'Which node dials which: a shape, links such as "a -> b", or a list of both.',
  examples: ['ring', { shape: 'small-world', degree: 4, rewire: 0.1 }, ['a -> b', 'b <-> c']],
});

export const SubnetSchema = z.string().meta({
  expected: 'an IPv4 subnet such as 10.77.0.0/24',
  description: 'Private IPv4 subnet with room for all nodes and 4 more addresses. Default: a free one is chosen.',
  examples: ['10.77.0.0/24'],
});

export const CaptureSchema = booleanSchema(
  'True: up, run and tests capture all packets into capture.pcapng, which artifacts of failures hold too.',
  false,
);

export const InternalSchema = booleanSchema('True: the network has no route out of the machine.', true);

export const EncryptedSchema = booleanSchema(
  'True: traffic between the hosts of a swarm is encrypted, by IPsec. On the swarm runtime only.',
  false,
);

export const EngineSchema = z.enum(['containers', 'namespaces', 'process', 'swarm']).meta({
  expected: 'containers, namespaces, process or swarm',
  description: 'Runtime of the nodes. --engine of a command is stronger.',
  default: 'containers',
});

export const TopologyFileSchema = z
  .strictObject({
    name: DevnetNameSchema.optional(),
    nodes: NodesSchema,
    defaults: DeclaredNodeSettings.meta({ description: 'Default settings of all nodes.' }).optional(),
    groups: GroupsSchema.optional(),
    links: LinksSchema.optional(),
    conditions: ConditionsSchema.optional(),
    engine: EngineSchema.optional(),
    shaping: ShapingSchema.optional(),
    scenario: UncheckedScenarioSchema.optional(),
    subnet: SubnetSchema.optional(),
    internal: InternalSchema,
    encrypted: EncryptedSchema,
    capture: CaptureSchema,
  })
  .meta({ title: 'devnet topology', description: 'Nodes to start and the links between them.' });

/** Returns the JSON Schema of a topology file, for editors. */
export function topologyJsonSchema(): object {
  return toJsonSchema(TopologyFileSchema);
}
