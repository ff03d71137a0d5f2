import type { z } from 'zod';
import type { LinkEnds, LinkText, ShapeName, Shapes, TopologyFile } from '../topology/schema/index.ts';

export type { ShapeName } from '../topology/schema/index.ts';

/** A shape with its parameters, as `links` of a topology file takes it. */
export type ShapeInput = { [Name in ShapeName]: z.input<(typeof Shapes)[Name]> }[ShapeName];

/** Text that may be anything, but of which editors suggest `Known`. */
export type Suggested<Known extends string> = Known | (string & Record<never, never>);

/** `'a -> b'`, a shape, or both ends by name; as an object, with conditions. */
export type LinkInput = Suggested<ShapeName> | ShapeInput | z.input<typeof LinkText> | z.input<typeof LinkEnds>;

/** A topology file's content as an object: docs/topology.md describes every key. */
export type TopologyInput = Omit<z.input<typeof TopologyFile>, 'nodes' | 'links'> & {
  nodes: z.input<typeof TopologyFile>['nodes'] | readonly string[];
  links?: LinkInput | readonly LinkInput[] | undefined;
};

/** Names of the nodes that a topology declares, as far as the types know them; of a file, any name. */
export type NamesIn<Source> = Source extends { nodes: infer Nodes } ? NamesOf<Nodes> : string;

type NamesOf<Nodes> = Nodes extends readonly (infer Name extends string)[]
  ? Name
  : Nodes extends { count: number }
    ? Nodes extends { prefix: infer Prefix extends string }
      ? `${Prefix}${number}`
      : `n${number}`
    : {
        [Name in keyof Nodes & string]: Nodes[Name] extends { count: number } ? `${Name}${number}` : Name;
      }[keyof Nodes & string];
