import { z } from 'zod';
import { MAX_SEED } from '../limits.ts';
import { DEFAULT_SEED } from '../random.ts';
import { bothWays } from './conditions.ts';
import { Names } from './names.ts';

const seed = z
  .int()
  .min(0)
  .max(MAX_SEED)
  .meta({
    expected: `a whole number from 0 to ${MAX_SEED}`,
    description: 'The same seed gives the same graph, on every machine and for ever.',
    default: DEFAULT_SEED,
  })
  .optional();
const connected = z
  .boolean()
  .meta({
    expected: 'true or false',
    description: 'Whether to draw again until every node can reach every other.',
    default: true,
  })
  .optional();
const whole = (description: string, least: number) =>
  z
    .int()
    .min(least)
    .meta({ expected: `a whole number, at least ${least}`, description });
const chance = (description: string) =>
  z.number().min(0).max(1).meta({ expected: 'a number from 0 to 1', description });

function shape<Name extends string, Parameters extends z.ZodRawShape>(
  name: Name,
  description: string,
  parameters: Parameters,
) {
  return z
    .strictObject({
      shape: z.literal(name).meta({ expected: 'a shape', description }),
      over: Names.meta({
        description: 'Nodes or groups that the shape spans, in this order. Default: all.',
      }).optional(),
      directed: z
        .boolean()
        .meta({ expected: 'true or false', description: 'One link per edge instead of two.', default: false })
        .optional(),
      ...parameters,
      ...bothWays,
    })
    .meta({ expected: 'a shape and its parameters', title: name, description });
}

const columns = whole('Nodes in a row. Default: as near to a square as possible.', 1).optional();

/** Every shape by the name that files give it. */
export const Shapes = {
  line: shape('line', 'Each node and the next: n - 1 edges.', {}),
  ring: shape('ring', 'A line whose ends meet: n edges.', {}),
  star: shape('star', 'One hub that meets all others: n - 1 edges.', {
    hub: z.string().meta({ expected: 'the name of a node', description: 'Default: the first node.' }).optional(),
  }),
  mesh: shape('mesh', 'Every node meets every other: n(n - 1)/2 edges.', {}),
  tree: shape('tree', 'A tree filled level by level: n - 1 edges.', {
    branching: whole('Children of each node. Default: 2.', 1).meta({ default: 2 }).optional(),
  }),
  grid: shape('grid', 'Rows and columns: 2n - rows - columns edges.', { columns }),
  torus: shape('torus', 'A grid whose rows and columns close into rings: 2n edges.', { columns }),
  hypercube: shape('hypercube', '2^k nodes with k neighbours each: n·k/2 edges.', {}),
  regular: shape('regular', 'Random, with the same number of neighbours for every node: n·degree/2 edges.', {
    degree: whole('Neighbours of each node.', 1),
    seed,
    connected,
  }),
  random: shape('random', 'Erdős–Rényi: each pair with a probability, or so many edges in all.', {
    probability: chance('Chance of each pair to be an edge. This or count.').optional(),
    count: whole('Number of edges. This or probability.', 0).optional(),
    seed,
    connected,
  }),
  'small-world': shape('small-world', 'Watts–Strogatz: a ring of neighbourhoods, rewired: n·degree/2 edges.', {
    degree: whole('Neighbours of each node before rewiring; even.', 2),
    rewire: chance('Chance of each edge to be rewired.'),
    seed,
    connected,
  }),
  'scale-free': shape(
    'scale-free',
    'Barabási–Albert: newcomers prefer the well connected: attach·(n - attach) edges.',
    {
      attach: whole('Edges that each new node brings.', 1),
      seed,
    },
  ),
} as const;
export type ShapeName = keyof typeof Shapes;
export type ShapeDeclaration = { [Name in ShapeName]: z.output<(typeof Shapes)[Name]> }[ShapeName];
export const SHAPE_NAMES = Object.keys(Shapes) as ShapeName[];
