import { parseExpression, parseNames } from '../topology/expression.ts';
import { findNames, membersOf } from '../topology/names.ts';
import type { Roster } from '../topology/nodes.ts';
import type { Path } from '../topology/path.ts';
import type { Reading } from '../topology/reading.ts';
import type { Topology } from '../topology/topology.ts';
import { quote } from '../topology/wording.ts';

/** Links between every node on the left and every one on the right. */
export interface Join {
  from: string[];
  to: string[];
  both: boolean;
}

/** Stands for every node, where no node or group has this name. */
const ALL = 'all';

/** Looks up the names in a scenario. What is wrong with them is noted in the reading, and they are left out. */
export class Roll {
  readonly nodes: readonly string[];
  readonly #reading: Reading;
  readonly #topology: Topology;
  readonly #roster: Roster;
  readonly #links: ReadonlySet<string>;

  constructor(reading: Reading, topology: Topology) {
    const { nodes, links, groups } = topology;
    this.#reading = reading;
    this.#topology = topology;
    this.nodes = nodes.map(({ name }) => name);
    const positions = new Map(this.nodes.map((name, position) => [name, position]));
    const members = Object.entries(groups).map(
      ([group, names]) => [group, names.map((name) => positions.get(name)!)] as const,
    );
    this.#roster = { nodes, positions, groups: new Map(members), unread: [] };
    this.#links = new Set(links.map(({ from, to }) => pair(from, to)));
  }

  /** Whether a node or a group has this name. */
  knows(name: string): boolean {
    return this.#roster.positions.has(name) || this.#roster.groups.has(name);
  }

  /** Whether the topology has a link from the one to the other. */
  dials(from: string, to: string): boolean {
    return this.#links.has(pair(from, to));
  }

  /** Whether either of the two dials the other. */
  linked(one: string, other: string): boolean {
    return this.dials(one, other) || this.dials(other, one);
  }

  /** Every two nodes with a link between them, once each, in the order of the links. */
  pairs(among: readonly string[]): [string, string][] {
    const wanted = new Set(among);
    const seen = new Set<string>();
    return this.#topology.links.flatMap(({ from, to }) => {
      if (seen.has(pair(to, from)) || !wanted.has(from) || !wanted.has(to)) return [];
      seen.add(pair(from, to));
      return [[from, to]];
    });
  }

  /** Nodes that a name, names between commas, or a list of them stand for; anything else counts as none. */
  names(value: unknown, path: Path): string[] {
    const texts = Array.isArray(value) ? value.map((text, index) => ({ text, path: [...path, index] })) : [];
    if (!Array.isArray(value)) texts.push({ text: value, path: [...path] });
    const found = texts.flatMap(({ text, path }) => (typeof text === 'string' ? this.inText(text, 0, path) : []));
    return [...new Set(found)];
  }

  /** The same for a piece of a longer text. @param offset of the piece, in UTF-16 units */
  inText(piece: string, offset: number, path: Path): string[] {
    const { positions, groups } = this.#roster;
    if (piece.trim() === ALL && !positions.has(ALL) && !groups.has(ALL)) return [...this.nodes];
    const { words, mistakes } = parseNames(piece, offset);
    if (words.length + mistakes.length === 0) this.#reading.mistake(path, 'expected a name, got ""');
    for (const { message, part } of mistakes) this.#reading.mistake(path, message, { part });
    const named = findNames(
      this.#reading,
      this.#roster,
      words.map((word) => ({ word, path })),
    );
    return membersOf(named).map((position) => this.nodes[position]!);
  }

  /** The one node that a name stands for. */
  node(value: unknown, path: Path, offset = 0): string | undefined {
    if (typeof value !== 'string') return undefined;
    const found = this.inText(value, offset, path);
    if (found.length > 1) {
      const part = [offset, offset + value.length] as const;
      this.#reading.mistake(path, `expected one node, got ${quote(value)}, which is ${found.length}`, { part });
    }
    return found.length === 1 ? found[0] : undefined;
  }

  /** What `a, b -> c <-> d` joins. @param offset of the piece, in UTF-16 units */
  joins(piece: string, path: Path, offset = 0): Join[] {
    const { ends, arrows, mistakes } = parseExpression(piece);
    if (arrows.length === 0) {
      const part = [offset, offset + piece.length] as const;
      this.#reading.mistake(path, `expected a link such as "a <-> b", got ${quote(piece)}`, { part });
      return [];
    }
    for (const { message, hint, part } of mistakes)
      this.#reading.mistake(path, message, { hint, part: [part[0] + offset, part[1] + offset] });
    const named = ends.map((words) => {
      const shifted = words.map(({ text, from, to }) => ({ text, from: from + offset, to: to + offset }));
      const found = findNames(
        this.#reading,
        this.#roster,
        shifted.map((word) => ({ word, path })),
      );
      return membersOf(found).map((position) => this.nodes[position]!);
    });
    return arrows.map((arrow, index) => ({ from: named[index]!, to: named[index + 1]!, both: arrow === '<->' }));
  }
}

function pair(from: string, to: string): string {
  return `${from} ${to}`;
}
