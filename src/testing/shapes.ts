import type { ShapeInput, ShapeName } from './input/topology-input.ts';

/** Parameters of a shape: `degree`, `seed`, `directed`, … */
type ShapeParameters<Name extends ShapeName> = Omit<Extract<ShapeInput, { shape: Name }>, 'shape'>;

/** A topology of `count` nodes, n1, n2, n3 …, in one shape. */
export interface ShapedTopology<Name extends ShapeName = ShapeName> {
  /** Number of nodes. */
  nodes: { count: number };
  /** The shape and its parameters, as a topology file has them. */
  links: { shape: Name } & ShapeParameters<Name>;
}

/** The parameters are optional unless the shape requires one. */
type ShapeFunction<Name extends ShapeName> =
  Record<never, never> extends ShapeParameters<Name>
    ? (count: number, parameters?: ShapeParameters<Name>) => ShapedTopology<Name>
    : (count: number, parameters: ShapeParameters<Name>) => ShapedTopology<Name>;

const defineShape = <Name extends ShapeName>(name: Name): ShapeFunction<Name> =>
  ((count: number, parameters?: ShapeParameters<Name>) => ({
    nodes: { count },
    links: { shape: name, ...parameters },
  })) as ShapeFunction<Name>;

/**
 * Topologies of one shape, as a topology file declares them: `shapes.ring(8)`. More keys can be added:
 * `{ ...shapes.ring(8), defaults: { env: { DEVNET_LOG_LEVEL: 'debug' } } }`.
 */
export const shapes = {
  line: defineShape('line'),
  ring: defineShape('ring'),
  star: defineShape('star'),
  mesh: defineShape('mesh'),
  tree: defineShape('tree'),
  grid: defineShape('grid'),
  torus: defineShape('torus'),
  hypercube: defineShape('hypercube'),
  regular: defineShape('regular'),
  random: defineShape('random'),
  smallWorld: defineShape('small-world'),
  scaleFree: defineShape('scale-free'),
};
