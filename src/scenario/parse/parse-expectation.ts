import { describeValue, isMap, quote } from '../../topology/document/diagnostic-text.ts';
import { didYouMean } from '../../topology/document/did-you-mean.ts';
import type { DocumentPath } from '../../topology/document/document-path.ts';
import type { SourceSpan } from '../../topology/document/source-document.ts';
import type { Link } from '../../topology/model/topology.ts';
import { DURATION_SOURCE, parseDurationMs } from '../model/duration.ts';
import type { Expectation } from '../model/scenario.ts';
import { expectationSchemas } from '../schema/expectations.ts';
import { pairsOf, type ScenarioContext } from './scenario-context.ts';

/** Time within which an expectation must be met that gives none, milliseconds. */
const DEFAULT_WITHIN_MS = 10_000;

/** Parses an expectation, a sentence or a map; undefined when it has mistakes, which are reported. */
export function parseExpectation(
  context: ScenarioContext,
  value: unknown,
  path: DocumentPath,
): Expectation | undefined {
  const before = context.diagnosticCount;
  let expectation: Expectation | undefined;
  if (typeof value === 'string') expectation = parseSentence(context, value, path);
  else if (isMap(value)) expectation = parseExpectationMap(context, value, path);
  else context.report(path, `expected an expectation such as "no drift within 10s", got ${describeValue(value)}`);
  return context.diagnosticCount === before ? expectation : undefined;
}

/** The named groups of a matched sentence. What is wrong with one is reported at its place in the sentence. */
class SentenceMatch {
  readonly within: number;
  readonly firstNode: string;
  readonly #context: ScenarioContext;
  readonly #path: DocumentPath;
  readonly #match: RegExpExecArray;

  constructor(context: ScenarioContext, path: DocumentPath, match: RegExpExecArray, within: number) {
    this.#context = context;
    this.#path = path;
    this.#match = match;
    this.within = within;
    this.firstNode = context.nodeNames[0]!;
  }

  has(group: string): boolean {
    return this.#match.groups?.[group] !== undefined;
  }

  text(group: string): string {
    return this.#match.groups?.[group] ?? '';
  }

  node(group: string): string | undefined {
    return this.#context.resolveNode(this.text(group), this.#path, this.#start(group));
  }

  nodes(group: string): string[] {
    return this.has(group) ? this.#context.resolveText(this.text(group), this.#path, this.#start(group)) : [];
  }

