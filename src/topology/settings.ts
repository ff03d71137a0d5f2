import { DEFAULT_MEMORY, DEFAULT_PORT } from './limits.ts';
import type { Path } from './path.ts';
import type { Reading } from './reading.ts';
import type { Counted, Group, Settings } from './schema/index.ts';
import type { NodeOpenings, TopologyNode } from './topology.ts';
import { isMap } from './wording.ts';

/** Parses settings, or a group that has them; those that have mistakes count as absent. */
export function readSettings<Schema extends typeof Settings | typeof Group | typeof Counted>(
  reading: Reading,
  schema: Schema,
  value: unknown,
  path: Path,
): Settings {
  const settings = reading.check(schema, value, path);
  for (const map of ['env', 'labels']) checkNumbers(reading, isMap(value) ? value[map] : undefined, [...path, map]);
  return settings ?? {};
}

/** YAML takes 1.10 for the number 1.1. A version that changes silently on its way to a program is hard to find. */
function checkNumbers(reading: Reading, map: unknown, path: Path): void {
  if (!isMap(map)) return;
  for (const [key, value] of Object.entries(map)) {
    const written = reading.written([...path, key]);
    if (typeof value !== 'number' || written === undefined || written === String(value)) continue;
    reading.mistake([...path, key], `expected text, got ${written}, which YAML reads as the number ${value}`, {
      hint: `put it in quotes: "${written}"`,
    });
  }
}

/** A node with the first of: its own settings, the file's defaults, the format's. Env and labels merge by key. */
export function declareNode(name: string, own: Settings, defaults: Settings): TopologyNode {
  const open: NodeOpenings = {};
  const user = own.user ?? defaults.user;
  if (user !== undefined) open.user = user;
  if (own.writable ?? defaults.writable) open.writable = true;
  const capabilities = own.capabilities ?? defaults.capabilities ?? [];
  if (capabilities.length > 0) open.capabilities = [...new Set(capabilities)];
  const pids = own.pids ?? defaults.pids;
  if (pids !== undefined) open.pids = pids;

  const node: TopologyNode = {
    name,
    env: strings({ ...defaults.env, ...own.env }),
    port: own.port ?? defaults.port ?? DEFAULT_PORT,
    memory: own.memory ?? defaults.memory ?? DEFAULT_MEMORY,
    labels: strings({ ...defaults.labels, ...own.labels }),
    open,
  };
  const image = own.image ?? defaults.image;
  if (image !== undefined) node.image = image;
  const command = own.command ?? defaults.command;
  if (command !== undefined) node.command = [...command];
  const cpus = own.cpus ?? defaults.cpus;
  if (cpus !== undefined) node.cpus = cpus;
  return node;
}

function strings(map: Record<string, string | number | boolean>): Record<string, string> {
  return Object.fromEntries(Object.entries(map).map(([key, value]) => [key, String(value)]));
}
