import { scalarText } from '../../shared/text.ts';
import { isMap, quote, suggestQuotes, toValidName } from '../document/diagnostic-text.ts';
import type { DocumentPath } from '../document/document-path.ts';
import type { ParseContext } from '../document/parse-context.ts';
import { MAX_NAME_LENGTH, MAX_NODES } from '../model/limits.ts';
import type { TopologyNode } from '../model/topology.ts';
import {
  CountedNodesSchema,
  DeclaredNodeSettings,
  NamePrefixSchema,
  NodeGroupSchema,
  NodeNameSchema,
} from '../schema/index.ts';
import { createTopologyNode, parseNodeSettings } from './node-settings.ts';

/** The nodes and groups that names in a file stand for. */
export interface NodeTable {
  /** In declared order. */
  nodes: TopologyNode[];
  /** Position of each node by its name. */
  positions: Map<string, number>;
  /** Positions of a group's nodes by the group's name. */
  groups: Map<string, number[]>;
  /** Prefixes of names that could not be parsed: a link to such a name is not reported again. */
  unparsedPrefixes: string[];
}

const EXPECTED_NODES = 'a count, a list of names, or a map of names to settings';

/** Parses `nodes` in any of its three forms; undefined when no node could be parsed. */
export function parseNodes(
  context: ParseContext,
  value: unknown,
  defaults: DeclaredNodeSettings,
): NodeTable | undefined {
  const table = new NodeTableBuilder(context, defaults);
  const path = ['nodes'];
  if (value === undefined) {
    context.report([], `missing key "nodes": expected ${EXPECTED_NODES}`);
  } else if (Array.isArray(value) && value.length > 0) {
    for (const [index, name] of value.entries()) table.addListEntry(name, [...path, index]);
  } else if (isMap(value) && isCountedNodes(value)) {
    table.addGroup(CountedNodesSchema, value, path);
  } else if (isMap(value) && Object.keys(value).length > 0) {
    for (const name of context.keysInOrder(value, path)) {
      const settings = value[name];
      if (isMap(settings) && Object.hasOwn(settings, 'count'))
        table.addGroup(NodeGroupSchema, settings, [...path, name], name);
      else table.addNode(name, settings, [...path, name]);
    }
  } else {
    const hint = typeof value === 'number' ? `did you mean { count: ${value} }?` : undefined;
    context.report(path, `expected ${EXPECTED_NODES}, got ${context.describe(path, value)}`, { hint });
  }
  return table.build(path);
}

/** True when a map is one group rather than nodes by name: it has a count, or settings instead of nodes. */
function isCountedNodes(value: Record<string, unknown>): boolean {
  if (Object.hasOwn(value, 'count')) return true;
  return Object.entries(value).some(([key, one]) => {
    return Object.hasOwn(CountedNodesSchema.shape, key) && one !== null && !isMap(one);
  });
}

/** Returns a hint at the nearest valid name for a number that is none, such as 1.10. */
function suggestValidName(value: unknown, written: string): string | undefined {
  const valid = typeof value === 'number' ? toValidName(written) : '';
  return valid === '' ? undefined : `did you mean ${quote(valid)}?`;
}

class NodeTableBuilder {
  readonly #context: ParseContext;
  readonly #defaults: DeclaredNodeSettings;
  readonly #table: NodeTable = { nodes: [], positions: new Map(), groups: new Map(), unparsedPrefixes: [] };
  #total = 0;

  constructor(context: ParseContext, defaults: DeclaredNodeSettings) {
    this.#context = context;
    this.#defaults = defaults;
  }

  /** Adds an entry of a list. */
  addListEntry(name: unknown, path: DocumentPath): void {
    if (typeof name === 'string') {
      this.#checkName(name, path, 'value');
      if (this.#reserve(1)) this.#addUnique(name, {}, path, 'value');
      return;
    }
    const written = this.#context.rawText(path) ?? scalarText(name);
    const hint = isMap(name)
      ? 'nodes with settings go into a map: nodes: { a: { port: 4000 } }'
      : (suggestQuotes(NodeNameSchema, name, written) ?? suggestValidName(name, written));
    this.#context.report(path, `expected the name of a node, got ${this.#context.describe(path, name)}`, { hint });
    this.#table.unparsedPrefixes.push(typeof name === 'number' ? written : '');
  }

  /** Adds an entry of a map; `null` settings mean the defaults. */
  addNode(name: string, settings: unknown, path: DocumentPath): void {
    this.#checkName(name, path, 'key');
    const own = settings === null ? {} : parseNodeSettings(this.#context, DeclaredNodeSettings, settings, path);
    if (this.#reserve(1)) this.#addUnique(name, own, path, 'key');
  }

  /** Adds numbered nodes with the same settings. */
  addGroup(
    schema: typeof CountedNodesSchema | typeof NodeGroupSchema,
    value: Record<string, unknown>,
    path: DocumentPath,
    name?: string,
  ): void {
    const own = parseNodeSettings(this.#context, schema, value, path);
    const prefix = name ?? value.prefix ?? 'n';
    if (name !== undefined && !NamePrefixSchema.safeParse(name).success) {
      this.#context.report(path, `expected ${NamePrefixSchema.meta()?.expected}, got ${quote(name)}`, { span: 'key' });
    }
    const count = schema.shape.count.safeParse(value.count);
    if (!count.success || typeof prefix !== 'string') {
      this.#table.unparsedPrefixes.push(scalarText(prefix));
      return;
    }
    if (`${prefix}${count.data}`.length > MAX_NAME_LENGTH) {
      this.#context.report(
        path,
        `expected names of at most ${MAX_NAME_LENGTH} characters, got ${prefix}${count.data}`,
        { span: 'key' },
      );
    }
    if (!this.#reserve(count.data)) return;
    const members = Array.from({ length: count.data }, (_, index) =>
      this.#addUnique(`${prefix}${index + 1}`, own, path, 'key'),
    );
    this.#table.groups.set(prefix, members);
  }

  /** Returns the table; undefined when it has no nodes, or too many. */
  build(path: DocumentPath): NodeTable | undefined {
    const { nodes, positions, groups } = this.#table;
    for (const group of groups.keys()) {
      if (!positions.has(group)) continue;
      this.#context.report([...path, group], `${quote(group)} is both a node and a group`, { span: 'key' });
    }
    if (this.#total > MAX_NODES) {
      this.#context.report(path, `expected at most ${MAX_NODES} nodes, got ${this.#total}`, { span: 'key' });
      return undefined;
    }
    return nodes.length > 0 ? this.#table : undefined;
  }

  /** Counts nodes before they are created, so that an enormous count costs nothing. */
  #reserve(count: number): boolean {
    this.#total += count;
    return this.#total <= MAX_NODES;
  }

  #checkName(name: string, path: DocumentPath, span: 'key' | 'value'): void {
    if (!NodeNameSchema.safeParse(name).success) this.#context.reportInvalidName(NodeNameSchema, name, path, span);
  }

  #addUnique(name: string, own: DeclaredNodeSettings, path: DocumentPath, span: 'key' | 'value'): number {
    const { nodes, positions } = this.#table;
    const taken = positions.get(name);
    if (taken !== undefined) {
      this.#context.report(path, `expected every name once, got ${quote(name)} again`, { span });
      return taken;
    }
    positions.set(name, nodes.length);
    // Links may already use the valid form of an invalid name.
    if (!NodeNameSchema.safeParse(name).success && !positions.has(toValidName(name)))
      positions.set(toValidName(name), nodes.length);
    nodes.push(createTopologyNode(name, own, this.#defaults));
    return nodes.length - 1;
  }
}