  links(group: string): Link[] {
    return parseLinks(this.#context, this.text(group), this.#path, this.#start(group));
  }

  regExp(): { pattern: string; flags: string } | undefined {
    const flags = this.text('flags');
    const span = [this.#start('pattern') - 1, this.#start('flags') + flags.length] as const;
    return parseRegExp(this.#context, this.text('pattern'), flags, this.#path, span);
  }

  #start(group: string): number {
    return this.#match.indices!.groups![group]![0];
  }
}

interface SentenceForm {
  example: string;
  pattern: RegExp;
  parse(match: SentenceMatch): Expectation | undefined;
}

const defineSentence = (example: string, source: string, parse: SentenceForm['parse']): SentenceForm => ({
  example,
  pattern: new RegExp(`^${source}(?: (?:within|for) (?<within>${DURATION_SOURCE}))?\\s*$`, 'd'),
  parse,
});

/** Every form of an expectation that is a sentence. */
export const EXPECTATION_SENTENCES: readonly SentenceForm[] = [
  defineSentence(
    'gossip from a reaches all within 2s',
    String.raw`gossip(?: from (?<from>[^\s,]+))? reaches (?<only>only )?(?<reaches>.+?)(?: but (?<but>.+?))?`,
    (match) => {
      const from = match.has('from') ? match.node('from') : match.firstNode;
      const except = match.nodes('but');
      const reaches = match.nodes('reaches').filter((node) => !except.includes(node));
      if (from === undefined) return undefined;
      return { kind: 'gossip', from, reaches, only: match.has('only'), within: match.within };
    },
  ),
  defineSentence('no drift within 10s', 'no drift', ({ within }) => ({ kind: 'no drift', within })),
  defineSentence(
    'log a matches /link_down/ within 10s',
    String.raw`log(?: (?:of )?(?<nodes>(?!matches |never )[^/]+?))? (?<never>never )?matches \/(?<pattern>.+)\/(?<flags>[a-z]*)`,
    (match) => {
      const nodes = match.has('nodes') ? { nodes: match.nodes('nodes') } : {};
      const regExp = match.regExp();
      return regExp && { kind: 'log', ...nodes, ...regExp, never: match.has('never'), within: match.within };
    },
  ),
  defineSentence(
    'a has no peers',
    String.raw`(?<node>[^\s,]+) has (?:(?<no>no peers)|(?<count>\d+) peers?|peers? (?<peers>.+?))`,
    (match) => {
      const node = match.node('node');
      const peers = match.has('count') ? Number(match.text('count')) : match.nodes('peers');
      return node === undefined ? undefined : { kind: 'peers', node, peers, within: match.within };
    },
  ),
  defineSentence('a -> b is down', '(?<links>.+->.+?) (?:is|are) (?<is>up|down)', (match) => ({
    kind: 'links',
    links: match.links('links'),
    up: match.text('is') === 'up',
    within: match.within,
  })),
];

function parseSentence(context: ScenarioContext, text: string, path: DocumentPath): Expectation | undefined {
  for (const { pattern, parse } of EXPECTATION_SENTENCES) {
    const match = pattern.exec(text);
    if (match === null) continue;
    const duration = match.groups?.within;
    const within = duration === undefined ? DEFAULT_WITHIN_MS : parseDurationMs(duration);
    if (within) return parse(new SentenceMatch(context, path, match, within));
    const message = `expected a time of at most a week, got ${quote(duration!)}`;
    context.report(path, message, { span: match.indices!.groups!.within! });
    return undefined;
  }
  const hint = `such as ${EXPECTATION_SENTENCES.map(({ example }) => quote(example)).join(', ')}`;
  context.report(path, `expected an expectation, got ${quote(text)}`, { hint });
  return undefined;
}

function parseExpectationMap(
  context: ScenarioContext,
  value: Record<string, unknown>,
  path: DocumentPath,
): Expectation | undefined {
  const known = Object.keys(expectationSchemas);
  const keys = context.keysInOrder(value, path);
  const kind = keys.find((key): key is keyof typeof expectationSchemas => known.includes(key));
  if (kind === undefined) {
    const hint = didYouMean(keys[0] ?? '', known, 'expectations');
    context.report(path, `expected one of ${known.map((key) => quote(key)).join(', ')}`, { hint });
    return undefined;
  }
  // Names are resolved even where the form is wrong, so that one run reports all mistakes.
  switch (kind) {
    case 'gossip': {
      const form = context.validate(expectationSchemas.gossip, value, path);
      const from = context.resolveNode(value.gossip, [...path, 'gossip']);
      const except = context.resolveNames(value.but, [...path, 'but']);
      const reaches = context
        .resolveNames(value.reaches, [...path, 'reaches'])
        .filter((node) => !except.includes(node));
      if (form === undefined || from === undefined) return undefined;
      const { data, only = false, within = DEFAULT_WITHIN_MS } = form;
      return { kind: 'gossip', from, reaches, only, within, ...(data === undefined ? {} : { data }) };
    }
    case 'drift': {
      const form = context.validate(expectationSchemas.drift, value, path);
      return form && { kind: 'no drift', within: form.within ?? DEFAULT_WITHIN_MS };
    }
    case 'log':
      return parseLogExpectation(context, value, path);
    case 'peers': {
      const form = context.validate(expectationSchemas.peers, value, path);
      const node = context.resolveNode(value.peers, [...path, 'peers']);
      const peers = typeof value.are === 'number' ? value.are : context.resolveNames(value.are, [...path, 'are']);
      if (form === undefined || node === undefined) return undefined;
      return { kind: 'peers', node, peers, within: form.within ?? DEFAULT_WITHIN_MS };
    }
    case 'link': {
      const form = context.validate(expectationSchemas.link, value, path);
      const links = typeof value.link === 'string' ? parseLinks(context, value.link, [...path, 'link']) : [];
      return form && { kind: 'links', links, up: form.is === 'up', within: form.within ?? DEFAULT_WITHIN_MS };
    }
  }
}

function parseLogExpectation(
  context: ScenarioContext,
  value: Record<string, unknown>,
  path: DocumentPath,
): Expectation | undefined {
  const form = context.validate(expectationSchemas.log, value, path);
  // Like a sentence without names, `all` includes the controller's entries.
  const nodes = value.log === 'all' ? {} : { nodes: context.resolveNames(value.log, [...path, 'log']) };
  if (form === undefined) return undefined;
  const never = form.never !== undefined;
  if (never === (form.matches !== undefined)) {
    context.report(path, 'expected either "matches" or "never"');
    return undefined;
  }
  const text = form.never ?? form.matches ?? '';
  const [, pattern = text, flags = ''] = /^\/(.+)\/([a-z]*)$/s.exec(text) ?? [];
  const regExp = parseRegExp(context, pattern, flags, [...path, never ? 'never' : 'matches']);
  return regExp && { kind: 'log', ...nodes, ...regExp, never, within: form.within ?? form.for ?? DEFAULT_WITHIN_MS };
}

/** Parses links such as `a <-> b, c`; of a group's pairs, only those that the topology declares count. */
function parseLinks(context: ScenarioContext, text: string, path: DocumentPath, offset = 0): Link[] {
  const pairs = context.resolveLinks(text, path, offset).flatMap(pairsOf);
  const links = pairs.filter((pair) => context.hasLink(pair));
  if (pairs.length > 0 && links.length === 0) {
    const span = [offset, offset + text.length] as const;
    context.report(path, `expected a link of the topology, got ${quote(text)}`, { span });
  }
  return links;
}

function parseRegExp(
  context: ScenarioContext,
  pattern: string,
  flags: string,
  path: DocumentPath,
  span: SourceSpan = 'value',
): { pattern: string; flags: string } | undefined {
  try {
    new RegExp(pattern, flags);
    return { pattern, flags };
  } catch (cause) {
    context.report(path, `expected a regular expression: ${(cause as Error).message}`, { span });
    return undefined;
  }
}
