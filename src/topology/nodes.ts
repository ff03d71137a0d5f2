import { MAX_NAME_LENGTH, MAX_NODES } from './limits.ts';
import type { Path } from './path.ts';
import type { Reading } from './reading.ts';
import { Counted, Group, NodeName, Prefix, Settings } from './schema/index.ts';
import { declareNode, readSettings } from './settings.ts';
import type { TopologyNode } from './topology.ts';
import { found, isMap, nearestName, quote } from './wording.ts';

/** Who is there to be linked. */
export interface Roster {
  /** In declared order. */
  nodes: TopologyNode[];
  /** Position of each node by its name. */
  positions: Map<string, number>;
  /** Positions of a group's nodes by the group's name. */
  groups: Map<string, number[]>;
  /** How the names start that could not be read; a link to one of those is no further mistake. */
  unread: string[];
}

const EXPECTED = 'a count, a list of names, or a map of names to settings';

/** Parses `nodes` in any of its three forms; undefined when there are no nodes to speak of. */
export function readNodes(reading: Reading, value: unknown, defaults: Settings): Roster | undefined {
  const roster = new RosterReader(reading, defaults);
  const path = ['nodes'];
  if (value === undefined) {
    reading.mistake([], `missing key "nodes": expected ${EXPECTED}`);
  } else if (Array.isArray(value) && value.length > 0) {
    for (const [index, name] of value.entries()) roster.name(name, [...path, index]);
  } else if (isMap(value) && isCounted(value)) {
    roster.group(Counted, value, path);
  } else if (isMap(value) && Object.keys(value).length > 0) {
    for (const name of reading.keys(value, path)) {
      const settings = value[name];
      if (isMap(settings) && Object.hasOwn(settings, 'count')) roster.group(Group, settings, [...path, name], name);
      else roster.node(name, settings, [...path, name]);
    }
  } else {
    const hint = typeof value === 'number' ? `did you mean { count: ${value} }?` : undefined;
    reading.mistake(path, `expected ${EXPECTED}, got ${found(value)}`, { hint });
  }
  return roster.finish(path);
}

/** Whether a map is one group rather than nodes by name: it has a count, or settings where nodes would be. */
function isCounted(value: Record<string, unknown>): boolean {
  if (Object.hasOwn(value, 'count')) return true;
  return Object.entries(value).some(([key, one]) => {
    return Object.hasOwn(Counted.shape, key) && one !== null && !isMap(one);
  });
}

class RosterReader {
  readonly #reading: Reading;
  readonly #defaults: Settings;
  readonly #roster: Roster = { nodes: [], positions: new Map(), groups: new Map(), unread: [] };
  #total = 0;

  constructor(reading: Reading, defaults: Settings) {
    this.#reading = reading;
    this.#defaults = defaults;
  }

  /** An entry of a list. */
  name(name: unknown, path: Path): void {
    if (typeof name === 'string') {
      this.#checkName(name, path, 'value');
      if (this.#fits(1)) this.#add(name, {}, path, 'value');
      return;
    }
    const hint =
      typeof name === 'number'
        ? `put it in quotes: "${name}"`
        : isMap(name)
          ? 'nodes with settings go into a map: nodes: { a: { port: 4000 } }'
          : undefined;
    this.#reading.mistake(path, `expected the name of a node, got ${found(name)}`, { hint });
    this.#roster.unread.push(typeof name === 'number' ? String(name) : '');
  }

  /** An entry of a map; no settings mean the defaults. */
  node(name: string, settings: unknown, path: Path): void {
    this.#checkName(name, path, 'key');
    const own = settings === null ? {} : readSettings(this.#reading, Settings, settings, path);
    if (this.#fits(1)) this.#add(name, own, path, 'key');
  }

  /** So many nodes with the same settings. */
  group(schema: typeof Counted | typeof Group, value: Record<string, unknown>, path: Path, name?: string): void {
    const own = readSettings(this.#reading, schema, value, path);
    const prefix = name ?? value.prefix ?? 'n';
    if (name !== undefined && !Prefix.safeParse(name).success) {
      this.#reading.mistake(path, `expected ${Prefix.meta()?.expected}, got ${quote(name)}`, { part: 'key' });
    }
    const count = schema.shape.count.safeParse(value.count);
    if (!count.success || typeof prefix !== 'string') {
      this.#roster.unread.push(String(prefix));
      return;
    }
    if (`${prefix}${count.data}`.length > MAX_NAME_LENGTH) {
      this.#reading.mistake(
        path,
        `expected names of at most ${MAX_NAME_LENGTH} characters, got ${prefix}${count.data}`,
        {
          part: 'key',
        },
      );
    }
    if (!this.#fits(count.data)) return;
    const members = Array.from({ length: count.data }, (_, index) =>
      this.#add(`${prefix}${index + 1}`, own, path, 'key'),
    );
    this.#roster.groups.set(prefix, members);
  }

  /** What was read; undefined when that is not a single node. */
  finish(path: Path): Roster | undefined {
    const { nodes, positions, groups } = this.#roster;
    for (const group of groups.keys()) {
      if (!positions.has(group)) continue;
      this.#reading.mistake([...path, group], `${quote(group)} is both a node and a group`, { part: 'key' });
    }
    if (this.#total > MAX_NODES) {
      this.#reading.mistake(path, `expected at most ${MAX_NODES} nodes, got ${this.#total}`, { part: 'key' });
      return undefined;
    }
    return nodes.length > 0 ? this.#roster : undefined;
  }

  /** Counts nodes before they are made, so that a count beyond all measure costs nothing. */
  #fits(count: number): boolean {
    this.#total += count;
    return this.#total <= MAX_NODES;
  }

  #checkName(name: string, path: Path, part: 'key' | 'value'): void {
    if (NodeName.safeParse(name).success) return;
    const expected = NodeName.meta()?.expected;
    const slug = nearestName(name);
    const hint = NodeName.safeParse(slug).success ? `did you mean ${quote(slug)}?` : undefined;
    this.#reading.mistake(path, `expected ${expected}, got ${quote(name)}`, { part, hint });
  }

  #add(name: string, own: Settings, path: Path, part: 'key' | 'value'): number {
    const { nodes, positions } = this.#roster;
    const taken = positions.get(name);
    if (taken !== undefined) {
      this.#reading.mistake(path, `expected every name once, got ${quote(name)} again`, { part });
      return taken;
    }
    positions.set(name, nodes.length);
    // Links may already use the name that a wrong one should have been.
    if (!NodeName.safeParse(name).success && !positions.has(nearestName(name)))
      positions.set(nearestName(name), nodes.length);
    nodes.push(declareNode(name, own, this.#defaults));
    return nodes.length - 1;
  }
}
