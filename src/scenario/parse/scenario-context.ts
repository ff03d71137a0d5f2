import { quote, quoteAlternatives } from '../../topology/document/diagnostic-text.ts';
import type { DocumentPath } from '../../topology/document/document-path.ts';
import { ParseContext } from '../../topology/document/parse-context.ts';
import type { SourceDocument } from '../../topology/document/source-document.ts';
import type { Link, Topology } from '../../topology/model/topology.ts';
import { suggestLinksOf } from '../../topology/parse/foreign-arrows.ts';
import { type NameToken, parseLinkExpression, parseNameList } from '../../topology/parse/link-expression.ts';
import type { NodeTable } from '../../topology/parse/nodes.ts';
import { lookUpNames, nodePositionsOf } from '../../topology/parse/resolve-names.ts';

/** Links from every node in `from` to every node in `to`. */
interface LinkGroup {
  from: string[];
  to: string[];
}

/** Stands for every node, unless a node or group has this name. */
export const ALL_NODES = 'all';

/** Collects the diagnostics of one scenario and resolves its names; a name it cannot resolve is reported and left out. */
export class ScenarioContext extends ParseContext {
  readonly nodeNames: readonly string[];
  readonly #topologyLinks: readonly Link[];
  readonly #nodeTable: NodeTable;
  readonly #linkKeys: ReadonlySet<string>;

  constructor(source: SourceDocument, { nodes, links, groups }: Topology) {
    super(source);
    this.nodeNames = nodes.map(({ name }) => name);
    const positions = new Map(this.nodeNames.map((name, position) => [name, position]));
    const members = Object.entries(groups).map(
      ([group, names]) => [group, names.map((name) => positions.get(name)!)] as const,
    );
    this.#nodeTable = { nodes, positions, groups: new Map(members), unparsedPrefixes: [] };
    this.#topologyLinks = links;
    this.#linkKeys = new Set(links.map(({ from, to }) => `${from} ${to}`));
  }

  /** Returns true if a node or a group has this name. */
  isKnown(name: string): boolean {
    return this.#nodeTable.positions.has(name) || this.#nodeTable.groups.has(name);
  }

  /** Returns true if the topology declares this link. */
  hasLink({ from, to }: Link): boolean {
    return this.#linkKeys.has(`${from} ${to}`);
  }

  /** Returns true if either of the two nodes dials the other. */
  areLinked({ from, to }: Link): boolean {
    return this.hasLink({ from, to }) || this.hasLink({ from: to, to: from });
  }

  /** The declared links whose ends are both among these nodes, in declared order. */
  linksAmong(nodes: readonly string[]): Link[] {
    const known = new Set(nodes);
    return this.#topologyLinks.filter(({ from, to }) => known.has(from) && known.has(to));
  }

  /** Resolves a name, names between commas, or a list of either; a value that is no text resolves to no node. */
  resolveNames(value: unknown, path: DocumentPath): string[] {
    const texts = Array.isArray(value)
      ? value.map((text, index) => ({ text, path: [...path, index] }))
      : [{ text: value, path }];
    const nodes = texts.flatMap(({ text, path }) => (typeof text === 'string' ? this.resolveText(text, path) : []));
    return [...new Set(nodes)];
  }

  /**
   * Resolves names between commas.
   * @param offset of the text within the value at `path`, in UTF-16 units
   */
  resolveText(text: string, path: DocumentPath, offset = 0): string[] {
    if (text.trim() === ALL_NODES && !this.isKnown(ALL_NODES)) return [...this.nodeNames];
    const { names, errors } = parseNameList(text, offset);
    if (names.length + errors.length === 0) this.report(path, 'expected a name, got ""');
    for (const { message, span } of errors) this.report(path, message, { span });
    return this.#lookUp(names, path);
  }

  /** Resolves a name that must stand for one node. */
  resolveNode(value: unknown, path: DocumentPath, offset = 0): string | undefined {
    if (typeof value !== 'string') return undefined;
    const nodes = this.resolveText(value, path, offset);
    if (nodes.length > 1) {
      const message = `expected one node, got ${quote(value)}, which stands for ${nodes.length}`;
      this.report(path, message, { span: [offset, offset + value.length] });
    }
    return nodes.length === 1 ? nodes[0] : undefined;
  }

  /** Resolves `a, b -> c <-> d`; a two-way arrow gives two groups. */
  resolveLinks(text: string, path: DocumentPath, offset = 0): LinkGroup[] {
    const { sides, arrows, errors } = parseLinkExpression(text);
    for (const { message, hint, span } of errors)
      this.report(path, message, { hint, span: [span[0] + offset, span[1] + offset] });
    if (arrows.length === 0) {
      if (errors.length > 0) return [];
      const hint = quoteAlternatives(suggestLinksOf(text.trim(), (name) => this.isKnown(name)));
      const span = [offset, offset + text.length] as const;
      this.report(path, `expected a link such as "a <-> b", got ${quote(text)}`, { hint, span });
      return [];
    }
    const nodes = sides.map((names) => {
      const shifted = names.map(({ text, start, end }) => ({ text, start: start + offset, end: end + offset }));
      return this.#lookUp(shifted, path);
    });
    return arrows.flatMap((arrow, index) => {
      const group = { from: nodes[index]!, to: nodes[index + 1]! };
      return arrow === '<->' ? [group, { from: group.to, to: group.from }] : [group];
    });
  }

  #lookUp(names: readonly NameToken[], path: DocumentPath): string[] {
    const placed = names.map((token) => ({ token, path }));
    return nodePositionsOf(lookUpNames(this, this.#nodeTable, placed)).map((position) => this.nodeNames[position]!);
  }
}

/** Every pair of a node in `from` and a node in `to`. */
export function pairsOf({ from, to }: LinkGroup): Link[] {
  return from.flatMap((a) => to.map((b) => ({ from: a, to: b })));
}
