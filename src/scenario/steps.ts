import type { Path } from '../topology/path.ts';
import type { Reading } from '../topology/reading.ts';
import { suggest } from '../topology/suggest.ts';
import { found, isMap, quote } from '../topology/wording.ts';
import { countOf } from './draw.ts';
import { readExpectation } from './expectations.ts';
import type { Fault, LinkQuality } from './fault.ts';
import { cutsBetween, LEAST, PRESETS, type Preset } from './presets.ts';
import { formatSpan } from './quantity.ts';
import type { Roll } from './roll.ts';
import { DOINGS, type Doing, Doings, Modifiers, TAKES } from './schema.ts';
import type { Action, Step, When } from './step.ts';

/** What stands beside what a step does, checked. */
interface Beside {
  at?: number;
  every?: number;
  until?: number;
  times?: number;
  for?: number;
  name?: string;
  oneway?: boolean;
}

/** Most times that one step repeats. */
export const MAX_TIMES = 10_000;

/**
 * Parses one step; undefined when it has mistakes, which are then noted.
 * @param before when the step before it is, milliseconds: where a step gives no time, it is then as well
 */
export function readStep(reading: Reading, roll: Roll, item: unknown, path: Path, before: number): Step | undefined {
  if (!isMap(item)) {
    reading.mistake(path, `expected a step such as { at: 10s, kill: n3 }, got ${found(item)}`);
    return undefined;
  }
  const start = reading.count;
  const keys = reading.keys(item, path);
  const known = [...Object.keys(Modifiers), ...DOINGS];
  for (const key of keys) if (!known.includes(key)) reading.unknownKey([...path, key], known);
  const [doing, ...more] = keys.filter((key) => (DOINGS as string[]).includes(key)) as Doing[];
  if (doing === undefined) {
    if (reading.count === start) reading.mistake(path, `expected something to do: one of ${DOINGS.join(', ')}`);
    return undefined;
  }
  for (const key of more) {
    const message = `expected one thing to do, got ${quote(key)} beside ${quote(doing)}`;
    reading.mistake([...path, key], message, {
      hint: 'make it a step of its own: at the same time, if it has no "at"',
      part: 'key',
    });
  }
  const beside = readBeside(reading, item, doing, keys, path);
  const action = readAction(reading, roll, { doing, value: item[doing], beside, path: [...path, doing] });
  const when = readWhen(reading, doing, beside, path, before);
  if (when !== undefined && action !== undefined) checkDraws(reading, when, action, [...path, doing]);
  if (reading.count > start || when === undefined || action === undefined) return undefined;
  return { when, ...(beside.name === undefined ? {} : { name: beside.name }), action };
}

function readBeside(
  reading: Reading,
  item: Record<string, unknown>,
  doing: Doing,
  keys: readonly string[],
  path: Path,
): Beside {
  const beside: Record<string, unknown> = {};
  for (const [key, schema] of Object.entries(Modifiers)) {
    if (!keys.includes(key)) continue;
    if (!(TAKES[doing] as readonly string[]).includes(key)) {
      reading.mistake([...path, key], `${quote(key)} means nothing beside ${quote(doing)}`, {
        hint: `it takes ${TAKES[doing].join(', ')}`,
        part: 'key',
      });
      continue;
    }
    const value = reading.check(schema, item[key], [...path, key]);
    if (value !== undefined) beside[key] = value;
  }
  return beside;
}

function readWhen(reading: Reading, doing: Doing, beside: Beside, path: Path, before: number): When | undefined {
  const { every, until, times } = beside;
  const at = beside.at ?? before;
  const random = doing === 'churn' || doing === 'cuts';
  if (until !== undefined && until <= at) {
    reading.mistake([...path, 'until'], 'expected a time after that of the step itself');
    return undefined;
  }
  if (random) {
    if (until !== undefined) return { at, until };
    reading.mistake(path, `missing key "until": expected the time at which ${doing} ends`);
    return undefined;
  }
  if (every === undefined) {
    for (const key of ['until', 'times'] as const) {
      if (beside[key] === undefined) continue;
      reading.mistake([...path, key], `${quote(key)} needs "every"`, {
        hint: 'as in { every: 5s, until: 60s }',
        part: 'key',
      });
    }
    return { at };
  }
  if ((until === undefined) === (times === undefined)) {
    reading.mistake([...path, 'every'], 'expected "until" or "times" beside it, one of the two', { part: 'key' });
    return undefined;
  }
  const repeats = times ?? Math.ceil(((until as number) - at) / every);
  if (repeats > MAX_TIMES) {
    reading.mistake([...path, 'every'], `expected at most ${MAX_TIMES.toLocaleString('en-US')} times, got ${repeats}`);
    return undefined;
  }
  return times === undefined ? { at, every, until: until as number } : { at, every, times };
}

