import type { Path } from '../topology/path.ts';
import type { Reading } from '../topology/reading.ts';
import { didYouMean } from '../topology/suggest.ts';
import { found, isMap, quote } from '../topology/wording.ts';
import type { Expectation } from './expectation.ts';
import { readSpan, SPAN } from './quantity.ts';
import type { Roll } from './roll.ts';
import { Expectations } from './schema/index.ts';

/** How long an expectation may take that does not say, milliseconds. */
export const PATIENCE = 10_000;

/** Parses an expectation, a sentence or a map; undefined when it has mistakes, which are then noted. */
export function readExpectation(reading: Reading, roll: Roll, value: unknown, path: Path): Expectation | undefined {
  const before = reading.count;
  const expectation =
    typeof value === 'string'
      ? fromSentence(reading, roll, value, path)
      : isMap(value)
        ? fromMap(reading, roll, value, path)
        : reading.mistake(path, `expected an expectation such as "no drift within 10s", got ${found(value)}`);
  return reading.count === before ? (expectation as Expectation | undefined) : undefined;
}

/** A piece of a sentence and where it stands. */
interface Piece {
  text: string;
  at: number;
}

type Pieces = (name: string) => Piece | undefined;

interface Sentence {
  example: string;
  pattern: RegExp;
  read(pieces: Pieces, to: Readers): Expectation | undefined;
}

/** What a sentence is read with; each notes what is wrong. */
interface Readers {
  node(piece: Piece | undefined): string | undefined;
  names(piece: Piece | undefined): string[];
  links(piece: Piece | undefined): { from: string; to: string }[];
  pattern(source: Piece | undefined, flags: Piece | undefined): { pattern: string; flags: string } | undefined;
  first: string;
  within: number;
}

const sentence = (example: string, text: string, read: Sentence['read']): Sentence => ({
  example,
  pattern: new RegExp(`^${text}(?: (?:within|for) (?<within>${SPAN}))?\\s*$`, 'd'),
  read,
});

/** Every form of an expectation that is a sentence. */
export const SENTENCES: readonly Sentence[] = [
  sentence(
    'gossip from a reaches all within 2s',
    String.raw`gossip(?: from (?<from>[^\s,]+))? reaches (?<only>only )?(?<reaches>.+?)(?: but (?<but>.+?))?`,
    (piece, to) => {
      const from = piece('from') ? to.node(piece('from')) : to.first;
      const but = piece('but') ? to.names(piece('but')) : [];
      if (from === undefined) return undefined;
      return gossip({
        from,
        reaches: to.names(piece('reaches')),
        but,
        only: piece('only') !== undefined,
        within: to.within,
      });
    },
  ),
  sentence('no drift within 10s', 'no drift', (_, { within }) => ({ kind: 'no drift', within })),
  sentence(
    'log a matches /link_down/ within 10s',
    String.raw`log(?: (?:of )?(?<nodes>(?!matches |never )[^/]+?))? (?<never>never )?matches \/(?<pattern>.+)\/(?<flags>[a-z]*)`,
    (piece, to) => {
      const nodes = piece('nodes') ? { nodes: to.names(piece('nodes')) } : {};
      const never = piece('never') !== undefined;
      const expression = to.pattern(piece('pattern'), piece('flags'));
      return expression && { kind: 'log', ...nodes, ...expression, never, within: to.within };
    },
  ),
  sentence(
    'a has no peers',
    String.raw`(?<node>[^\s,]+) has (?:(?<no>no peers)|(?<many>\d+) peers?|peers? (?<peers>.+?))`,
    (piece, to) => {
      const node = to.node(piece('node'));
      const many = piece('many');
      const peers = many ? Number(many.text) : piece('no') ? [] : to.names(piece('peers'));
      return node === undefined ? undefined : { kind: 'peers', node, peers, within: to.within };
    },
  ),
  sentence('a -> b is down', '(?<links>.+->.+?) (?:is|are) (?<is>up|down)', (piece, to) => ({
    kind: 'links',
    links: to.links(piece('links')),
    up: piece('is')?.text === 'up',
    within: to.within,
  })),
];

function fromSentence(reading: Reading, roll: Roll, text: string, path: Path): Expectation | undefined {
  for (const { pattern, read } of SENTENCES) {
    const match = pattern.exec(text);
    if (match === null) continue;
    const piece: Pieces = (name) => {
      const found = match.groups?.[name];
      return found === undefined ? undefined : { text: found, at: match.indices!.groups![name]![0] };
    };
    const within = piece('within');
    const span = within ? readSpan(within.text) : PATIENCE;
    if (within && !span) {
      const part = [within.at, within.at + within.text.length] as const;
      reading.mistake(path, `expected a time of at most a week, got ${quote(within.text)}`, { part });
      return undefined;
    }
    return read(piece, readers(reading, roll, path, span as number));
  }
  const hint = `such as ${SENTENCES.map(({ example }) => quote(example)).join(', ')}`;
  reading.mistake(path, `expected an expectation, got ${quote(text)}`, { hint });
  return undefined;
}

