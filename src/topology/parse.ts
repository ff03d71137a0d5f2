import { readConditions } from './conditions.ts';
import { readGroups } from './groups.ts';
import { readLinks } from './links.ts';
import { TopologyError } from './mistakes.ts';
import { type Roster, readNodes } from './nodes.ts';
import type { Path } from './path.ts';
import { Reading } from './reading.ts';
import { DevnetName, Internal, quality, Scenario, Settings, Shaping, Subnet, TopologyFile } from './schema/index.ts';
import { readSettings } from './settings.ts';
import { objectSource, type Source, yamlSource } from './source.ts';
import { subnetMistake } from './subnet.ts';
import type { Topology } from './topology.ts';
import { found, isMap, nearestName, quote } from './wording.ts';

export interface ParseOptions {
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
export function parseTopology(text: string, options: ParseOptions): Topology {
  return read(yamlSource(text), options);
}

/**
 * Parses a topology that is already a plain object, of the same form as a file. Mistakes name the path to the value.
 *
 * @throws TopologyError with every mistake in it
 */
export function parseTopologyObject(value: unknown, options: Partial<ParseOptions> = {}): Topology {
  return read(objectSource(value), { file: 'the topology', ...options });
}

function read(source: Source, { file, name }: ParseOptions): Topology {
  const reading = new Reading(source);
  const topology = source.sound ? readTopology(reading, source.value, name) : undefined;
  if (topology === undefined || reading.mistakes.length > 0) throw new TopologyError(file, reading.mistakes);
  return topology;
}

/** Reads what can be read; what it returns counts only if no mistake was noted. */
function readTopology(reading: Reading, value: unknown, fallbackName: string | undefined): Topology | undefined {
  if (!isMap(value)) {
    reading.mistake([], `expected a map with "nodes" and "links", got ${found(value)}`);
    return undefined;
  }
  refuseProto(reading, value, [], new Set());
  checkKeys(reading, value);

  const defaults = value.defaults === undefined ? {} : readSettings(reading, Settings, value.defaults, ['defaults']);
  const roster = readNodes(reading, value.nodes, defaults);
  readGroups(reading, value.groups, roster);
  const links = readLinks(reading, value.links, roster);
  const conditions = readConditions(reading, value.conditions, roster, links);
  const shaping = value.shaping === undefined ? undefined : reading.check(Shaping, value.shaping, ['shaping']);
  if (value.scenario !== undefined) reading.check(Scenario, value.scenario, ['scenario']);
  const internal = value.internal === undefined ? true : reading.check(Internal, value.internal, ['internal']);
  const subnet = value.subnet === undefined ? undefined : readSubnet(reading, value.subnet, roster);
  return {
    name: readName(reading, value.name, fallbackName) ?? '',
    nodes: roster?.nodes ?? [],
    links: links.links,
    groups: groupsOf(roster),
    conditions,
    shaping: shaping ?? 'auto',
    ...(value.scenario === undefined ? {} : { scenario: value.scenario }),
    network: { ...(subnet === undefined ? {} : { subnet }), internal: internal ?? true },
  };
}

function groupsOf(roster: Roster | undefined): Topology['groups'] {
  const names = (members: number[]) => members.map((member) => roster!.nodes[member]!.name);
  return Object.fromEntries([...(roster?.groups ?? [])].map(([group, members]) => [group, names(members)]));
}

function readName(reading: Reading, value: unknown, fallback: string | undefined): string | undefined {
  const expected = DevnetName.meta()?.expected;
  if (typeof value === 'string' && !DevnetName.safeParse(value).success) {
    const near = nearestName(value);
    const hint = DevnetName.safeParse(near).success ? `did you mean ${quote(near)}?` : undefined;
    reading.mistake(['name'], `expected ${expected}, got ${quote(value)}`, { hint });
    return undefined;
  }
  if (value !== undefined) return reading.check(DevnetName, value, ['name']);
  if (fallback === undefined) reading.mistake([], `missing key "name": expected ${expected}`);
  else if (!DevnetName.safeParse(fallback).success) {
    reading.mistake(
      [],
      `missing key "name", and the file's own name does not do: expected ${expected}, got ${quote(fallback)}`,
    );
  }
  return fallback;
}

function readSubnet(reading: Reading, value: unknown, roster: Roster | undefined): string | undefined {
  const subnet = reading.check(Subnet, value, ['subnet']);
  const mistake = subnet === undefined ? undefined : subnetMistake(subnet, roster?.nodes.length);
  if (mistake !== undefined) reading.mistake(['subnet'], mistake.message, { hint: mistake.hint });
  return subnet;
}

function checkKeys(reading: Reading, value: Record<string, unknown>): void {
  const known = Object.keys(TopologyFile.shape);
  for (const key of reading.keys(value, [])) {
    if (known.includes(key)) continue;
    if (Object.hasOwn(Settings.shape, key)) {
      const hint = 'it belongs to a node, or under "defaults" for all of them';
      reading.mistake([key], `unknown key ${quote(key)}`, { hint, part: 'key' });
    } else if (Object.hasOwn(quality, key)) {
      const hint = 'it belongs to a link, or under "default" of "conditions" for all of them';
      reading.mistake([key], `unknown key ${quote(key)}`, { hint, part: 'key' });
    } else {
      reading.unknownKey([key], known);
    }
  }
}

/** JavaScript gives this one key a meaning of its own; checkers drop it silently, and so it would vanish from a file. */
function refuseProto(reading: Reading, value: unknown, path: Path, seen: Set<unknown>): void {
  if (typeof value !== 'object' || value === null || seen.has(value)) return;
  seen.add(value);
  for (const [key, inner] of Object.entries(value)) {
    const step = Array.isArray(value) ? Number(key) : key;
    if (key === '__proto__') reading.mistake([...path, key], 'the key "__proto__" cannot be used', { part: 'key' });
    refuseProto(reading, inner, [...path, step], seen);
  }
}