/** A rate must make at least one of its time, and not more than anybody could want. */
function checkDraws(reading: Reading, when: When, action: Action, path: Path): void {
  if ((action.do !== 'churn' && action.do !== 'cuts') || !('until' in when)) return;
  const span = when.until - when.at;
  const count = countOf(action.rate, span);
  if (count >= 1 && count <= MAX_TIMES) return;
  const many = count === 0 ? 'at least one' : `at most ${MAX_TIMES.toLocaleString('en-US')}`;
  reading.mistake([...path, 'rate'], `expected ${many} in ${formatSpan(span)}, got ${count === 0 ? 'none' : count}`);
}

interface Told {
  doing: Doing;
  value: unknown;
  beside: Beside;
  path: Path;
}

function readAction(reading: Reading, roll: Roll, told: Told): Action | undefined {
  const { doing, value, beside, path } = told;
  const lasts = beside.for === undefined ? {} : { lasts: beside.for };
  const faults = (made: Fault[] | undefined): Action | undefined => made && { do: 'fault', faults: made, ...lasts };
  switch (doing) {
    case 'partition':
      return readPartition(reading, roll, value, beside, path);
    case 'cut': {
      const text = reading.check(Doings.cut, value, path);
      return faults(text === undefined ? undefined : cut(reading, roll, text, path));
    }
    case 'kill':
    case 'stop':
    case 'pause':
    case 'restart': {
      reading.check(Doings[doing], value, path);
      return faults(roll.names(value, path).map((node) => ({ kind: doing, node })));
    }
    case 'squeeze': {
      const form = reading.check(Doings.squeeze, value, path);
      if (form === undefined) return undefined;
      const { node, ...limits } = form;
      if (Object.keys(limits).length === 0) reading.mistake(path, 'expected "cpus" or "memory", or both');
      const nodes = roll.names(node, [...path, 'node']);
      return faults(nodes.map((name) => ({ kind: 'squeeze', node: name, ...present(limits) })));
    }
    case 'messages': {
      const form = reading.check(Doings.messages, value, path);
      if (form === undefined) return undefined;
      const { from, to, ...rest } = form;
      if ((form.action === 'delay') !== (form.delay !== undefined))
        reading.mistake(
          path,
          form.delay === undefined ? 'missing key "delay": expected how long' : '"delay" needs "action: delay"',
        );
      const ends = linkedEnds(reading, roll, from, to, path);
      return faults(ends.map((pair) => ({ kind: 'messages', ...pair, ...present(rest) })));
    }
    case 'link': {
      const form = reading.check(Doings.link, value, path);
      if (form === undefined) return undefined;
      const { from, to, ...declared } = form;
      const linked = linkedEnds(reading, roll, from, to, path);
      const ends = beside.oneway ? linked : eachOnce(linked);
      // Nothing of a quality is what a network has by itself.
      const quality: LinkQuality = Object.fromEntries(Object.entries(declared).filter(([, amount]) => amount));
      const oneway = beside.oneway ? { oneway: true } : {};
      return faults(ends.map((pair) => ({ kind: 'link', ...pair, ...oneway, quality })));
    }
    case 'heal': {
      const form = reading.check(Doings.heal, value, path);
      if (form === undefined) return undefined;
      const names = (Array.isArray(form) ? form : form.split(',')).map((name) => name.trim());
      return names.length === 1 && names[0] === 'all' ? { do: 'heal' } : { do: 'heal', names };
    }
    case 'gossip': {
      const form = reading.check(Doings.gossip, value, path);
      if (form === undefined) return undefined;
      const { from, ...data } = typeof form === 'string' ? { from: form } : form;
      const node = roll.node(from, typeof form === 'string' ? path : [...path, 'from']);
      return node === undefined ? undefined : { do: 'gossip', from: node, ...data };
    }
    case 'send': {
      const form = reading.check(Doings.send, value, path);
      const node = form && roll.node(form.to, [...path, 'to']);
      return node === undefined ? undefined : { do: 'send', ...form!, to: node };
    }
    case 'churn': {
      const form = reading.check(Doings.churn, value, path);
      if (form === undefined) return undefined;
      const nodes = form.nodes === undefined ? [...roll.nodes] : roll.names(form.nodes, [...path, 'nodes']);
      return { do: 'churn', rate: form.rate, lasts: form.down, nodes, by: form.by ?? 'kill', seed: form.seed };
    }
    case 'cuts': {
      const form = reading.check(Doings.cuts, value, path);
      if (form === undefined) return undefined;
      const nodes = form.nodes === undefined ? roll.nodes : roll.names(form.nodes, [...path, 'nodes']);
      const links = roll.pairs(nodes);
      if (links.length === 0) reading.mistake(path, 'expected links to cut, and there are none between these nodes');
      return { do: 'cuts', rate: form.rate, lasts: form.for, links, seed: form.seed };
    }
    case 'expect': {
      const expectation = readExpectation(reading, roll, value, path);
      return expectation && { do: 'expect', expectation };
    }
  }
}

