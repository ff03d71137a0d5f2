import { describeValue, isMap, quote } from '../../topology/document/diagnostic-text.ts';
import { didYouMean } from '../../topology/document/did-you-mean.ts';
import type { DocumentPath } from '../../topology/document/document-path.ts';
import type { ParseContext } from '../../topology/document/parse-context.ts';
import { DURATION_SOURCE, parseDurationMs } from '../model/duration.ts';
import type { Expectation } from '../model/expectation.ts';
import { expectationSchemas } from '../schema/steps.ts';
import type { NameResolver } from './name-resolver.ts';

/** How long an expectation may take that does not say, milliseconds. */
export const DEFAULT_WITHIN_MS = 10_000;

/** Parses an expectation, a sentence or a map; undefined when it has mistakes, which are then noted. */
export function parseExpectation(
  reading: ParseContext,
  roll: NameResolver,
  value: unknown,
  path: DocumentPath,
): Expectation | undefined {
  const before = reading.diagnosticCount;
  const expectation =
    typeof value === 'string'
      ? parseSentence(reading, roll, value, path)
      : isMap(value)
        ? parseExpectationMap(reading, roll, value, path)
        : reading.report(path, `expected an expectation such as "no drift within 10s", got ${describeValue(value)}`);
  return reading.diagnosticCount === before ? (expectation as Expectation | undefined) : undefined;
}

/** A piece of a sentence and where it stands. */
interface Capture {
  text: string;
  at: number;
}

type CaptureByName = (name: string) => Capture | undefined;

interface SentenceForm {
  example: string;
  pattern: RegExp;
  parse(pieces: CaptureByName, to: SentenceParsers): Expectation | undefined;
}

/** What a sentence is read with; each notes what is wrong. */
interface SentenceParsers {
  node(piece: Capture | undefined): string | undefined;
  names(piece: Capture | undefined): string[];
  links(piece: Capture | undefined): { from: string; to: string }[];
  pattern(source: Capture | undefined, flags: Capture | undefined): { pattern: string; flags: string } | undefined;
  firstNode: string;
  within: number;
}

const defineSentence = (example: string, text: string, read: SentenceForm['parse']): SentenceForm => ({
  example,
  pattern: new RegExp(`^${text}(?: (?:within|for) (?<within>${DURATION_SOURCE}))?\\s*$`, 'd'),
  parse: read,
});

/** Every form of an expectation that is a sentence. */
export const EXPECTATION_SENTENCES: readonly SentenceForm[] = [
  defineSentence(
    'gossip from a reaches all within 2s',
    String.raw`gossip(?: from (?<from>[^\s,]+))? reaches (?<only>only )?(?<reaches>.+?)(?: but (?<but>.+?))?`,
    (piece, to) => {
      const from = piece('from') ? to.node(piece('from')) : to.firstNode;
      const but = piece('but') ? to.names(piece('but')) : [];
      if (from === undefined) return undefined;
      return gossipExpectation({
        from,
        reaches: to.names(piece('reaches')),
        but,
        only: piece('only') !== undefined,
        within: to.within,
      });
    },
  ),
  defineSentence('no drift within 10s', 'no drift', (_, { within }) => ({ kind: 'no drift', within })),
  defineSentence(
    'log a matches /link_down/ within 10s',
    String.raw`log(?: (?:of )?(?<nodes>(?!matches |never )[^/]+?))? (?<never>never )?matches \/(?<pattern>.+)\/(?<flags>[a-z]*)`,
    (piece, to) => {
      const nodes = piece('nodes') ? { nodes: to.names(piece('nodes')) } : {};
      const never = piece('never') !== undefined;
      const expression = to.pattern(piece('pattern'), piece('flags'));
      return expression && { kind: 'log', ...nodes, ...expression, never, within: to.within };
    },
  ),
  defineSentence(
    'a has no peers',
    String.raw`(?<node>[^\s,]+) has (?:(?<no>no peers)|(?<many>\d+) peers?|peers? (?<peers>.+?))`,
    (piece, to) => {
      const node = to.node(piece('node'));
      const many = piece('many');
      const peers = many ? Number(many.text) : piece('no') ? [] : to.names(piece('peers'));
      return node === undefined ? undefined : { kind: 'peers', node, peers, within: to.within };
    },
  ),
  defineSentence('a -> b is down', '(?<links>.+->.+?) (?:is|are) (?<is>up|down)', (piece, to) => ({
    kind: 'links',
    links: to.links(piece('links')),
    up: piece('is')?.text === 'up',
    within: to.within,
  })),
];

function parseSentence(
  reading: ParseContext,
  roll: NameResolver,
  text: string,
  path: DocumentPath,
): Expectation | undefined {
  for (const { pattern, parse: read } of EXPECTATION_SENTENCES) {
    const match = pattern.exec(text);
    if (match === null) continue;
    const piece: CaptureByName = (name) => {
      const found = match.groups?.[name];
      return found === undefined ? undefined : { text: found, at: match.indices!.groups![name]![0] };
    };
    const within = piece('within');
    const span = within ? parseDurationMs(within.text) : DEFAULT_WITHIN_MS;
    if (within && !span) {
      const part = [within.at, within.at + within.text.length] as const;
      reading.report(path, `expected a time of at most a week, got ${quote(within.text)}`, { span: part });
      return undefined;
    }
    return read(piece, readers(reading, roll, path, span as number));
  }
  const hint = `such as ${EXPECTATION_SENTENCES.map(({ example }) => quote(example)).join(', ')}`;
  reading.report(path, `expected an expectation, got ${quote(text)}`, { hint });
  return undefined;
}

