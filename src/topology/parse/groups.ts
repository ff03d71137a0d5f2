import { isMap, quote } from '../document/diagnostic-text.ts';
import type { ParseContext } from '../document/parse-context.ts';
import { GroupsSchema, NodeNameSchema } from '../schema/index.ts';
import type { NodeTable } from './nodes.ts';
import { nodePositionsOf, resolveNames } from './resolve-names.ts';

/** Parses `groups` and adds them to the node table. A group may name the groups above it. */
export function parseGroups(context: ParseContext, value: unknown, nodeTable: NodeTable | undefined): void {
  if (value === undefined) return;
  context.validate(GroupsSchema, value, ['groups']);
  if (!isMap(value)) return;
  for (const name of context.keysInOrder(value, ['groups'])) {
    const path = ['groups', name];
    const members = nodePositionsOf(resolveNames(context, nodeTable, value[name], path));
    if (nodeTable === undefined) continue;
    const other = nodeTable.positions.has(name)
      ? 'a node'
      : nodeTable.groups.has(name)
        ? 'a group of "nodes"'
        : undefined;
    if (other !== undefined)
      context.report(path, `${quote(name)} is both ${other} and one of "groups"`, { span: 'key' });
    else if (NodeNameSchema.safeParse(name).success) nodeTable.groups.set(name, members);
    else nodeTable.unparsedPrefixes.push(name);
  }
}
