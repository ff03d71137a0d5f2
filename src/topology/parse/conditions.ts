import { describeValue, isMap } from '../document/diagnostic-text.ts';
import type { DocumentPath } from '../document/document-path.ts';
import type { ParseContext } from '../document/parse-context.ts';
import type { DirectedLinkConditions, LinkConditions as Settled } from '../model/topology.ts';
import { BetweenRuleSchema, ConditionsSchema, LinkConditionsSchema, OneWayRuleSchema } from '../schema/index.ts';
import {
  type ConditionValues,
  conditionValuesOf,
  overrideConditions,
  resolveLinkConditions,
} from './condition-values.ts';
import { GroupConditionTable } from './group-conditions.ts';
import type { ParsedLinks } from './links.ts';
import type { NodeTable } from './nodes.ts';
import { resolveNames } from './resolve-names.ts';

/**
 * Parses `conditions`, and works out how packets fare between any two nodes with a link: as the link says; else as what is
 * said of two groups does, the last first; else as the default does; each key by itself.
 */
export function parseConditions(
  reading: ParseContext,
  value: unknown,
  roster: NodeTable | undefined,
  links: ParsedLinks,
): DirectedLinkConditions[] {
  const between = parseGroupConditions(reading, value, roster);
  if (roster === undefined || (between.isEmpty && links.conditions.size === 0)) return [];
  const { nodes } = roster;
  const settled = new Map<ConditionValues | undefined, Map<ConditionValues | undefined, Settled | undefined>>();
  const conditions: DirectedLinkConditions[] = [];
  for (const pair of nodePairsWithConditions(links, nodes.length, between.isEmpty)) {
    const from = Math.floor(pair / nodes.length);
    const to = pair % nodes.length;
    const ends = { from: nodes[from]!.name, to: nodes[to]!.name };
    const general = between.get(from, to);
    const own = links.conditions.get(pair);
    // Many links ask for the same: a mesh with a default has one answer.
    const known = settled.get(general) ?? new Map<ConditionValues | undefined, Settled | undefined>();
    settled.set(general, known);
    if (!known.has(own)) {
      const asked = overrideConditions(general, own);
      known.set(own, asked && resolveLinkConditions(reading, asked, ends.from, ends.to));
    }
    const quality = known.get(own);
    if (quality !== undefined) conditions.push({ ...ends, ...quality });
  }
  return conditions;
}

/** Ordered pairs of nodes that a condition may be on, as from × number of nodes + to, in that order. */
function nodePairsWithConditions(
  { linkedPairs: pairs, conditions: asked }: ParsedLinks,
  nodes: number,
  ownOnly: boolean,
): Uint32Array {
  const all = new Set(asked.keys());
  if (!ownOnly) {
    for (const pair of pairs) all.add(pair).add((pair % nodes) * nodes + Math.floor(pair / nodes));
  }
  return Uint32Array.from(all).sort();
}

function parseGroupConditions(
  reading: ParseContext,
  value: unknown,
  roster: NodeTable | undefined,
): GroupConditionTable {
  const path = ['conditions'];
  const conditions = isMap(value) ? value : {};
  if (value !== undefined && !isMap(value)) reading.validate(ConditionsSchema, value, path);
  for (const key of reading.keysInOrder(conditions, path)) {
    if (!Object.hasOwn(ConditionsSchema.shape, key))
      reading.reportUnknownKey([...path, key], Object.keys(ConditionsSchema.shape));
  }
  const inDefault = [...path, 'default'];
  const byDefault = Object.hasOwn(conditions, 'default')
    ? conditionValuesOf(reading.validate(LinkConditionsSchema, conditions.default, inDefault), inDefault)
    : undefined;
  const between = new GroupConditionTable(roster?.nodes.length ?? 0, byDefault);
  const rules = conditions.between;
  if (Array.isArray(rules)) {
    for (const [index, rule] of rules.entries())
      parseGroupRule(reading, rule, [...path, 'between', index], roster, between);
  } else if (Object.hasOwn(conditions, 'between')) {
    reading.validate(ConditionsSchema.shape.between.unwrap(), rules, [...path, 'between']);
  }
  return between;
}

function parseGroupRule(
  reading: ParseContext,
  rule: unknown,
  path: DocumentPath,
  roster: NodeTable | undefined,
  between: GroupConditionTable,
): void {
  const names = (value: unknown, ...steps: (string | number)[]) =>
    resolveNames(reading, roster, value, [...path, ...steps]);
  if (isMap(rule) && Object.hasOwn(rule, 'between')) {
    const asked = conditionValuesOf(reading.validate(BetweenRuleSchema, rule, path), path);
    const [one, other] = Array.isArray(rule.between)
      ? [names(rule.between[0], 'between', 0), names(rule.between[1], 'between', 1)]
      : [[], []];
    if (asked === undefined) return;
    between.add(one, other, asked);
    between.add(other, one, asked);
  } else if (isMap(rule) && (Object.hasOwn(rule, 'from') || Object.hasOwn(rule, 'to'))) {
    const asked = conditionValuesOf(reading.validate(OneWayRuleSchema, rule, path), path);
    const from = names(rule.from, 'from');
    const to = names(rule.to, 'to');
    if (asked !== undefined) between.add(from, to, asked);
  } else {
    reading.report(path, `expected { between: [eu, us], … } or { from: eu, to: us, … }, got ${describeValue(rule)}`);
  }
}