function readers(reading: ParseContext, roll: NameResolver, path: DocumentPath, within: number): SentenceParsers {
  return {
    node: (piece) => piece && roll.resolveNode(piece.text, path, piece.at),
    names: (piece) => (piece ? [...new Set(roll.resolveText(piece.text, piece.at, path))] : []),
    links: (piece) => (piece ? parseLinks(reading, roll, piece.text, path, piece.at) : []),
    pattern: (source, flags) => {
      const at = (source?.at ?? 1) - 1;
      const part = [at, (flags?.at ?? 0) + (flags?.text.length ?? 0)] as const;
      return parseRegExp(reading, source?.text ?? '', flags?.text ?? '', path, part);
    },
    firstNode: roll.nodeNames[0]!,
    within,
  };
}

function parseExpectationMap(
  reading: ParseContext,
  roll: NameResolver,
  value: Record<string, unknown>,
  path: DocumentPath,
): Expectation | undefined {
  const known = Object.keys(expectationSchemas);
  const kind = reading.keysInOrder(value, path).find((key) => known.includes(key)) as
    | keyof typeof expectationSchemas
    | undefined;
  if (kind === undefined) {
    const [first = ''] = reading.keysInOrder(value, path);
    const hint = didYouMean(first, known, 'expectations');
    reading.report(path, `expected one of ${known.map((key) => quote(key)).join(', ')}`, { hint });
    return undefined;
  }
  switch (kind) {
    case 'gossip': {
      const form = reading.validate(expectationSchemas.gossip, value, path);
      const from = roll.resolveNode(value.gossip, [...path, 'gossip']);
      const reaches = roll.resolveNames(value.reaches, [...path, 'reaches']);
      const but = value.but === undefined ? [] : roll.resolveNames(value.but, [...path, 'but']);
      if (form === undefined || from === undefined) return undefined;
      const { data, only = false, within = DEFAULT_WITHIN_MS } = form;
      return gossipExpectation({ from, reaches, but, only, within, ...(data === undefined ? {} : { data }) });
    }
    case 'drift': {
      const form = reading.validate(expectationSchemas.drift, value, path);
      return form && { kind: 'no drift', within: form.within ?? DEFAULT_WITHIN_MS };
    }
    case 'log':
      return parseLogExpectation(reading, roll, value, path);
    case 'peers': {
      const form = reading.validate(expectationSchemas.peers, value, path);
      const node = roll.resolveNode(value.peers, [...path, 'peers']);
      const are = typeof value.are === 'number' ? value.are : roll.resolveNames(value.are, [...path, 'are']);
      if (form === undefined || node === undefined) return undefined;
      return { kind: 'peers', node, peers: are, within: form.within ?? DEFAULT_WITHIN_MS };
    }
    case 'link': {
      const form = reading.validate(expectationSchemas.link, value, path);
      const links = typeof value.link === 'string' ? parseLinks(reading, roll, value.link, [...path, 'link']) : [];
      return form && { kind: 'links', links, up: form.is === 'up', within: form.within ?? DEFAULT_WITHIN_MS };
    }
  }
}

function parseLogExpectation(
  reading: ParseContext,
  roll: NameResolver,
  value: Record<string, unknown>,
  path: DocumentPath,
): Expectation | undefined {
  const form = reading.validate(expectationSchemas.log, value, path);
  // As in a sentence that names nobody, these are devnet's own lines too.
  const nodes = value.log === 'all' ? {} : { nodes: roll.resolveNames(value.log, [...path, 'log']) };
  if (form === undefined) return undefined;
  const never = form.never !== undefined;
  if (never === (form.matches !== undefined)) {
    reading.report(path, 'expected "matches" or "never", one of the two');
    return undefined;
  }
  const text = form.never ?? form.matches ?? '';
  const [, source = text, flags = ''] = /^\/(.+)\/([a-z]*)$/s.exec(text) ?? [];
  const read = parseRegExp(reading, source, flags, [...path, never ? 'never' : 'matches']);
  return read && { kind: 'log', ...nodes, ...read, never, within: form.within ?? form.for ?? DEFAULT_WITHIN_MS };
}

/** News reaches whoever starts it as well, whether it is named or not. */
function gossipExpectation({
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

function parseLinks(
  reading: ParseContext,
  roll: NameResolver,
  text: string,
  path: DocumentPath,
  offset = 0,
): { from: string; to: string }[] {
  const ways = roll
    .resolveLinks(text, path, offset)
    .flatMap(({ from, to, twoWay: both }) => [
      ...from.flatMap((a) => to.map((b) => ({ from: a, to: b }))),
      ...(both ? to.flatMap((a) => from.map((b) => ({ from: a, to: b }))) : []),
    ]);
  const links = ways.filter(({ from, to }) => from !== to && roll.hasLink(from, to));
  if (ways.length > 0 && links.length === 0) {
    const part = [offset, offset + text.length] as const;
    reading.report(path, `expected a link of the topology, got ${quote(text)}`, { span: part });
  }
  return links;
}

function parseRegExp(
  reading: ParseContext,
  pattern: string,
  flags: string,
  path: DocumentPath,
  part: 'value' | readonly [number, number] = 'value',
): { pattern: string; flags: string } | undefined {
  try {
    new RegExp(pattern, flags);
    return { pattern, flags };
  } catch (cause) {
    reading.report(path, `expected a regular expression: ${(cause as Error).message}`, { span: part });
    return undefined;
  }
}
