import { type ConditionValues, overrideConditions } from './condition-values.ts';
import { nodePositionsOf, type ResolvedName } from './resolve-names.ts';

/**
 * What is asked between sets of nodes. Nodes that are on the same sides fare the same, so an answer is worked out once for
 * each two kinds of nodes, and a matrix of many groups over many links costs no more than its groups and its links.
 */
export class GroupConditionTable {
  /** What holds where no set says otherwise. */
  readonly #default: ConditionValues | undefined;
  /** Ids of the sides of rules, by the names that they are made of. */
  readonly #sides = new Map<string, number>();
  /** The sides that each node is on, by its position. */
  readonly #sidesOf: number[][];
  /** What is asked from one side to another, and when it was said: `from,to`. */
  readonly #rules = new Map<string, { order: number; asked: ConditionValues }[]>();
  #order = 0;
  /** The kind of each node, once it is known. */
  #classes: number[] | undefined;
  readonly #resolved = new Map<number, ConditionValues | undefined>();

  constructor(nodes: number, byDefault: ConditionValues | undefined) {
    this.#sidesOf = Array.from({ length: nodes }, () => []);
    this.#default = byDefault;
  }

  /** Whether anything is asked of any link. */
  get isEmpty(): boolean {
    return this.#default === undefined && this.#rules.size === 0;
  }

  /** Asks something of packets from one set of nodes to another; where it was asked before, the later one holds. */
  add(from: readonly ResolvedName[], to: readonly ResolvedName[], asked: ConditionValues): void {
    const key = `${this.#sideId(from)},${this.#sideId(to)}`;
    const rules = this.#rules.get(key) ?? [];
    rules.push({ order: this.#order++, asked });
    this.#rules.set(key, rules);
    this.#classes = undefined;
    this.#resolved.clear();
  }

  /** What is asked of packets from one node to another, by their positions. */
  get(from: number, to: number): ConditionValues | undefined {
    this.#classes ??= this.#classifyNodes();
    const key = this.#classes[from]! * this.#classes.length + this.#classes[to]!;
    if (!this.#resolved.has(key)) this.#resolved.set(key, this.#resolve(from, to));
    return this.#resolved.get(key);
  }

  #resolve(from: number, to: number): ConditionValues | undefined {
    return this.#sidesOf[from]!.flatMap((one) => {
      return this.#sidesOf[to]!.flatMap((other) => this.#rules.get(`${one},${other}`) ?? []);
    })
      .sort((one, other) => one.order - other.order)
      .reduce((general: ConditionValues | undefined, { asked }) => overrideConditions(general, asked), this.#default);
  }

  #sideId(named: readonly ResolvedName[]): number {
    const name = named.map(({ text }) => text).join(' ');
    let side = this.#sides.get(name);
    if (side === undefined) {
      side = this.#sides.size;
      this.#sides.set(name, side);
      for (const member of nodePositionsOf(named)) this.#sidesOf[member]!.push(side);
    }
    return side;
  }

  #classifyNodes(): number[] {
    const kinds = new Map<string, number>();
    return this.#sidesOf.map((sides) => {
      const name = sides.join(' ');
      const kind = kinds.get(name) ?? kinds.size;
      kinds.set(name, kind);
      return kind;
    });
  }
}
