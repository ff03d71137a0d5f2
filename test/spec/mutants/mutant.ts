import type { Framer } from './framer.ts';
import { ReferenceNode } from './reference-node.ts';

/** A node that is broken in one way, and the case that is there to find it. */
export interface Mutant {
  readonly name: string;
  readonly caught: string;
  readonly Node: new () => ReferenceNode;
  /** Nothing is left of it once it was caught, so that cases beside that one would be a matter of chance. */
  readonly dies?: true;
  /** It is busy for seconds, or suffers when others are. */
  readonly blocks?: true;
}

export function mutant(
  caught: string,
  name: string,
  Node: new () => ReferenceNode,
  manner: Pick<Mutant, 'dies' | 'blocks'> = {},
): Mutant {
  return { name, caught, Node, ...manner };
}

/** A node that differs in how it cuts the stream. */
export function framed(Broken: new () => Framer): new () => ReferenceNode {
  return class extends ReferenceNode {
    override framer(): Framer {
      return new Broken();
    }
  };
}

/** A node that differs in one of its handlers. */
export function handling(type: string, wrap: (node: ReferenceNode) => ReturnType<ReferenceNode['handlers']['get']>) {
  return class extends ReferenceNode {
    constructor() {
      super();
      const handler = wrap(this);
      if (handler === undefined) this.handlers.delete(type);
      else this.handlers.set(type, handler);
    }
  };
}
