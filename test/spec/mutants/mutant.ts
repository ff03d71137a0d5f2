import type { Framer } from './framer.ts';
import { ReferenceNode } from './reference-node.ts';

/** Node that breaks one rule, and the case that must find it. */
export interface Mutant {
  readonly name: string;
  readonly caught: string;
  readonly Node: new () => ReferenceNode;
  /** Stops when it is caught, so that the results of other cases are random. */
  readonly crashes?: true;
  /** Keeps the thread busy for seconds, or is sensitive to others that do. */
  readonly exclusive?: true;
}

export function mutant(
  caught: string,
  name: string,
  Node: new () => ReferenceNode,
  options: Pick<Mutant, 'crashes' | 'exclusive'> = {},
): Mutant {
  return { name, caught, Node, ...options };
}

/** Creates a node with another framer. */
export function withFramer(Broken: new () => Framer): new () => ReferenceNode {
  return class extends ReferenceNode {
    override framer(): Framer {
      return new Broken();
    }
  };
}

/** Creates a node with another handler, or none, for one type. */
export function withHandler(type: string, wrap: (node: ReferenceNode) => ReturnType<ReferenceNode['handlers']['get']>) {
  return class extends ReferenceNode {
    constructor() {
      super();
      const handler = wrap(this);
      if (handler === undefined) this.handlers.delete(type);
      else this.handlers.set(type, handler);
    }
  };
}
