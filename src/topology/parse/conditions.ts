import { describeValue, isMap } from '../document/diagnostic-text.ts';
import type { DocumentPath } from '../document/document-path.ts';
import type { ParseContext } from '../document/parse-context.ts';
import type { DirectedLinkConditions, LinkConditions } from '../model/topology.ts';
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
 * Parses `conditions` and resolves the conditions between any two nodes with a link. Each key comes from the link, or else from
 * the last rule for their groups, or else from the default.
 */
export function parseConditions(
  context: ParseContext,
  value: unknown,
  nodeTable: NodeTable | undefined,
  links: ParsedLinks,
): DirectedLinkConditions[] {
  const groupConditions = parseGroupConditions(context, value, nodeTable);
  if (nodeTable === undefined || (groupConditions.isEmpty && links.conditions.size === 0)) return [];
  const { nodes } = nodeTable;
  const resolved = new Map<ConditionValues | undefined, Map<ConditionValues | undefined, LinkConditions | undefined>>();
  const conditions: DirectedLinkConditions[] = [];
  for (const pair of nodePairsWithConditions(links, nodes.length, groupConditions.isEmpty)) {
    const from = Math.floor(pair / nodes.length);
    const to = pair % nodes.length;
    const ends = { from: nodes[from]!.name, to: nodes[to]!.name };
    const general = groupConditions.get(from, to);
    const own = links.conditions.get(pair);
    // Many links have the same conditions: those of a mesh with a default are resolved once.
    const known = resolved.get(general) ?? new Map<ConditionValues | undefined, LinkConditions | undefined>();
    resolved.set(general, known);
    if (!known.has(own)) {
      const values = overrideConditions(general, own);
      known.set(own, values && resolveLinkConditions(context, values, ends.from, ends.to));
    }
    const inForce = known.get(own);
    if (inForce !== undefined) conditions.push({ ...ends, ...inForce });
  }
  return conditions;
}

/** Returns the ordered pairs of nodes that may have conditions, as from × number of nodes + to, sorted. */
function nodePairsWithConditions(
  { linkedPairs, conditions }: ParsedLinks,
  nodes: number,
  ownOnly: boolean,
): Uint32Array {
  const all = new Set(conditions.keys());
  if (!ownOnly) {
    for (const pair of linkedPairs) all.add(pair).add((pair % nodes) * nodes + Math.floor(pair / nodes));
  }
  return Uint32Array.from(all).sort();
}

function parseGroupConditions(
  context: ParseContext,
  value: unknown,
  nodeTable: NodeTable | undefined,
): GroupConditionTable {
  const path = ['conditions'];
  const conditions = isMap(value) ? value : {};
  if (value !== undefined && !isMap(value)) context.validate(ConditionsSchema, value, path);
  for (const key of context.keysInOrder(conditions, path)) {
    if (!Object.hasOwn(ConditionsSchema.shape, key))
      context.reportUnknownKey([...path, key], Object.keys(ConditionsSchema.shape));
  }
  const inDefault = [...path, 'default'];
  const byDefault = Object.hasOwn(conditions, 'default')
    ? conditionValuesOf(context.validate(LinkConditionsSchema, conditions.default, inDefault), inDefault)
    : undefined;
  const table = new GroupConditionTable(nodeTable?.nodes.length ?? 0, byDefault);
  const rules = conditions.between;
  if (Array.isArray(rules)) {
    for (const [index, rule] of rules.entries())
      parseGroupRule(context, rule, [...path, 'between', index], nodeTable, table);
  } else if (Object.hasOwn(conditions, 'between')) {
    context.validate(ConditionsSchema.shape.between.unwrap(), rules, [...path, 'between']);
  }
  return table;
}

function parseGroupRule(
  context: ParseContext,
  rule: unknown,
  path: DocumentPath,
  nodeTable: NodeTable | undefined,
  table: GroupConditionTable,
): void {
  const names = (value: unknown, ...steps: (string | number)[]) =>
    resolveNames(context, nodeTable, value, [...path, ...steps]);
  if (isMap(rule) && Object.hasOwn(rule, 'between')) {
    const values = conditionValuesOf(context.validate(BetweenRuleSchema, rule, path), path);
    const [one, other] = Array.isArray(rule.between)
      ? [names(rule.between[0], 'between', 0), names(rule.between[1], 'between', 1)]
      : [[], []];
    if (values === undefined) return;
    table.add(one, other, values);
    table.add(other, one, values);
  } else if (isMap(rule) && (Object.hasOwn(rule, 'from') || Object.hasOwn(rule, 'to'))) {
    const values = conditionValuesOf(context.validate(OneWayRuleSchema, rule, path), path);
    const from = names(rule.from, 'from');
    const to = names(rule.to, 'to');
    if (values !== undefined) table.add(from, to, values);
  } else {
    context.report(path, `expected { between: [eu, us], … } or { from: eu, to: us, … }, got ${describeValue(rule)}`);
  }
}
