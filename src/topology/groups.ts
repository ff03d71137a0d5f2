import { membersOf, readNames } from './names.ts';
import type { Roster } from './nodes.ts';
import type { Reading } from './reading.ts';
import { Groups, NodeName } from './schema/index.ts';
import { isMap, quote } from './wording.ts';

/**
 * Parses `groups` and adds them to those that the roster has: from there on, their names stand for their nodes. A group may
 * name those above it.
 */
export function readGroups(reading: Reading, value: unknown, roster: Roster | undefined): void {
  if (value === undefined) return;
  reading.check(Groups, value, ['groups']);
  if (!isMap(value)) return;
  for (const name of reading.keys(value, ['groups'])) {
    const path = ['groups', name];
    const members = membersOf(readNames(reading, roster, value[name], path));
    if (roster === undefined) continue;
    const other = roster.positions.has(name) ? 'a node' : roster.groups.has(name) ? 'a group of "nodes"' : undefined;
    if (other !== undefined)
      reading.mistake(path, `${quote(name)} is both ${other} and one of "groups"`, { part: 'key' });
    else if (NodeName.safeParse(name).success) roster.groups.set(name, members);
    else roster.unread.push(name);
  }
}
