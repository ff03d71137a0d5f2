import type { Asked } from './asked.ts';
import { parseExpression } from './expression.ts';
import { MAX_LINKS } from './limits.ts';
import { LinkAsks, type Ways, waysOf } from './link-asks.ts';
import { findNames, membersOf, type Named, readNames, unknownName } from './names.ts';
import type { Roster } from './nodes.ts';
import type { Path } from './path.ts';
import type { Reading } from './reading.ts';
import {
  LINK_SIGNS,
  LinkEnds,
  LinkText,
  SHAPE_NAMES,
  type ShapeDeclaration,
  type ShapeName,
  Shapes,
} from './schema/index.ts';
import { type Edge, ImpossibleShape, shapes } from './shapes/index.ts';
import { didYouMean } from './suggest.ts';
import type { Link } from './topology.ts';
import { found, isMap, quote } from './wording.ts';

const A_LINK = 'a link such as "a -> b"';
const EXPECTED = `a shape, or ${A_LINK}`;

/** Links, and what they ask for. A pair of nodes is from × number of nodes + to. */
export interface LinksRead {
  links: Link[];
  /** The links as pairs. */
  pairs: ReadonlySet<number>;
  /** What links ask of packets from one node to another. */
  asked: ReadonlyMap<number, Asked>;
}

/**
 * Parses `links`: one item or a list of them, each a link expression, a shape's name, a shape, `{ from, to }` or `{ link }`.
 *
 * @param roster undefined when the nodes are not known: then only the form of the links is checked
 */
export function readLinks(reading: Reading, value: unknown, roster: Roster | undefined): LinksRead {
  const links = new LinkReader(reading, roster);
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) links.item(item, ['links', index]);
  } else if (value !== undefined) {
    links.item(value, ['links']);
  }
  return links.finish();
}

class LinkReader {
  readonly #reading: Reading;
  readonly #roster: Roster | undefined;
  /** Links as from × number of nodes + to, in declared order. */
  readonly #links = new Set<number>();
  readonly #asks: LinkAsks;

  constructor(reading: Reading, roster: Roster | undefined) {
    this.#reading = reading;
    this.#roster = roster;
    this.#asks = new LinkAsks(reading, roster?.nodes ?? []);
  }

  item(item: unknown, path: Path): void {
    if (typeof item === 'string' && LINK_SIGNS.test(item.trim())) this.#expression(item, path);
    else if (typeof item === 'string') this.#shape(item, {}, path);
    else if (isMap(item) && Object.hasOwn(item, 'shape')) this.#shape(item.shape, item, path);
    else if (isMap(item) && Object.hasOwn(item, 'link')) this.#linkText(item, path);
    else if (isMap(item)) this.#linkEnds(item, path);
    else this.#reading.mistake(path, `expected ${EXPECTED}, got ${found(item)}`);
  }

