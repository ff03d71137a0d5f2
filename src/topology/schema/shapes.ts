import { z } from 'zod';
import { DEFAULT_SEED } from '../../shared/seeded-random.ts';
import { MAX_SEED } from '../model/limits.ts';
import { bidirectionalConditionFields } from './link-conditions.ts';
import { booleanSchema, integerSchema, NamesSchema } from './scalars.ts';

const seedSchema = integerSchema('The same seed always gives the same graph, on every machine.', 0, MAX_SEED)
  .meta({ default: DEFAULT_SEED })
  .optional();
const connectedSchema = booleanSchema('True: draw again until the graph is connected.', true);
const probabilitySchema = (description: string) =>
  z.number().min(0).max(1).meta({ expected: 'a number from 0 to 1', description });

function shapeSchema<Name extends string, Parameters extends z.ZodRawShape>(
  name: Name,
  description: string,
  parameters: Parameters,
) {
  return z
    .strictObject({
      shape: z.literal(name).meta({ expected: 'a shape', description }),
      over: NamesSchema.meta({
        description: 'Nodes or groups that the shape spans, in this order. Default: all.',
      }).optional(),
      directed: booleanSchema('One link per edge instead of two.', false),
      ...parameters,
      ...bidirectionalConditionFields,
    })
    .meta({ expected: 'a shape and its parameters', title: name, description });
}

const columnsSchema = integerSchema('Nodes in a row. Default: as near to a square as possible.', 1).optional();

/** Schemas of the shapes, by their names in files. */
export const SHAPE_SCHEMAS = {
  line: shapeSchema('line', 'Each node and the next: n - 1 edges.', {}),
  ring: shapeSchema('ring', 'A line whose ends meet: n edges.', {}),
  star: shapeSchema('star', 'One hub linked to all others: n - 1 edges.', {
    hub: z.string().meta({ expected: 'the name of a node', description: 'Default: the first node.' }).optional(),
  }),
  mesh: shapeSchema('mesh', 'Every node linked to every other: n(n - 1)/2 edges.', {}),
  tree: shapeSchema('tree', 'A tree filled level by level: n - 1 edges.', {
    branching: integerSchema('Children of each node. Default: 2.', 1).meta({ default: 2 }).optional(),
  }),
  grid: shapeSchema('grid', 'Rows and columns: 2n - rows - columns edges.', { columns: columnsSchema }),
  torus: shapeSchema('torus', 'A grid whose rows and columns close into rings: 2n edges.', { columns: columnsSchema }),
  hypercube: shapeSchema('hypercube', '2^k nodes with k neighbours each: n·k/2 edges.', {}),
  regular: shapeSchema('regular', 'Random, with the same number of neighbours for every node: n·degree/2 edges.', {
    degree: integerSchema('Neighbours of each node.', 1),
    seed: seedSchema,
    connected: connectedSchema,
  }),
  random: shapeSchema('random', 'Erdős–Rényi: each pair with a probability, or a number of edges.', {
    probability: probabilitySchema('Probability that a pair is an edge. This or count.').optional(),
    count: integerSchema('Number of edges. This or probability.', 0).optional(),
    seed: seedSchema,
    connected: connectedSchema,
  }),
  'small-world': shapeSchema('small-world', 'Watts–Strogatz: a ring of neighbourhoods, rewired: n·degree/2 edges.', {
    degree: integerSchema('Neighbours of each node before rewiring; even.', 2),
    rewire: probabilitySchema('Probability that an edge is rewired.'),
    seed: seedSchema,
    connected: connectedSchema,
  }),
  'scale-free': shapeSchema(
    'scale-free',
    'Barabási–Albert: new nodes prefer well-connected ones: attach·(n - attach) edges.',
    {
      attach: integerSchema('Edges that each new node brings.', 1),
      seed: seedSchema,
    },
  ),
} as const;
/** Name of a shape in a file. */
export type ShapeName = keyof typeof SHAPE_SCHEMAS;
/** A shape as a file declares it. */
export type ShapeDeclaration = { [Name in ShapeName]: z.output<(typeof SHAPE_SCHEMAS)[Name]> }[ShapeName];
export const SHAPE_NAMES = Object.keys(SHAPE_SCHEMAS) as ShapeName[];
