import { isMap, quote } from '../document/diagnostic-text.ts';
import type { ParseContext } from '../document/parse-context.ts';
import { GroupsSchema, NodeNameSchema } from '../schema/index.ts';
import type { NodeTable } from './nodes.ts';
import { nodePositionsOf, resolveNames } from './resolve-names.ts';

/**
 * Parses `groups` and adds them to those that the roster has: from there on, their names stand for their nodes. A group may
 * name those above it.
 */
export function parseGroups(reading: ParseContext, value: unknown, roster: NodeTable | undefined): void {
  if (value === undefined) return;
  reading.validate(GroupsSchema, value, ['groups']);
  if (!isMap(value)) return;
  for (const name of reading.keysInOrder(value, ['groups'])) {
    const path = ['groups', name];
    const members = nodePositionsOf(resolveNames(reading, roster, value[name], path));
    if (roster === undefined) continue;
    const other = roster.positions.has(name) ? 'a node' : roster.groups.has(name) ? 'a group of "nodes"' : undefined;
    if (other !== undefined)
      reading.report(path, `${quote(name)} is both ${other} and one of "groups"`, { span: 'key' });
    else if (NodeNameSchema.safeParse(name).success) roster.groups.set(name, members);
    else roster.unparsedPrefixes.push(name);
  }
}
