import type { z } from 'zod';
import type {
  LinkEndsSchema,
  LinkTextSchema,
  SHAPE_SCHEMAS,
  ShapeName,
  TopologyFileSchema,
} from '../../topology/schema/index.ts';

export type { ShapeName } from '../../topology/schema/index.ts';

/** A shape with its parameters, as `links` of a topology file takes it. */
export type ShapeInput = { [Name in ShapeName]: z.input<(typeof SHAPE_SCHEMAS)[Name]> }[ShapeName];

/** Any text; editors suggest `Known`. */
export type LiteralUnion<Known extends string> = Known | (string & Record<never, never>);

/** Links as text, `'a -> b'`, as a shape, or as an object with conditions. */
export type LinkInput =
  | LiteralUnion<ShapeName>
  | ShapeInput
  | z.input<typeof LinkTextSchema>
  | z.input<typeof LinkEndsSchema>;

/** Content of a topology file as an object; docs/topology.md describes every key. */
export type TopologyInput = Omit<z.input<typeof TopologyFileSchema>, 'nodes' | 'links'> & {
  /** Names, a number of them, or names with settings. */
  nodes: z.input<typeof TopologyFileSchema>['nodes'] | readonly string[];
  /** One kind of links, or a list of them. @default none */
  links?: LinkInput | readonly LinkInput[] | undefined;
};

/** Names of a topology's nodes, as far as its type tells; any name for a file. */
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
