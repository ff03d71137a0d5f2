import { describeValue, isMap, quote, quoteAlternatives } from '../document/diagnostic-text.ts';
import { didYouMean } from '../document/did-you-mean.ts';
import type { DocumentPath } from '../document/document-path.ts';
import type { ParseContext } from '../document/parse-context.ts';
import { MAX_LINKS } from '../model/limits.ts';
import type { Link } from '../model/topology.ts';
import {
  LINK_EXPRESSION_PATTERN,
  LinkEndsSchema,
  LinkTextSchema,
  SHAPE_NAMES,
  SHAPE_SCHEMAS,
  type ShapeDeclaration,
  type ShapeName,
} from '../schema/index.ts';
import { type Edge, ImpossibleShapeError } from '../shapes/edge.ts';
import * as shapes from '../shapes/generators.ts';
import type { ConditionValues } from './condition-values.ts';
import { findForeignArrow, suggestLinksOf } from './foreign-arrows.ts';
import { type ConditionsByDirection, conditionsByDirection, LinkConditionTable } from './link-conditions.ts';
import { parseLinkExpression } from './link-expression.ts';
import type { NodeTable } from './nodes.ts';
import { lookUpNames, nodePositionsOf, type ResolvedName, reportUnknownName, resolveNames } from './resolve-names.ts';

const EXPECTED_LINK = 'a link such as "a -> b"';
const EXPECTED_LINKS = `a shape, or ${EXPECTED_LINK}`;

/** Parsed links and their conditions. A pair of nodes is from × number of nodes + to. */
export interface ParsedLinks {
  links: Link[];
  /** The links as pairs. */
  linkedPairs: ReadonlySet<number>;
  /** Conditions that links declare, by pair. */
  conditions: ReadonlyMap<number, ConditionValues>;
}

/**
 * Parses `links`: one item or a list of them, each a link expression, a shape's name, a shape, `{ from, to }` or `{ link }`.
 *
 * @param nodeTable undefined when the nodes could not be parsed: then only the form of the links is checked
 */
export function parseLinks(context: ParseContext, value: unknown, nodeTable: NodeTable | undefined): ParsedLinks {
  const links = new LinkParser(context, nodeTable);
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) links.parseItem(item, ['links', index]);
  } else if (value !== undefined) {
    links.parseItem(value, ['links']);
  }
  return links.result();
}

class LinkParser {
  readonly #context: ParseContext;
  readonly #nodeTable: NodeTable | undefined;
  /** Links as from × number of nodes + to, in declared order. */
  readonly #links = new Set<number>();
  readonly #conditions: LinkConditionTable;

  constructor(context: ParseContext, nodeTable: NodeTable | undefined) {
    this.#context = context;
    this.#nodeTable = nodeTable;
    this.#conditions = new LinkConditionTable(context, nodeTable?.nodes ?? []);
  }

  parseItem(item: unknown, path: DocumentPath): void {
    if (typeof item === 'string' && this.#isExpression(item)) this.#parseExpression(item, path);
    else if (typeof item === 'string') this.#parseShape(item, {}, path);
    else if (isMap(item) && Object.hasOwn(item, 'shape')) this.#parseShape(item.shape, item, path);
    else if (isMap(item) && Object.hasOwn(item, 'link')) this.#parseLinkText(item, path);
    else if (isMap(item)) this.#parseLinkEnds(item, path);
    else {
      const hint = quoteAlternatives(this.#suggestLinksBetween(item));
      this.#context.report(path, `expected ${EXPECTED_LINKS}, got ${describeValue(item)}`, { hint });
    }
  }

  /** True unless the text is one word, such as the name of a shape or of a node. */
  #isExpression(text: string): boolean {
    if (LINK_EXPRESSION_PATTERN.test(text.trim())) return true;
    return findForeignArrow(text) !== undefined && !this.#isKnown(text.trim());
  }

  #isKnown(name: string): boolean {
    return (this.#nodeTable?.positions.has(name) || this.#nodeTable?.groups.has(name)) ?? false;
  }

  /** Suggests links for `[a, b]` and `{ a: b }`. */
  #suggestLinksBetween(item: unknown): string[] {
    const ends = Array.isArray(item) ? item : isMap(item) ? Object.entries(item).flat() : [];
    const [from, to, ...others] = ends;
    if (typeof from !== 'string' || typeof to !== 'string' || others.length > 0) return [];
    return this.#isKnown(from) && this.#isKnown(to) ? [`${from} -> ${to}`, `${from} <-> ${to}`] : [];
  }

