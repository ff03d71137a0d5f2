import { type Asked, askedIn, formatAsked, overlay, QUALITY_KEYS, type QualityMap } from './asked.ts';
import type { Path } from './path.ts';
import type { Reading } from './reading.ts';
import { quote } from './wording.ts';

/** What one item of `links` asks of packets that go as its arrows do, or along the edges of its shape, and back. */
export interface Ways {
  forth: Asked | undefined;
  back: Asked | undefined;
  /** Of the item. */
  path: Path;
}

/** Undefined when an item asks for nothing, as most do. */
export function waysOf(
  item: (QualityMap & { back?: QualityMap | undefined }) | undefined,
  path: Path,
): Ways | undefined {
  const forth = askedIn(item, path);
  const back = overlay(forth, askedIn(item?.back, [...path, 'back']));
  return back && { forth, back, path };
}

/** What all links ask of packets from one node to another. No link is more special than another, so they must agree. */
export class LinkAsks {
  readonly #reading: Reading;
  readonly #nodes: readonly { name: string }[];
  readonly #pairs = new Map<number, Asked>();
  /** What two items ask for together, worked out once: shapes that overlap do so in many pairs. */
  readonly #joined = new Map<Asked, Map<Asked, Asked>>();

  constructor(reading: Reading, nodes: readonly { name: string }[]) {
    this.#reading = reading;
    this.#nodes = nodes;
  }

  /** By from × number of nodes + to. */
  get pairs(): ReadonlyMap<number, Asked> {
    return this.#pairs;
  }

  /** Asks for something between two nodes, given by their positions. */
  add(from: number, to: number, { forth, back, path }: Ways): void {
    if (forth !== undefined) this.#ask(from, to, forth, path);
    if (back !== undefined) this.#ask(to, from, back, path);
  }

  #ask(from: number, to: number, asked: Asked, item: Path): void {
    const pair = from * this.#nodes.length + to;
    const before = this.#pairs.get(pair);
    if (before === undefined) this.#pairs.set(pair, asked);
    else if (before !== asked) this.#pairs.set(pair, this.#join(from, to, before, asked, item));
  }

  #join(from: number, to: number, before: Asked, asked: Asked, item: Path): Asked {
    const others = this.#joined.get(before) ?? new Map<Asked, Asked>();
    this.#joined.set(before, others);
    let joined = others.get(asked);
    if (joined === undefined) {
      this.#compare(`from ${quote(this.#nodes[from]!.name)} to ${quote(this.#nodes[to]!.name)}`, before, asked, item);
      joined = { ...before, ...asked };
      others.set(asked, joined);
    }
    return joined;
  }

  #compare(way: string, before: Asked, asked: Asked, item: Path): void {
    for (const key of QUALITY_KEYS) {
      const one = before[key];
      const other = asked[key];
      if (one === undefined || other === undefined || one.value === other.value) continue;
      const values = [other, one].map(({ value }) => formatAsked(key, value)).join(' and ');
      const isSameItem = item.every((step, index) => one.path[index] === step);
      this.#reading.mistake(
        other.path,
        `expected one ${key} ${way}, got ${values} (${this.#reading.where(one.path)})`,
        {
          hint: isSameItem
            ? 'here packets go that way both forth and back: give each direction a link of its own'
            : 'packets run both ways in a link: "back" says how they fare from the right to the left',
        },
      );
    }
  }
}
