import { quote } from '../document/diagnostic-text.ts';
import type { DocumentPath } from '../document/document-path.ts';
import type { ParseContext } from '../document/parse-context.ts';
import {
  type ConditionValues,
  conditionValuesOf,
  formatConditionValue,
  LINK_CONDITION_NAMES,
  overrideConditions,
  type ParsedLinkConditions,
} from './condition-values.ts';

/** Conditions of one item of `links`: along its arrows or the edges of its shape, and in the opposite direction. */
export interface ConditionsByDirection {
  forward: ConditionValues | undefined;
  backward: ConditionValues | undefined;
  /** Path of the item. */
  itemPath: DocumentPath;
}

/** Returns the conditions of an item at `path`; undefined when it has none. */
export function conditionsByDirection(
  item: (ParsedLinkConditions & { back?: ParsedLinkConditions | undefined }) | undefined,
  path: DocumentPath,
): ConditionsByDirection | undefined {
  const forward = conditionValuesOf(item, path);
  const backward = overrideConditions(forward, conditionValuesOf(item?.back, [...path, 'back']));
  return backward && { forward, backward, itemPath: path };
}

/** Conditions that the items of `links` declare between nodes. No item takes precedence over another, so they must agree. */
export class LinkConditionTable {
  readonly #context: ParseContext;
  readonly #nodes: readonly { name: string }[];
  readonly #pairs = new Map<number, ConditionValues>();
  /** Merged conditions of two items, cached: shapes that overlap do so in many pairs. */
  readonly #merged = new Map<ConditionValues, Map<ConditionValues, ConditionValues>>();

  constructor(context: ParseContext, nodes: readonly { name: string }[]) {
    this.#context = context;
    this.#nodes = nodes;
  }

  /** Conditions by from × number of nodes + to. */
  get byPair(): ReadonlyMap<number, ConditionValues> {
    return this.#pairs;
  }

  /** Adds the conditions between two nodes, given by their positions. */
  add(from: number, to: number, { forward, backward, itemPath }: ConditionsByDirection): void {
    if (forward !== undefined) this.#addOneWay(from, to, forward, itemPath);
    if (backward !== undefined) this.#addOneWay(to, from, backward, itemPath);
  }

  #addOneWay(from: number, to: number, values: ConditionValues, itemPath: DocumentPath): void {
    const pair = from * this.#nodes.length + to;
    const before = this.#pairs.get(pair);
    if (before === undefined) this.#pairs.set(pair, values);
    else if (before !== values) this.#pairs.set(pair, this.#merge(from, to, before, values, itemPath));
  }

  #merge(
    from: number,
    to: number,
    before: ConditionValues,
    values: ConditionValues,
    itemPath: DocumentPath,
  ): ConditionValues {
    const others = this.#merged.get(before) ?? new Map<ConditionValues, ConditionValues>();
    this.#merged.set(before, others);
    let merged = others.get(values);
    if (merged === undefined) {
      this.#reportConflicts(
        `from ${quote(this.#nodes[from]!.name)} to ${quote(this.#nodes[to]!.name)}`,
        before,
        values,
        itemPath,
      );
      merged = { ...before, ...values };
      others.set(values, merged);
    }
    return merged;
  }

  #reportConflicts(direction: string, before: ConditionValues, after: ConditionValues, itemPath: DocumentPath): void {
    for (const key of LINK_CONDITION_NAMES) {
      const one = before[key];
      const other = after[key];
      if (one === undefined || other === undefined || one.value === other.value) continue;
      const values = [other, one].map(({ value }) => formatConditionValue(key, value)).join(' and ');
      const isSameItem = itemPath.every((step, index) => one.path[index] === step);
      this.#context.report(
        other.path,
        `expected one ${key} ${direction}, got ${values} (${this.#context.formatLocation(one.path)})`,
        {
          hint: isSameItem
            ? 'this item covers that direction twice: give each direction a link of its own'
            : 'packets run both ways over a link: "back" has the conditions from the right to the left',
        },
      );
    }
  }
}