  result(): ParsedLinks {
    const nodes = this.#nodeTable?.nodes ?? [];
    const links = [...this.#links].map((link) => ({
      from: nodes[Math.floor(link / nodes.length)]!.name,
      to: nodes[link % nodes.length]!.name,
    }));
    return { links, linkedPairs: this.#links, conditions: this.#conditions.byPair };
  }

  #parseExpression(
    text: string,
    path: DocumentPath,
    conditions?: ConditionsByDirection,
    expected = EXPECTED_LINKS,
  ): void {
    const { sides, arrows, errors } = parseLinkExpression(text);
    for (const { message, hint, span } of errors) this.#context.report(path, message, { hint, span });
    if (arrows.length === 0) {
      const hint = 'put an arrow between two names: a -> b';
      if (errors.length === 0) this.#context.report(path, `expected ${expected}, got ${quote(text)}`, { hint });
      return;
    }
    const resolved = sides.map((names) =>
      lookUpNames(
        this.#context,
        this.#nodeTable,
        names.map((token) => ({ token, path })),
      ),
    );
    for (const [index, arrow] of arrows.entries()) {
      this.#linkAll(resolved[index]!, resolved[index + 1]!, arrow === '<->', path, conditions);
    }
  }

  #parseLinkText(item: Record<string, unknown>, path: DocumentPath): void {
    const text = this.#context.validate(LinkTextSchema, item, path);
    // The names are resolved even when another key is wrong, to report all mistakes at once.
    if (typeof item.link !== 'string') return;
    const at = [...path, 'link'];
    if (Object.hasOwn(SHAPE_SCHEMAS, item.link.trim())) {
      const hint = `a shape is { shape: ${item.link.trim()}, … }`;
      this.#context.report(at, `expected ${EXPECTED_LINK}, got ${quote(item.link)}`, { hint });
    } else this.#parseExpression(item.link, at, conditionsByDirection(text, path), EXPECTED_LINK);
  }

  #parseLinkEnds(item: Record<string, unknown>, path: DocumentPath): void {
    if (!Object.hasOwn(item, 'from') && !Object.hasOwn(item, 'to')) {
      const [first] = this.#context.keysInOrder(item, path);
      const hint =
        quoteAlternatives(this.#suggestLinksBetween(item)) ??
        (first === undefined ? undefined : didYouMean(first, ['link', 'shape', 'from', 'to'], 'known keys'));
      this.#context.report(path, 'expected "link", "shape", or "from" and "to"', { hint });
      return;
    }
    const ends = this.#context.validate(LinkEndsSchema, item, path);
    // The names are resolved even when another key is wrong, to report all mistakes at once.
    const from = resolveNames(this.#context, this.#nodeTable, item.from, [...path, 'from']);
    const to = resolveNames(this.#context, this.#nodeTable, item.to, [...path, 'to']);
    if (ends !== undefined) this.#linkAll(from, to, ends.both ?? false, path, conditionsByDirection(ends, path));
  }

  #parseShape(name: unknown, item: Record<string, unknown>, path: DocumentPath): void {
    // A missing parameter is reported at the shape's name, which may be all there is.
    const at = (key: string): DocumentPath => {
      const written = [key, 'shape'].find((one) => Object.hasOwn(item, one));
      return written === undefined ? path : [...path, written];
    };
    if (typeof name !== 'string' || !Object.hasOwn(SHAPE_SCHEMAS, name)) {
      const known =
        typeof name === 'string' ? didYouMean(name, SHAPE_NAMES, 'shapes') : `shapes: ${SHAPE_NAMES.join(', ')}`;
      const isNode = typeof name === 'string' && this.#isKnown(name);
      const links = typeof name === 'string' && !isNode ? suggestLinksOf(name, (one) => this.#isKnown(one)) : [];
      const hint = isNode ? `a link needs two ends: ${name} -> …` : (quoteAlternatives(links) ?? known);
      const message =
        links.length > 0
          ? `expected ${EXPECTED_LINKS}, got ${quote(String(name))}`
          : typeof name === 'string'
            ? `unknown shape ${quote(name)}`
            : `expected a shape, got ${this.#context.describe(at('shape'), name)}`;
      this.#context.report(at('shape'), message, { hint });
      return;
    }
    const before = this.#context.diagnosticCount;
    const declaration = this.#context.validate<(typeof SHAPE_SCHEMAS)[ShapeName]>(
      SHAPE_SCHEMAS[name as ShapeName],
      { ...item, shape: name },
      path,
    );
    const everyone = this.#nodeTable?.nodes.map((_, position) => position) ?? [];
    const members =
      item.over === undefined
        ? everyone
        : nodePositionsOf(resolveNames(this.#context, this.#nodeTable, item.over, at('over')));
    const hub = typeof item.hub === 'string' ? this.#resolveHub(item.hub, members, at('hub')) : 0;
    // Over the wrong nodes, the shape would only add false errors.
    const isComplete = this.#context.diagnosticCount === before && this.#nodeTable?.unparsedPrefixes.length === 0;
    if (declaration === undefined || hub === undefined || !isComplete) return;
    try {
      this.#addShape(
        generateShape(declaration as ShapeDeclaration, members.length, hub),
        members,
        declaration.directed,
        path,
        conditionsByDirection(declaration, path),
      );
    } catch (error) {
      if (!(error instanceof ImpossibleShapeError)) throw error;
      this.#context.report(at(error.parameter), error.message, { hint: error.hint });
    }
  }

  #addShape(
    edges: Edge[],
    members: number[],
    directed: boolean | undefined,
    path: DocumentPath,
    conditions: ConditionsByDirection | undefined,
  ): void {
    for (const [a, b] of edges) {
      const from = members[a]!;
      const to = members[b]!;
      if (!this.#addLink(from, to, path) || (!directed && !this.#addLink(to, from, path))) return;
      if (conditions !== undefined) this.#conditions.add(from, to, conditions);
    }
  }

  #resolveHub(name: string, members: number[], path: DocumentPath): number | undefined {
    if (this.#nodeTable === undefined) return undefined;
    const position = this.#nodeTable.positions.get(name);
    const hub = position === undefined ? -1 : members.indexOf(position);
    if (hub >= 0) return hub;
    const names = members.map((member) => this.#nodeTable!.nodes[member]!.name);
    if (position === undefined) reportUnknownName(this.#context, this.#nodeTable, name, names, path, [0, name.length]);
    else this.#context.report(path, `the hub ${quote(name)} is not among the nodes of the shape`);
    return undefined;
  }

  #linkAll(
    left: ResolvedName[],
    right: ResolvedName[],
    both: boolean,
    path: DocumentPath,
    conditions: ConditionsByDirection | undefined,
  ): void {
    for (const from of left) {
      for (const to of right) {
        if (from.text === to.text && !from.isGroup) {
          this.#context.report(to.path, `${quote(to.text)} cannot dial itself`, { span: to.span });
          continue;
        }
        if (!this.#checkMaxLinks(from.positions.length * to.positions.length, path)) return;
        for (const a of from.positions) {
          for (const b of to.positions) {
            if (a === b) continue;
            if (!this.#addLink(a, b, path) || (both && !this.#addLink(b, a, path))) return;
            if (conditions !== undefined) this.#conditions.add(a, b, conditions);
          }
        }
      }
    }
  }

  #addLink(from: number, to: number, path: DocumentPath): boolean {
    this.#links.add(from * this.#nodeTable!.nodes.length + to);
    return this.#checkMaxLinks(this.#links.size, path);
  }

  #checkMaxLinks(links: number, path: DocumentPath): boolean {
    if (links <= MAX_LINKS) return true;
    this.#context.report(path, `expected at most ${MAX_LINKS.toLocaleString('en-US')} links in a file, got more`);
    return false;
  }
}

type ShapeParameters<Name> = Omit<Extract<ShapeDeclaration, { shape: Name }>, 'hub'> & { hub: number };

/** Generators by the names of shapes in files. */
const GENERATORS: { [Name in ShapeName]: (nodes: number, parameters: ShapeParameters<Name>) => Edge[] } = {
  ...shapes,
  'small-world': shapes.smallWorld,
  'scale-free': shapes.scaleFree,
};

function generateShape(declaration: ShapeDeclaration, nodes: number, hub: number): Edge[] {
  const generate = GENERATORS[declaration.shape] as (nodes: number, parameters: object) => Edge[];
  return generate(nodes, { ...declaration, hub });
}