  finish(): LinksRead {
    const nodes = this.#roster?.nodes ?? [];
    const links = [...this.#links].map((link) => ({
      from: nodes[Math.floor(link / nodes.length)]!.name,
      to: nodes[link % nodes.length]!.name,
    }));
    return { links, pairs: this.#links, asked: this.#asks.pairs };
  }

  #expression(text: string, path: Path, ways?: Ways, expected = EXPECTED): void {
    const { ends, arrows, mistakes } = parseExpression(text);
    if (arrows.length === 0) {
      const hint = /<-|=>|--/.test(text) ? 'arrows are -> and <->' : 'put an arrow between two names: a -> b';
      this.#reading.mistake(path, `expected ${expected}, got ${quote(text)}`, { hint });
      return;
    }
    for (const { message, hint, part } of mistakes) this.#reading.mistake(path, message, { hint, part });
    const named = ends.map((words) =>
      findNames(
        this.#reading,
        this.#roster,
        words.map((word) => ({ word, path })),
      ),
    );
    for (const [index, arrow] of arrows.entries()) {
      this.#join(named[index]!, named[index + 1]!, arrow === '<->', path, ways);
    }
  }

  #linkText(item: Record<string, unknown>, path: Path): void {
    const text = this.#reading.check(LinkText, item, path);
    // Names are looked up even where another key is wrong, to report all at once.
    if (typeof item.link !== 'string') return;
    const at = [...path, 'link'];
    if (Object.hasOwn(Shapes, item.link.trim())) {
      const hint = `a shape is { shape: ${item.link.trim()}, … }`;
      this.#reading.mistake(at, `expected ${A_LINK}, got ${quote(item.link)}`, { hint });
    } else this.#expression(item.link, at, waysOf(text, path), A_LINK);
  }

  #linkEnds(item: Record<string, unknown>, path: Path): void {
    if (!Object.hasOwn(item, 'from') && !Object.hasOwn(item, 'to')) {
      const [first] = this.#reading.keys(item, path);
      const hint = first === undefined ? undefined : didYouMean(first, ['link', 'shape', 'from', 'to'], 'known keys');
      this.#reading.mistake(path, 'expected "link", "shape", or "from" and "to"', { hint });
      return;
    }
    const ends = this.#reading.check(LinkEnds, item, path);
    // Names are looked up even where another key is wrong, to report all at once.
    const from = readNames(this.#reading, this.#roster, item.from, [...path, 'from']);
    const to = readNames(this.#reading, this.#roster, item.to, [...path, 'to']);
    if (ends !== undefined) this.#join(from, to, ends.both ?? false, path, waysOf(ends, path));
  }

  #shape(name: unknown, item: Record<string, unknown>, path: Path): void {
    // A parameter that is not written is blamed on the shape's name, which may be all there is.
    const at = (key: string): Path => {
      const written = [key, 'shape'].find((one) => Object.hasOwn(item, one));
      return written === undefined ? path : [...path, written];
    };
    if (typeof name !== 'string' || !Object.hasOwn(Shapes, name)) {
      const known =
        typeof name === 'string' ? didYouMean(name, SHAPE_NAMES, 'shapes') : `shapes: ${SHAPE_NAMES.join(', ')}`;
      const isNode = typeof name === 'string' && this.#roster?.positions.has(name);
      const hint = isNode ? `a link needs two ends: ${name} -> …` : known;
      const message =
        typeof name === 'string' ? `unknown shape ${quote(name)}` : `expected a shape, got ${found(name)}`;
      this.#reading.mistake(at('shape'), message, { hint });
      return;
    }
    const before = this.#reading.count;
    const declaration = this.#reading.check<(typeof Shapes)[ShapeName]>(
      Shapes[name as ShapeName],
      { ...item, shape: name },
      path,
    );
    const everyone = this.#roster?.nodes.map((_, position) => position) ?? [];
    const members =
      item.over === undefined ? everyone : membersOf(readNames(this.#reading, this.#roster, item.over, at('over')));
    const hub = typeof item.hub === 'string' ? this.#hub(item.hub, members, at('hub')) : 0;
    // Drawn over the wrong nodes, it would only add mistakes that are none.
    const isComplete = this.#reading.count === before && this.#roster?.unread.length === 0;
    if (declaration === undefined || hub === undefined || !isComplete) return;
    try {
      this.#addShape(
        edgesOf(declaration as ShapeDeclaration, members.length, hub),
        members,
        declaration.directed,
        path,
        waysOf(declaration, path),
      );
    } catch (error) {
      if (!(error instanceof ImpossibleShape)) throw error;
      this.#reading.mistake(at(error.parameter), error.message, { hint: error.hint });
    }
  }

  #addShape(edges: Edge[], members: number[], directed: boolean | undefined, path: Path, ways: Ways | undefined): void {
    for (const [a, b] of edges) {
      const from = members[a]!;
      const to = members[b]!;
      if (!this.#add(from, to, path) || (!directed && !this.#add(to, from, path))) return;
      if (ways !== undefined) this.#asks.add(from, to, ways);
    }
  }

  #hub(name: string, members: number[], path: Path): number | undefined {
    if (this.#roster === undefined) return undefined;
    const position = this.#roster.positions.get(name);
    const hub = position === undefined ? -1 : members.indexOf(position);
    if (hub >= 0) return hub;
    const names = members.map((member) => this.#roster!.nodes[member]!.name);
    if (position === undefined) unknownName(this.#reading, this.#roster, name, names, path, [0, name.length]);
    else this.#reading.mistake(path, `the hub ${quote(name)} is not among the nodes of the shape`);
    return undefined;
  }

  #join(left: Named[], right: Named[], both: boolean, path: Path, ways: Ways | undefined): void {
    for (const from of left) {
      for (const to of right) {
        if (from.text === to.text && !from.isGroup) {
          const { path, part } = to;
          this.#reading.mistake(path, `${quote(to.text)} cannot dial itself`, { part });
          continue;
        }
        if (!this.#admits(from.positions.length * to.positions.length, path)) return;
        for (const a of from.positions) {
          for (const b of to.positions) {
            if (a === b) continue;
            if (!this.#add(a, b, path) || (both && !this.#add(b, a, path))) return;
            if (ways !== undefined) this.#asks.add(a, b, ways);
          }
        }
      }
    }
  }

  #add(from: number, to: number, path: Path): boolean {
    this.#links.add(from * this.#roster!.nodes.length + to);
    return this.#admits(this.#links.size, path);
  }

  #admits(links: number, path: Path): boolean {
    if (links <= MAX_LINKS) return true;
    this.#reading.mistake(path, `expected at most ${MAX_LINKS.toLocaleString('en-US')} links in a file, got more`);
    return false;
  }
}

function edgesOf(declaration: ShapeDeclaration, nodes: number, hub: number): Edge[] {
  switch (declaration.shape) {
    case 'line':
    case 'ring':
    case 'mesh':
    case 'hypercube':
      return shapes[declaration.shape](nodes);
    case 'star':
      return shapes.star(nodes, { hub });
    case 'tree':
      return shapes.tree(nodes, declaration);
    case 'grid':
    case 'torus':
      return shapes[declaration.shape](nodes, declaration);
    case 'regular':
      return shapes.regular(nodes, declaration);
    case 'random':
      return shapes.random(nodes, declaration);
    case 'small-world':
      return shapes.smallWorld(nodes, declaration);
    case 'scale-free':
      return shapes.scaleFree(nodes, declaration);
  }
}
