import type { ShapeInput, ShapeName } from './topology-input.ts';

/** What a shape takes beside its nodes: `degree`, `seed`, `directed`, … */
type Parameters<Name extends ShapeName> = Omit<Extract<ShapeInput, { shape: Name }>, 'shape'>;

/** A topology of `count` nodes, n1, n2, n3 …, in one shape. */
export interface Shaped<Name extends ShapeName = ShapeName> {
  nodes: { count: number };
  links: { shape: Name } & Parameters<Name>;
}

/** Parameters can be left out where none of them must be given. */
type Shape<Name extends ShapeName> =
  Record<never, never> extends Parameters<Name>
    ? (count: number, parameters?: Parameters<Name>) => Shaped<Name>
    : (count: number, parameters: Parameters<Name>) => Shaped<Name>;

const shape = <Name extends ShapeName>(name: Name): Shape<Name> =>
  ((count: number, parameters?: Parameters<Name>) => ({
    nodes: { count },
    links: { shape: name, ...parameters },
  })) as Shape<Name>;

/**
 * Topologies of one shape, as a file would declare them: `shapes.ring(8)`. More can be put beside it:
 * `{ ...shapes.ring(8), defaults: { env: { DEVNET_LOG_LEVEL: 'debug' } } }`.
 */
export const shapes = {
  line: shape('line'),
  ring: shape('ring'),
  star: shape('star'),
  mesh: shape('mesh'),
  tree: shape('tree'),
  grid: shape('grid'),
  torus: shape('torus'),
  hypercube: shape('hypercube'),
  regular: shape('regular'),
  random: shape('random'),
  smallWorld: shape('small-world'),
  scaleFree: shape('scale-free'),
};
