import { TopologyError } from '../document/diagnostic.ts';
import { describeValue, isMap, quote, toValidName } from '../document/diagnostic-text.ts';
import type { DocumentPath } from '../document/document-path.ts';
import { ParseContext } from '../document/parse-context.ts';
import { documentFromObject, documentFromYaml, type SourceDocument } from '../document/source-document.ts';
import type { Topology } from '../model/topology.ts';
import {
  DevnetNameSchema,
  InternalSchema,
  linkConditionFields,
  NodeSettings,
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

export interface ParseTopologyOptions {
  /** Names the file in messages. */
  file: string;
  /** Name of the devnet where the file gives none. */
  name?: string;
}

/**
 * Parses a topology file (YAML 1.2; so JSON will do).
 *
 * @throws TopologyError with every mistake in the file
 */
export function parseTopology(text: string, options: ParseTopologyOptions): Topology {
  return parseOrThrow(documentFromYaml(text), options);
}

/**
 * Parses a topology that is already a plain object, of the same form as a file. Mistakes name the path to the value.
 *
 * @throws TopologyError with every mistake in it
 */
export function parseTopologyObject(value: unknown, options: Partial<ParseTopologyOptions> = {}): Topology {
  return parseOrThrow(documentFromObject(value), { file: 'the topology', ...options });
}

function parseOrThrow(source: SourceDocument, { file, name }: ParseTopologyOptions): Topology {
  const reading = new ParseContext(source);
  const topology = source.isUsable ? parseTopologyDocument(reading, source.value, name) : undefined;
  if (topology === undefined || reading.diagnostics.length > 0) throw new TopologyError(file, reading.diagnostics);
  return topology;
}

/** Reads what can be read; what it returns counts only if no mistake was noted. */
function parseTopologyDocument(
  reading: ParseContext,
  value: unknown,
  fallbackName: string | undefined,
): Topology | undefined {
  if (!isMap(value)) {
    reading.report([], `expected a map with "nodes" and "links", got ${describeValue(value)}`);
    return undefined;
  }
  rejectProtoKeys(reading, value, [], new Set());
  checkTopLevelKeys(reading, value);

  const defaults =
    value.defaults === undefined ? {} : parseNodeSettings(reading, NodeSettings, value.defaults, ['defaults']);
  const roster = parseNodes(reading, value.nodes, defaults);
  parseGroups(reading, value.groups, roster);
  const links = parseLinks(reading, value.links, roster);
  const conditions = parseConditions(reading, value.conditions, roster, links);
  const shaping = value.shaping === undefined ? undefined : reading.validate(ShapingSchema, value.shaping, ['shaping']);
  if (value.scenario !== undefined) reading.validate(UncheckedScenarioSchema, value.scenario, ['scenario']);
  const internal = value.internal === undefined ? true : reading.validate(InternalSchema, value.internal, ['internal']);
  const subnet = value.subnet === undefined ? undefined : parseSubnetSetting(reading, value.subnet, roster);
  return {
    name: parseDevnetName(reading, value.name, fallbackName) ?? '',
    nodes: roster?.nodes ?? [],
    links: links.links,
    groups: groupMembersByName(roster),
    conditions,
    shaping: shaping ?? 'auto',
    ...(value.scenario === undefined ? {} : { scenario: value.scenario }),
    network: { ...(subnet === undefined ? {} : { subnet }), internal: internal ?? true },
  };
}

function groupMembersByName(roster: NodeTable | undefined): Topology['groups'] {
  const names = (members: number[]) => members.map((member) => roster!.nodes[member]!.name);
  return Object.fromEntries([...(roster?.groups ?? [])].map(([group, members]) => [group, names(members)]));
}

function parseDevnetName(reading: ParseContext, value: unknown, fallback: string | undefined): string | undefined {
  const expected = DevnetNameSchema.meta()?.expected;
  if (typeof value === 'string' && !DevnetNameSchema.safeParse(value).success) {
    const near = toValidName(value);
    const hint = DevnetNameSchema.safeParse(near).success ? `did you mean ${quote(near)}?` : undefined;
    reading.report(['name'], `expected ${expected}, got ${quote(value)}`, { hint });
    return undefined;
  }
  if (value !== undefined) return reading.validate(DevnetNameSchema, value, ['name']);
  if (fallback === undefined) reading.report([], `missing key "name": expected ${expected}`);
  else if (!DevnetNameSchema.safeParse(fallback).success) {
    reading.report(
      [],
      `missing key "name", and the file's own name does not do: expected ${expected}, got ${quote(fallback)}`,
    );
  }
  return fallback;
}

function parseSubnetSetting(reading: ParseContext, value: unknown, roster: NodeTable | undefined): string | undefined {
  const subnet = reading.validate(SubnetSchema, value, ['subnet']);
  const mistake = subnet === undefined ? undefined : validateSubnet(subnet, roster?.nodes.length);
  if (mistake !== undefined) reading.report(['subnet'], mistake.message, { hint: mistake.hint });
  return subnet;
}

function checkTopLevelKeys(reading: ParseContext, value: Record<string, unknown>): void {
  const known = Object.keys(TopologyFileSchema.shape);
  for (const key of reading.keysInOrder(value, [])) {
    if (known.includes(key)) continue;
    if (Object.hasOwn(NodeSettings.shape, key)) {
      const hint = 'it belongs to a node, or under "defaults" for all of them';
      reading.report([key], `unknown key ${quote(key)}`, { hint, span: 'key' });
    } else if (Object.hasOwn(linkConditionFields, key)) {
      const hint = 'it belongs to a link, or under "default" of "conditions" for all of them';
      reading.report([key], `unknown key ${quote(key)}`, { hint, span: 'key' });
    } else {
      reading.reportUnknownKey([key], known);
    }
  }
}

/** JavaScript gives this one key a meaning of its own; checkers drop it silently, and so it would vanish from a file. */
function rejectProtoKeys(reading: ParseContext, value: unknown, path: DocumentPath, seen: Set<unknown>): void {
  if (typeof value !== 'object' || value === null || seen.has(value)) return;
  seen.add(value);
  for (const [key, inner] of Object.entries(value)) {
    const step = Array.isArray(value) ? Number(key) : key;
    if (key === '__proto__') reading.report([...path, key], 'the key "__proto__" cannot be used', { span: 'key' });
    rejectProtoKeys(reading, inner, [...path, step], seen);
  }
}
