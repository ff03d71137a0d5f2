import { type Asked, askedIn, overlay, settle } from './asked.ts';
import { Between } from './between.ts';
import type { LinksRead } from './links.ts';
import { readNames } from './names.ts';
import type { Roster } from './nodes.ts';
import type { Path } from './path.ts';
import type { Reading } from './reading.ts';
import { BetweenSides, Conditions, FromSide, Quality } from './schema/index.ts';
import type { Condition, Quality as Settled } from './topology.ts';
import { found, isMap } from './wording.ts';

/**
 * Parses `conditions`, and works out how packets fare between any two nodes with a link: as the link says; else as what is
 * said of two groups does, the last first; else as the default does; each key by itself.
 */
export function readConditions(
  reading: Reading,
  value: unknown,
  roster: Roster | undefined,
  links: LinksRead,
): Condition[] {
  const between = readBetween(reading, value, roster);
  if (roster === undefined || (between.isEmpty && links.asked.size === 0)) return [];
  const { nodes } = roster;
  const settled = new Map<Asked | undefined, Map<Asked | undefined, Settled | undefined>>();
  const conditions: Condition[] = [];
  for (const pair of pairsOf(links, nodes.length, between.isEmpty)) {
    const from = Math.floor(pair / nodes.length);
    const to = pair % nodes.length;
    const ends = { from: nodes[from]!.name, to: nodes[to]!.name };
    const general = between.of(from, to);
    const own = links.asked.get(pair);
    // Many links ask for the same: a mesh with a default has one answer.
    const known = settled.get(general) ?? new Map<Asked | undefined, Settled | undefined>();
    settled.set(general, known);
    if (!known.has(own)) {
      const asked = overlay(general, own);
      known.set(own, asked && settle(reading, asked, ends.from, ends.to));
    }
    const quality = known.get(own);
    if (quality !== undefined) conditions.push({ ...ends, ...quality });
  }
  return conditions;
}

/** Ordered pairs of nodes that a condition may be on, as from × number of nodes + to, in that order. */
function pairsOf({ pairs, asked }: LinksRead, nodes: number, ownOnly: boolean): Uint32Array {
  const all = new Set(asked.keys());
  if (!ownOnly) {
    for (const pair of pairs) all.add(pair).add((pair % nodes) * nodes + Math.floor(pair / nodes));
  }
  return Uint32Array.from(all).sort();
}

function readBetween(reading: Reading, value: unknown, roster: Roster | undefined): Between {
  const path = ['conditions'];
  const conditions = isMap(value) ? value : {};
  if (value !== undefined && !isMap(value)) reading.check(Conditions, value, path);
  for (const key of reading.keys(conditions, path)) {
    if (!Object.hasOwn(Conditions.shape, key)) reading.unknownKey([...path, key], Object.keys(Conditions.shape));
  }
  const inDefault = [...path, 'default'];
  const byDefault = Object.hasOwn(conditions, 'default')
    ? askedIn(reading.check(Quality, conditions.default, inDefault), inDefault)
    : undefined;
  const between = new Between(roster?.nodes.length ?? 0, byDefault);
  const rules = conditions.between;
  if (Array.isArray(rules)) {
    for (const [index, rule] of rules.entries()) readRule(reading, rule, [...path, 'between', index], roster, between);
  } else if (Object.hasOwn(conditions, 'between')) {
    reading.check(Conditions.shape.between.unwrap(), rules, [...path, 'between']);
  }
  return between;
}

function readRule(reading: Reading, rule: unknown, path: Path, roster: Roster | undefined, between: Between): void {
  const names = (value: unknown, ...steps: (string | number)[]) =>
    readNames(reading, roster, value, [...path, ...steps]);
  if (isMap(rule) && Object.hasOwn(rule, 'between')) {
    const asked = askedIn(reading.check(BetweenSides, rule, path), path);
    const [one, other] = Array.isArray(rule.between)
      ? [names(rule.between[0], 'between', 0), names(rule.between[1], 'between', 1)]
      : [[], []];
    if (asked === undefined) return;
    between.add(one, other, asked);
    between.add(other, one, asked);
  } else if (isMap(rule) && (Object.hasOwn(rule, 'from') || Object.hasOwn(rule, 'to'))) {
    const asked = askedIn(reading.check(FromSide, rule, path), path);
    const from = names(rule.from, 'from');
    const to = names(rule.to, 'to');
    if (asked !== undefined) between.add(from, to, asked);
  } else {
    reading.mistake(path, `expected { between: [eu, us], … } or { from: eu, to: us, … }, got ${found(rule)}`);
  }
}