function readers(reading: Reading, roll: Roll, path: Path, within: number): Readers {
  return {
    node: (piece) => piece && roll.node(piece.text, path, piece.at),
    names: (piece) => (piece ? [...new Set(roll.inText(piece.text, piece.at, path))] : []),
    links: (piece) => (piece ? linksIn(reading, roll, piece.text, path, piece.at) : []),
    pattern: (source, flags) => {
      const at = (source?.at ?? 1) - 1;
      const part = [at, (flags?.at ?? 0) + (flags?.text.length ?? 0)] as const;
      return expression(reading, source?.text ?? '', flags?.text ?? '', path, part);
    },
    first: roll.nodes[0]!,
    within,
  };
}

function fromMap(reading: Reading, roll: Roll, value: Record<string, unknown>, path: Path): Expectation | undefined {
  const known = Object.keys(Expectations);
  const kind = reading.keys(value, path).find((key) => known.includes(key)) as keyof typeof Expectations | undefined;
  if (kind === undefined) {
    const [first = ''] = reading.keys(value, path);
    const hint = didYouMean(first, known, 'expectations');
    reading.mistake(path, `expected one of ${known.map((key) => quote(key)).join(', ')}`, { hint });
    return undefined;
  }
  switch (kind) {
    case 'gossip': {
      const form = reading.check(Expectations.gossip, value, path);
      const from = roll.node(value.gossip, [...path, 'gossip']);
      const reaches = roll.names(value.reaches, [...path, 'reaches']);
      const but = value.but === undefined ? [] : roll.names(value.but, [...path, 'but']);
      if (form === undefined || from === undefined) return undefined;
      const { data, only = false, within = PATIENCE } = form;
      return gossip({ from, reaches, but, only, within, ...(data === undefined ? {} : { data }) });
    }
    case 'drift': {
      const form = reading.check(Expectations.drift, value, path);
      return form && { kind: 'no drift', within: form.within ?? PATIENCE };
    }
    case 'log':
      return logFromMap(reading, roll, value, path);
    case 'peers': {
      const form = reading.check(Expectations.peers, value, path);
      const node = roll.node(value.peers, [...path, 'peers']);
      const are = typeof value.are === 'number' ? value.are : roll.names(value.are, [...path, 'are']);
      if (form === undefined || node === undefined) return undefined;
      return { kind: 'peers', node, peers: are, within: form.within ?? PATIENCE };
    }
    case 'link': {
      const form = reading.check(Expectations.link, value, path);
      const links = typeof value.link === 'string' ? linksIn(reading, roll, value.link, [...path, 'link']) : [];
      return form && { kind: 'links', links, up: form.is === 'up', within: form.within ?? PATIENCE };
    }
  }
}

function logFromMap(reading: Reading, roll: Roll, value: Record<string, unknown>, path: Path): Expectation | undefined {
  const form = reading.check(Expectations.log, value, path);
  // As in a sentence that names nobody, these are devnet's own lines too.
  const nodes = value.log === 'all' ? {} : { nodes: roll.names(value.log, [...path, 'log']) };
  if (form === undefined) return undefined;
  const never = form.never !== undefined;
  if (never === (form.matches !== undefined)) {
    reading.mistake(path, 'expected "matches" or "never", one of the two');
    return undefined;
  }
  const text = form.never ?? form.matches ?? '';
  const [, source = text, flags = ''] = /^\/(.+)\/([a-z]*)$/s.exec(text) ?? [];
  const read = expression(reading, source, flags, [...path, never ? 'never' : 'matches']);
  return read && { kind: 'log', ...nodes, ...read, never, within: form.within ?? form.for ?? PATIENCE };
}

/** News reaches whoever starts it as well, whether it is named or not. */
function gossip({
  but,
  ...form
}: {
  from: string;
  reaches: string[];
  but: string[];
  only: boolean;
  within: number;
  data?: unknown;
}): Expectation {
  const reaches = form.reaches.filter((node) => !but.includes(node));
  return { kind: 'gossip', ...form, reaches };
}

function linksIn(reading: Reading, roll: Roll, text: string, path: Path, offset = 0): { from: string; to: string }[] {
  const ways = roll
    .joins(text, path, offset)
    .flatMap(({ from, to, both }) => [
      ...from.flatMap((a) => to.map((b) => ({ from: a, to: b }))),
      ...(both ? to.flatMap((a) => from.map((b) => ({ from: a, to: b }))) : []),
    ]);
  const links = ways.filter(({ from, to }) => from !== to && roll.dials(from, to));
  if (ways.length > 0 && links.length === 0) {
    const part = [offset, offset + text.length] as const;
    reading.mistake(path, `expected a link of the topology, got ${quote(text)}`, { part });
  }
  return links;
}

function expression(
  reading: Reading,
  pattern: string,
  flags: string,
  path: Path,
  part: 'value' | readonly [number, number] = 'value',
): { pattern: string; flags: string } | undefined {
  try {
    new RegExp(pattern, flags);
    return { pattern, flags };
  } catch (cause) {
    reading.mistake(path, `expected a regular expression: ${(cause as Error).message}`, { part });
    return undefined;
  }
}
