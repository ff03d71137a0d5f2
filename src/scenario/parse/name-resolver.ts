import { quote } from '../../topology/document/diagnostic-text.ts';
import type { DocumentPath } from '../../topology/document/document-path.ts';
import type { ParseContext } from '../../topology/document/parse-context.ts';
import type { Topology } from '../../topology/model/topology.ts';
import { parseLinkExpression, parseNameList } from '../../topology/parse/link-expression.ts';
import type { NodeTable } from '../../topology/parse/nodes.ts';
import { lookUpNames, nodePositionsOf } from '../../topology/parse/resolve-names.ts';

/** Links between every node on the left and every one on the right. */
export interface LinkGroup {
  from: string[];
  to: string[];
  twoWay: boolean;
}

/** Stands for every node, where no node or group has this name. */
const ALL_NODES = 'all';

/** Looks up the names in a scenario. What is wrong with them is noted in the reading, and they are left out. */
export class NameResolver {
  readonly nodeNames: readonly string[];
  readonly #reading: ParseContext;
  readonly #topology: Topology;
  readonly #nodeTable: NodeTable;
  readonly #links: ReadonlySet<string>;

  constructor(reading: ParseContext, topology: Topology) {
    const { nodes, links, groups } = topology;
    this.#reading = reading;
    this.#topology = topology;
    this.nodeNames = nodes.map(({ name }) => name);
    const positions = new Map(this.nodeNames.map((name, position) => [name, position]));
    const members = Object.entries(groups).map(
      ([group, names]) => [group, names.map((name) => positions.get(name)!)] as const,
    );
    this.#nodeTable = { nodes, positions, groups: new Map(members), unparsedPrefixes: [] };
    this.#links = new Set(links.map(({ from, to }) => pairKey(from, to)));
  }

  /** Whether a node or a group has this name. */
  isKnown(name: string): boolean {
    return this.#nodeTable.positions.has(name) || this.#nodeTable.groups.has(name);
  }

  /** Whether the topology has a link from the one to the other. */
  hasLink(from: string, to: string): boolean {
    return this.#links.has(pairKey(from, to));
  }

  /** Whether either of the two dials the other. */
  areLinked(one: string, other: string): boolean {
    return this.hasLink(one, other) || this.hasLink(other, one);
  }

  /** Every two nodes with a link between them, once each, in the order of the links. */
  linkedPairs(among: readonly string[]): [string, string][] {
    const wanted = new Set(among);
    const seen = new Set<string>();
    return this.#topology.links.flatMap(({ from, to }) => {
      if (seen.has(pairKey(to, from)) || !wanted.has(from) || !wanted.has(to)) return [];
      seen.add(pairKey(from, to));
      return [[from, to]];
    });
  }

  /** Nodes that a name, names between commas, or a list of them stand for; anything else counts as none. */
  resolveNames(value: unknown, path: DocumentPath): string[] {
    const texts = Array.isArray(value) ? value.map((text, index) => ({ text, path: [...path, index] })) : [];
    if (!Array.isArray(value)) texts.push({ text: value, path: [...path] });
    const found = texts.flatMap(({ text, path }) => (typeof text === 'string' ? this.resolveText(text, 0, path) : []));
    return [...new Set(found)];
  }

  /** The same for a piece of a longer text. @param offset of the piece, in UTF-16 units */
  resolveText(piece: string, offset: number, path: DocumentPath): string[] {
    const { positions, groups } = this.#nodeTable;
    if (piece.trim() === ALL_NODES && !positions.has(ALL_NODES) && !groups.has(ALL_NODES)) return [...this.nodeNames];
    const { names, errors } = parseNameList(piece, offset);
    if (names.length + errors.length === 0) this.#reading.report(path, 'expected a name, got ""');
    for (const { message, span } of errors) this.#reading.report(path, message, { span });
    const found = lookUpNames(
      this.#reading,
      this.#nodeTable,
      names.map((token) => ({ token, path })),
    );
    return nodePositionsOf(found).map((position) => this.nodeNames[position]!);
  }

  /** The one node that a name stands for. */
  resolveNode(value: unknown, path: DocumentPath, offset = 0): string | undefined {
    if (typeof value !== 'string') return undefined;
    const found = this.resolveText(value, offset, path);
    if (found.length > 1) {
      const part = [offset, offset + value.length] as const;
      this.#reading.report(path, `expected one node, got ${quote(value)}, which is ${found.length}`, { span: part });
    }
    return found.length === 1 ? found[0] : undefined;
  }

  /** What `a, b -> c <-> d` joins. @param offset of the piece, in UTF-16 units */
  resolveLinks(piece: string, path: DocumentPath, offset = 0): LinkGroup[] {
    const { sides, arrows, errors } = parseLinkExpression(piece);
    if (arrows.length === 0) {
      const part = [offset, offset + piece.length] as const;
      this.#reading.report(path, `expected a link such as "a <-> b", got ${quote(piece)}`, { span: part });
      return [];
    }
    for (const { message, hint, span: part } of errors)
      this.#reading.report(path, message, { hint, span: [part[0] + offset, part[1] + offset] });
    const named = sides.map((names) => {
      const shifted = names.map(({ text, start, end }) => ({ text, start: start + offset, end: end + offset }));
      const found = lookUpNames(
        this.#reading,
        this.#nodeTable,
        shifted.map((token) => ({ token, path })),
      );
      return nodePositionsOf(found).map((position) => this.nodeNames[position]!);
    });
    return arrows.map((arrow, index) => ({ from: named[index]!, to: named[index + 1]!, twoWay: arrow === '<->' }));
  }
}

function pairKey(from: string, to: string): string {
  return `${from} ${to}`;
}
