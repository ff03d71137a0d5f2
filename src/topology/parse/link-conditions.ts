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

/** What one item of `links` asks of packets that go as its arrows do, or along the edges of its shape, and back. */
export interface ConditionsByDirection {
  forward: ConditionValues | undefined;
  backward: ConditionValues | undefined;
  /** Of the item. */
  itemPath: DocumentPath;
}

/** Undefined when an item asks for nothing, as most do. */
export function conditionsByDirection(
  item: (ParsedLinkConditions & { back?: ParsedLinkConditions | undefined }) | undefined,
  path: DocumentPath,
): ConditionsByDirection | undefined {
  const forth = conditionValuesOf(item, path);
  const back = overrideConditions(forth, conditionValuesOf(item?.back, [...path, 'back']));
  return back && { forward: forth, backward: back, itemPath: path };
}

/** What all links ask of packets from one node to another. No link is more special than another, so they must agree. */
export class LinkConditionTable {
  readonly #reading: ParseContext;
  readonly #nodes: readonly { name: string }[];
  readonly #pairs = new Map<number, ConditionValues>();
  /** What two items ask for together, worked out once: shapes that overlap do so in many pairs. */
  readonly #merged = new Map<ConditionValues, Map<ConditionValues, ConditionValues>>();

  constructor(reading: ParseContext, nodes: readonly { name: string }[]) {
    this.#reading = reading;
    this.#nodes = nodes;
  }

  /** By from × number of nodes + to. */
  get byPair(): ReadonlyMap<number, ConditionValues> {
    return this.#pairs;
  }

  /** Asks for something between two nodes, given by their positions. */
  add(from: number, to: number, { forward: forth, backward: back, itemPath: path }: ConditionsByDirection): void {
    if (forth !== undefined) this.#addOneWay(from, to, forth, path);
    if (back !== undefined) this.#addOneWay(to, from, back, path);
  }

  #addOneWay(from: number, to: number, asked: ConditionValues, item: DocumentPath): void {
    const pair = from * this.#nodes.length + to;
    const before = this.#pairs.get(pair);
    if (before === undefined) this.#pairs.set(pair, asked);
    else if (before !== asked) this.#pairs.set(pair, this.#merge(from, to, before, asked, item));
  }

  #merge(
    from: number,
    to: number,
    before: ConditionValues,
    asked: ConditionValues,
    item: DocumentPath,
  ): ConditionValues {
    const others = this.#merged.get(before) ?? new Map<ConditionValues, ConditionValues>();
    this.#merged.set(before, others);
    let joined = others.get(asked);
    if (joined === undefined) {
      this.#reportConflicts(
        `from ${quote(this.#nodes[from]!.name)} to ${quote(this.#nodes[to]!.name)}`,
        before,
        asked,
        item,
      );
      joined = { ...before, ...asked };
      others.set(asked, joined);
    }
    return joined;
  }

  #reportConflicts(way: string, before: ConditionValues, asked: ConditionValues, item: DocumentPath): void {
    for (const key of LINK_CONDITION_NAMES) {
      const one = before[key];
      const other = asked[key];
      if (one === undefined || other === undefined || one.value === other.value) continue;
      const values = [other, one].map(({ value }) => formatConditionValue(key, value)).join(' and ');
      const isSameItem = item.every((step, index) => one.path[index] === step);
      this.#reading.report(
        other.path,
        `expected one ${key} ${way}, got ${values} (${this.#reading.formatLocation(one.path)})`,
        {
          hint: isSameItem
            ? 'here packets go that way both forth and back: give each direction a link of its own'
            : 'packets run both ways in a link: "back" says how they fare from the right to the left',
        },
      );
    }
  }
}
