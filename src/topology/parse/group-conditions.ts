import { type ConditionValues, overrideConditions } from './condition-values.ts';
import { nodePositionsOf, type ResolvedName } from './resolve-names.ts';

/**
 * Conditions between sets of nodes. Nodes that are on the same sides of all rules form a class, and conditions are resolved
 * once for each two classes: a matrix of many groups over many links costs no more than its groups and its links.
 */
export class GroupConditionTable {
  /** Conditions where no rule applies. */
  readonly #default: ConditionValues | undefined;
  /** Ids of the sides of rules, by the names in them. */
  readonly #sides = new Map<string, number>();
  /** Ids of the sides that each node is on, by its position. */
  readonly #sidesOf: number[][];
  /** Rules by `from,to`, the ids of their sides; `order` is their place in the file. */
  readonly #rules = new Map<string, { order: number; values: ConditionValues }[]>();
  #order = 0;
  /** Class of each node, by its position; computed when first needed. */
  #classes: number[] | undefined;
  readonly #resolved = new Map<number, ConditionValues | undefined>();

  constructor(nodes: number, byDefault: ConditionValues | undefined) {
    this.#sidesOf = Array.from({ length: nodes }, () => []);
    this.#default = byDefault;
  }

  /** True when no link has conditions from here. */
  get isEmpty(): boolean {
    return this.#default === undefined && this.#rules.size === 0;
  }

  /** Adds a rule for packets from one set of nodes to another. Later rules win, key by key. */
  add(from: readonly ResolvedName[], to: readonly ResolvedName[], values: ConditionValues): void {
    const key = `${this.#sideId(from)},${this.#sideId(to)}`;
    const rules = this.#rules.get(key) ?? [];
    rules.push({ order: this.#order++, values });
    this.#rules.set(key, rules);
    this.#classes = undefined;
    this.#resolved.clear();
  }

  /** Returns the conditions of packets from one node to another, by their positions. */
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
      .reduce((general: ConditionValues | undefined, { values }) => overrideConditions(general, values), this.#default);
  }

  #sideId(names: readonly ResolvedName[]): number {
    const name = names.map(({ text }) => text).join(' ');
    let side = this.#sides.get(name);
    if (side === undefined) {
      side = this.#sides.size;
      this.#sides.set(name, side);
      for (const member of nodePositionsOf(names)) this.#sidesOf[member]!.push(side);
    }
    return side;
  }

  #classifyNodes(): number[] {
    const classes = new Map<string, number>();
    return this.#sidesOf.map((sides) => {
      const name = sides.join(' ');
      const id = classes.get(name) ?? classes.size;
      classes.set(name, id);
      return id;
    });
  }
}
