import { type Asked, overlay } from './asked.ts';
import { membersOf, type Named } from './names.ts';

/**
 * What is asked between sets of nodes. Nodes that are on the same sides fare the same, so an answer is worked out once for
 * each two kinds of nodes, and a matrix of many groups over many links costs no more than its groups and its links.
 */
export class Between {
  /** What holds where no set says otherwise. */
  readonly #default: Asked | undefined;
  /** Ids of the sides of rules, by the names that they are made of. */
  readonly #sides = new Map<string, number>();
  /** The sides that each node is on, by its position. */
  readonly #sidesOf: number[][];
  /** What is asked from one side to another, and when it was said: `from,to`. */
  readonly #rules = new Map<string, { order: number; asked: Asked }[]>();
  #order = 0;
  /** The kind of each node, once it is known. */
  #kinds: number[] | undefined;
  readonly #answers = new Map<number, Asked | undefined>();

  constructor(nodes: number, byDefault: Asked | undefined) {
    this.#sidesOf = Array.from({ length: nodes }, () => []);
    this.#default = byDefault;
  }

  /** Whether anything is asked of any link. */
  get isEmpty(): boolean {
    return this.#default === undefined && this.#rules.size === 0;
  }

  /** Asks something of packets from one set of nodes to another; where it was asked before, the later one holds. */
  add(from: readonly Named[], to: readonly Named[], asked: Asked): void {
    const key = `${this.#side(from)},${this.#side(to)}`;
    const rules = this.#rules.get(key) ?? [];
    rules.push({ order: this.#order++, asked });
    this.#rules.set(key, rules);
    this.#kinds = undefined;
    this.#answers.clear();
  }

  /** What is asked of packets from one node to another, by their positions. */
  of(from: number, to: number): Asked | undefined {
    this.#kinds ??= this.#sort();
    const key = this.#kinds[from]! * this.#kinds.length + this.#kinds[to]!;
    if (!this.#answers.has(key)) this.#answers.set(key, this.#answer(from, to));
    return this.#answers.get(key);
  }

  #answer(from: number, to: number): Asked | undefined {
    return this.#sidesOf[from]!.flatMap((one) => {
      return this.#sidesOf[to]!.flatMap((other) => this.#rules.get(`${one},${other}`) ?? []);
    })
      .sort((one, other) => one.order - other.order)
      .reduce((general: Asked | undefined, { asked }) => overlay(general, asked), this.#default);
  }

  #side(named: readonly Named[]): number {
    const name = named.map(({ text }) => text).join(' ');
    let side = this.#sides.get(name);
    if (side === undefined) {
      side = this.#sides.size;
      this.#sides.set(name, side);
      for (const member of membersOf(named)) this.#sidesOf[member]!.push(side);
    }
    return side;
  }

  #sort(): number[] {
    const kinds = new Map<string, number>();
    return this.#sidesOf.map((sides) => {
      const name = sides.join(' ');
      const kind = kinds.get(name) ?? kinds.size;
      kinds.set(name, kind);
      return kind;
    });
  }
}
