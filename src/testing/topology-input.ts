import type { z } from 'zod';
import type {
  LinkEndsSchema,
  LinkTextSchema,
  SHAPE_SCHEMAS,
  ShapeName,
  TopologyFileSchema,
} from '../topology/schema/index.ts';

export type { ShapeName } from '../topology/schema/index.ts';

/** A shape with its parameters, as `links` of a topology file takes it. */
export type ShapeInput = { [Name in ShapeName]: z.input<(typeof SHAPE_SCHEMAS)[Name]> }[ShapeName];

/** Text that may be anything, but of which editors suggest `Known`. */
export type LiteralUnion<Known extends string> = Known | (string & Record<never, never>);

/** `'a -> b'`, a shape, or both ends by name; as an object, with conditions. */
export type LinkInput =
  | LiteralUnion<ShapeName>
  | ShapeInput
  | z.input<typeof LinkTextSchema>
  | z.input<typeof LinkEndsSchema>;

/** A topology file's content as an object: docs/topology.md describes every key. */
export type TopologyInput = Omit<z.input<typeof TopologyFileSchema>, 'nodes' | 'links'> & {
  nodes: z.input<typeof TopologyFileSchema>['nodes'] | readonly string[];
  links?: LinkInput | readonly LinkInput[] | undefined;
};

/** Names of the nodes that a topology declares, as far as the types know them; of a file, any name. */
export type NodeNames<Source> = Source extends { nodes: infer Nodes } ? NamesOfNodes<Nodes> : string;

type NamesOfNodes<Nodes> = Nodes extends readonly (infer Name extends string)[]
  ? Name
  : Nodes extends { count: number }
    ? Nodes extends { prefix: infer Prefix extends string }
      ? `${Prefix}${number}`
      : `n${number}`
    : {
        [Name in keyof Nodes & string]: Nodes[Name] extends { count: number } ? `${Name}${number}` : Name;
      }[keyof Nodes & string];