function readPartition(reading: Reading, roll: Roll, value: unknown, beside: Beside, path: Path): Action | undefined {
  const form = reading.check(Doings.partition, value, path);
  if (form === undefined) return undefined;
  const lasts = beside.for === undefined ? {} : { lasts: beside.for };
  const oneway = beside.oneway ?? false;
  const preset =
    typeof form === 'string' && (PRESETS as readonly string[]).includes(form) ? (form as Preset) : undefined;
  if (preset !== undefined || isMap(form)) {
    const chosen = preset ?? (form as { preset: Preset }).preset;
    const { seed } = isMap(form) ? form : {};
    const nodes = [...roll.nodes];
    if (nodes.length < LEAST[chosen])
      reading.mistake(path, `${chosen} divides ${LEAST[chosen]} nodes or more, and there are ${nodes.length}`);
    if (oneway && chosen === 'majorities-ring') reading.mistake(path, `${chosen} has no one-way form`);
    return {
      do: 'preset',
      preset: chosen,
      nodes,
      oneway,
      ...(seed === undefined ? {} : { seed: seed as number }),
      ...lasts,
    };
  }
  const meant = typeof form === 'string' && !roll.knows(form.trim()) ? suggest(form, PRESETS) : undefined;
  if (meant !== undefined) {
    reading.mistake(path, `unknown preset ${quote(form as string)}`, { hint: `did you mean ${quote(meant)}?` });
    return undefined;
  }
  const groups = readGroups(reading, roll, form as string | (string | string[])[], path);
  return { do: 'fault', faults: [{ kind: 'partition', cuts: cutsBetween(groups, oneway) }], ...lasts };
}

/** Groups as lists, or between slashes; a single one is cut off from the rest. */
function readGroups(reading: Reading, roll: Roll, form: string | (string | string[])[], path: Path): string[][] {
  const groups =
    typeof form === 'string'
      ? pieces(form).map(({ text, at }) => roll.inText(text, at, path))
      : form.map((names, index) => roll.names(names, [...path, index]));
  const seen = new Set<string>();
  for (const node of groups.flat()) {
    if (seen.has(node)) reading.mistake(path, `expected every node in one group, got ${quote(node)} in two`);
    seen.add(node);
  }
  if (groups.length > 1) return groups;
  const rest = roll.nodes.filter((node) => !seen.has(node));
  const hint = `groups are [[a, b], [c]] or "a, b / c"; presets: ${PRESETS.join(', ')}`;
  if (rest.length === 0) reading.mistake(path, 'expected two groups at least, got all nodes in one', { hint });
  return [...groups, rest];
}

function pieces(text: string): { text: string; at: number }[] {
  let at = 0;
  return text.split('/').map((piece) => {
    const start = at;
    at += piece.length + 1;
    return { text: piece, at: start };
  });
}

function cut(reading: Reading, roll: Roll, text: string, path: Path): Fault[] {
  const joins = roll.joins(text, path);
  const pairs = joins.flatMap(({ from, to }) => from.flatMap((a) => to.map((b) => [a, b] as const)));
  if (pairs.length > 0 && !pairs.some(([a, b]) => roll.linked(a, b)))
    reading.mistake(path, `expected a link of the topology, got ${quote(text)}`);
  const cuts = joins.flatMap(({ from, to, both }) => [{ from, to }, ...(both ? [{ from: to, to: from }] : [])]);
  return [{ kind: 'partition', cuts }];
}

/** Pairs of nodes with a link between them, whoever dials. */
function linkedEnds(
  reading: Reading,
  roll: Roll,
  from: unknown,
  to: unknown,
  path: Path,
): { from: string; to: string }[] {
  const left = roll.names(from, [...path, 'from']);
  const right = roll.names(to, [...path, 'to']);
  const ends = left.flatMap((a) => right.map((b) => ({ from: a, to: b })));
  const linked = ends.filter(({ from: a, to: b }) => a !== b && roll.linked(a, b));
  if (ends.length > 0 && linked.length === 0)
    reading.mistake(path, 'expected nodes with a link between them, and there is none');
  return linked;
}

/** Of pairs that are there in both directions, the first: what is done both ways is done once. */
function eachOnce(ends: readonly { from: string; to: string }[]): { from: string; to: string }[] {
  const seen = new Set<string>();
  return ends.filter(({ from, to }) => {
    seen.add(`${from} ${to}`);
    return !seen.has(`${to} ${from}`);
  });
}

/** Without the keys that are undefined. */
function present<T extends object>(value: T): { [Key in keyof T]: Exclude<T[Key], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as never;
}
