import { DEFAULT_PORT } from '../../protocol/message.ts';
import { isMap } from '../document/diagnostic-text.ts';
import type { DocumentPath } from '../document/document-path.ts';
import type { ParseContext } from '../document/parse-context.ts';
import { DEFAULT_MEMORY_BYTES } from '../model/limits.ts';
import type { NodePermissions, TopologyNode } from '../model/topology.ts';
import type { CountedNodesSchema, DeclaredNodeSettings, NodeGroupSchema } from '../schema/index.ts';

/** Parses settings, or a group that has them. Settings with mistakes count as absent. */
export function parseNodeSettings<
  Schema extends typeof DeclaredNodeSettings | typeof NodeGroupSchema | typeof CountedNodesSchema,
>(context: ParseContext, schema: Schema, value: unknown, path: DocumentPath): DeclaredNodeSettings {
  const settings = context.validate(schema, value, path);
  for (const map of ['env', 'labels'])
    rejectReformattedNumbers(context, isMap(value) ? value[map] : undefined, [...path, map]);
  return settings ?? {};
}

/** Reports numbers that YAML changes, such as 1.10 to 1.1: a version that changes silently is hard to notice. */
function rejectReformattedNumbers(context: ParseContext, map: unknown, path: DocumentPath): void {
  if (!isMap(map)) return;
  for (const [key, value] of Object.entries(map)) {
    const text = context.rawText([...path, key]);
    if (typeof value !== 'number' || text === undefined || text === String(value)) continue;
    context.report([...path, key], `expected text, got ${text}, which YAML reads as the number ${value}`, {
      hint: `put it in quotes: "${text}"`,
    });
  }
}

/** Creates a node from its own settings, the file's defaults and the format's, in this order. Env and labels merge by key. */
export function createTopologyNode(
  name: string,
  own: DeclaredNodeSettings,
  defaults: DeclaredNodeSettings,
): TopologyNode {
  const open: NodePermissions = {};
  const user = own.user ?? defaults.user;
  if (user !== undefined) open.user = user;
  if (own.writable ?? defaults.writable) open.writable = true;
  const capabilities = own.capabilities ?? defaults.capabilities ?? [];
  if (capabilities.length > 0) open.capabilities = [...new Set(capabilities)];
  const pids = own.pids ?? defaults.pids;
  if (pids !== undefined) open.pids = pids;

  const node: TopologyNode = {
    name,
    env: stringifyValues({ ...defaults.env, ...own.env }),
    port: own.port ?? defaults.port ?? DEFAULT_PORT,
    memory: own.memory ?? defaults.memory ?? DEFAULT_MEMORY_BYTES,
    labels: stringifyValues({ ...defaults.labels, ...own.labels }),
    open,
  };
  const image = own.image ?? defaults.image;
  if (image !== undefined) node.image = image;
  const command = own.command ?? defaults.command;
  if (command !== undefined) node.command = [...command];
  const cwd = own.cwd ?? defaults.cwd;
  if (cwd !== undefined) node.cwd = cwd;
  // What a node says itself is stronger, of either kind.
  const isPlaced = own.spread !== undefined || own.constraints !== undefined;
  const host = own.host ?? (isPlaced ? undefined : defaults.host);
  if (host !== undefined) node.host = host;
  const spread = own.spread ?? defaults.spread;
  if (spread !== undefined && host === undefined) node.spread = spread;
  const constraints = own.constraints ?? defaults.constraints;
  if (constraints !== undefined && host === undefined) node.constraints = [...constraints];
  const cpus = own.cpus ?? defaults.cpus;
  if (cpus !== undefined) node.cpus = cpus;
  const metrics = own.metrics ?? defaults.metrics;
  if (metrics !== undefined) node.metrics = metrics;
  return node;
}

function stringifyValues(map: Record<string, string | number | boolean>): Record<string, string> {
  return Object.fromEntries(Object.entries(map).map(([key, value]) => [key, String(value)]));
}
