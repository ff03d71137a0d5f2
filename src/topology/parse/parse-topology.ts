import { TopologyError } from '../document/diagnostic.ts';
import { describeValue, isMap, quote } from '../document/diagnostic-text.ts';
import type { DocumentPath } from '../document/document-path.ts';
import { ParseContext } from '../document/parse-context.ts';
import { documentFromObject, documentFromYaml, type SourceDocument } from '../document/source-document.ts';
import type { Topology } from '../model/topology.ts';
import {
  CaptureSchema,
  DeclaredNodeSettings,
  DevnetNameSchema,
  EncryptedSchema,
  EngineSchema,
  InternalSchema,
  linkConditionFields,
  ShapingSchema,
  SubnetSchema,
  TopologyFileSchema,
  UncheckedScenarioSchema,
} from '../schema/index.ts';
import { parseConditions } from './conditions.ts';
import { parseGroups } from './groups.ts';
import { parseLinks } from './links.ts';
import { parseNodeSettings } from './node-settings.ts';
import { type NodeTable, parseNodes } from './nodes.ts';
import { validateSubnet } from './validate-subnet.ts';

/** Options of {@link parseTopology}. */
export interface ParseTopologyOptions {
  /** Name of the file in messages. */
  file: string;
  /**
   * Name of the network if the file has none.
   * @default none: the file must have a name
   */
  name?: string;
}

/**
 * Parses a topology file (YAML 1.2, so JSON as well).
 *
 * @throws {@link TopologyError} with every mistake in the file
 */
export function parseTopology(text: string, options: ParseTopologyOptions): Topology {
  return parseOrThrow(documentFromYaml(text), options);
}

/**
 * Parses a topology that is a plain object of the same form as a file. Diagnostics have the path to the value, and no place.
 *
 * @throws {@link TopologyError} with every mistake in it
 */
export function parseTopologyObject(value: unknown, options: Partial<ParseTopologyOptions> = {}): Topology {
  return parseOrThrow(documentFromObject(value), { file: 'the topology', ...options });
}

function parseOrThrow(source: SourceDocument, { file, name }: ParseTopologyOptions): Topology {
  const context = new ParseContext(source);
  const isReadable = !context.reportForeignFile('topology') && source.isUsable;
  const topology = isReadable ? parseTopologyDocument(context, source.value, name) : undefined;
  if (topology === undefined || context.diagnostics.length > 0) throw new TopologyError(file, context.diagnostics);
  return topology;
}

/** Parses as much as possible; the result is valid only if there are no diagnostics. */
function parseTopologyDocument(
  context: ParseContext,
  value: unknown,
  fallbackName: string | undefined,
): Topology | undefined {
  if (!isMap(value)) {
    context.report([], `expected a map with "nodes" and "links", got ${describeValue(value)}`);
    return undefined;
  }
  rejectProtoKeys(context, value, [], new Set());
  checkTopLevelKeys(context, value);

  const defaults =
    value.defaults === undefined ? {} : parseNodeSettings(context, DeclaredNodeSettings, value.defaults, ['defaults']);
  const nodeTable = parseNodes(context, value.nodes, defaults);
  parseGroups(context, value.groups, nodeTable);
  const links = parseLinks(context, value.links, nodeTable);
  const conditions = parseConditions(context, value.conditions, nodeTable, links);
  const shaping = value.shaping === undefined ? undefined : context.validate(ShapingSchema, value.shaping, ['shaping']);
  const engine = value.engine === undefined ? undefined : context.validate(EngineSchema, value.engine, ['engine']);
  if (value.scenario !== undefined) context.validate(UncheckedScenarioSchema, value.scenario, ['scenario']);
  const internal = value.internal === undefined ? true : context.validate(InternalSchema, value.internal, ['internal']);
  const encrypted =
    value.encrypted === undefined ? false : context.validate(EncryptedSchema, value.encrypted, ['encrypted']);
  const capture = value.capture === undefined ? false : context.validate(CaptureSchema, value.capture, ['capture']);
  const subnet = value.subnet === undefined ? undefined : parseSubnetSetting(context, value.subnet, nodeTable);
  return {
    name: parseDevnetName(context, value.name, fallbackName) ?? '',
    nodes: nodeTable?.nodes ?? [],
    links: links.links,
    groups: groupMembersByName(nodeTable),
    conditions,
    ...(engine === undefined ? {} : { engine }),
    shaping: shaping ?? 'auto',
    ...(capture ? { capture } : {}),
    ...(value.scenario === undefined ? {} : { scenario: value.scenario }),
    network: {
      ...(subnet === undefined ? {} : { subnet }),
      internal: internal ?? true,
      ...(encrypted ? { encrypted } : {}),
    },
  };
}

function groupMembersByName(nodeTable: NodeTable | undefined): Topology['groups'] {
  const names = (members: number[]) => members.map((member) => nodeTable!.nodes[member]!.name);
  return Object.fromEntries([...(nodeTable?.groups ?? [])].map(([group, members]) => [group, names(members)]));
}

function parseDevnetName(context: ParseContext, value: unknown, fallback: string | undefined): string | undefined {
  const expected = DevnetNameSchema.meta()?.expected;
  if (typeof value === 'string' && !DevnetNameSchema.safeParse(value).success) {
    context.reportInvalidName(DevnetNameSchema, value, ['name']);
    return undefined;
  }
  if (value !== undefined) return context.validate(DevnetNameSchema, value, ['name']);
  if (fallback === undefined) context.report([], `missing key "name": expected ${expected}`);
  else if (!DevnetNameSchema.safeParse(fallback).success) {
    context.report(
      [],
      `missing key "name", and the file's own name cannot replace it: expected ${expected}, got ${quote(fallback)}`,
    );
  }
  return fallback;
}

function parseSubnetSetting(
  context: ParseContext,
  value: unknown,
  nodeTable: NodeTable | undefined,
): string | undefined {
  const subnet = context.validate(SubnetSchema, value, ['subnet']);
  const error = subnet === undefined ? undefined : validateSubnet(subnet, nodeTable?.nodes.length);
  if (error !== undefined) context.report(['subnet'], error.message, { hint: error.hint });
  return subnet;
}

function checkTopLevelKeys(context: ParseContext, value: Record<string, unknown>): void {
  const known = Object.keys(TopologyFileSchema.shape);
  for (const key of context.keysInOrder(value, [])) {
    if (known.includes(key)) continue;
    if (Object.hasOwn(DeclaredNodeSettings.shape, key)) {
      const hint = 'it belongs to a node, or under "defaults" for all of them';
      context.report([key], `unknown key ${quote(key)}`, { hint, span: 'key' });
    } else if (Object.hasOwn(linkConditionFields, key)) {
      const hint = 'it belongs to a link, or under "default" of "conditions" for all of them';
      context.report([key], `unknown key ${quote(key)}`, { hint, span: 'key' });
    } else {
      context.reportUnknownKey([key], known);
    }
  }
}

/** Reports keys named `__proto__`: JavaScript gives them a meaning of their own, and zod drops them silently. */
function rejectProtoKeys(context: ParseContext, value: unknown, path: DocumentPath, seen: Set<unknown>): void {
  if (typeof value !== 'object' || value === null || seen.has(value)) return;
  seen.add(value);
  for (const [key, inner] of Object.entries(value)) {
    const step = Array.isArray(value) ? Number(key) : key;
    if (key === '__proto__') context.report([...path, key], 'the key "__proto__" cannot be used', { span: 'key' });
    rejectProtoKeys(context, inner, [...path, step], seen);
  }
}
