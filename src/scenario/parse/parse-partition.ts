import type { Fault } from '../../network/fault.ts';
import { DevnetError } from '../../shared/errors.ts';
import { seededRandom, shuffle } from '../../shared/seeded-random.ts';
import { isMap, quote } from '../../topology/document/diagnostic-text.ts';
import { suggestWord } from '../../topology/document/did-you-mean.ts';
import type { DocumentPath } from '../../topology/document/document-path.ts';
import { documentFromObject } from '../../topology/document/source-document.ts';
import type { Topology } from '../../topology/model/topology.ts';
import {
  cutsBetween,
  cutsForPreset,
  MIN_PRESET_NODES,
  PARTITION_PRESETS,
  type PartitionCut,
  type PartitionPreset,
} from '../model/partition-presets.ts';
import type { StepAction } from '../model/scenario.ts';
import { actionSchemas } from '../schema/steps.ts';
import { ALL_NODES, pairsOf, ScenarioContext } from './scenario-context.ts';

/** Parses the value of `partition`: groups, or a preset. */
export function parsePartition(
  context: ScenarioContext,
  value: unknown,
  oneway: boolean,
  path: DocumentPath,
): Extract<StepAction, { do: 'fault' | 'preset' }> | undefined {
  const form = context.validate(actionSchemas.partition, value, path);
  if (form === undefined) return undefined;
  if (isMap(form)) return parsePreset(context, form.preset, form.seed, oneway, path);
  if (isPreset(form)) return parsePreset(context, form, undefined, oneway, path);
  if (typeof form === 'string' && !context.isKnown(form.trim())) {
    const suggestion = suggestWord(form, PARTITION_PRESETS);
    if (suggestion !== undefined) {
      context.report(path, `unknown preset ${quote(form)}`, { hint: `did you mean ${quote(suggestion)}?` });
      return undefined;
    }
    if (/^[\w-]+$/.test(form) && form !== ALL_NODES) {
      const hint = `presets: ${PARTITION_PRESETS.join(', ')}; groups: "a, b / c"`;
      context.report(path, `${quote(form)} is neither a preset nor a node`, { hint });
      return undefined;
    }
  }
  const cuts = cutsBetween(parseGroups(context, form, path), oneway);
  return { do: 'fault', faults: [{ kind: 'partition', cuts }] };
}

/**
 * Returns the cuts of a partition that is given as a scenario has it: groups, or a preset.
 * @throws DevnetError `usage` with every mistake
 */
export function parsePartitionCuts(
  topology: Topology,
  value: unknown,
  { oneway = false, seed }: { oneway?: boolean; seed?: number | undefined } = {},
): PartitionCut[] {
  const context = new ScenarioContext(documentFromObject(value), topology);
  const action = parsePartition(context, value, oneway, []);
  if (action === undefined || context.diagnosticCount > 0) {
    const lines = context.diagnostics.map(({ path, message }) => `partition${path}: ${message}`);
    const hint = context.diagnostics.find((one) => one.hint !== undefined)?.hint;
    throw new DevnetError('usage', lines.join('\n'), hint === undefined ? {} : { hint });
  }
  if (action.do === 'fault') return action.faults.flatMap((fault) => (fault.kind === 'partition' ? fault.cuts : []));
  const ownSeed = seed ?? action.seed;
  const nodes = ownSeed === undefined ? action.nodes : shuffle(action.nodes, seededRandom(ownSeed));
  return cutsForPreset(action.preset, nodes, oneway);
}

/** Parses the value of `cut`: links such as `a <-> b`. */
export function parseCut(context: ScenarioContext, text: string, path: DocumentPath): Fault {
  const cuts = context.resolveLinks(text, path);
  const pairs = cuts.flatMap(pairsOf);
  if (pairs.length > 0 && !pairs.some((pair) => context.areLinked(pair)))
    context.report(path, `expected a link of the topology, got ${quote(text)}`);
  return { kind: 'partition', cuts };
}

function isPreset(value: unknown): value is PartitionPreset {
  return (PARTITION_PRESETS as readonly unknown[]).includes(value);
}

function parsePreset(
  context: ScenarioContext,
  preset: PartitionPreset,
  seed: number | undefined,
  oneway: boolean,
  path: DocumentPath,
): Extract<StepAction, { do: 'preset' }> {
  const nodes = [...context.nodeNames];
  const minimum = MIN_PRESET_NODES[preset];
  if (nodes.length < minimum) context.report(path, `${preset} needs at least ${minimum} nodes, got ${nodes.length}`);
  if (oneway && preset === 'majorities-ring') context.report(path, `${preset} has no one-way form`);
  return { do: 'preset', preset, nodes, oneway, ...(seed === undefined ? {} : { seed }) };
}

/** Parses groups, a list of lists or names between slashes; a single group is cut off from all other nodes. */
function parseGroups(context: ScenarioContext, form: string | (string | string[])[], path: DocumentPath): string[][] {
  let offset = 0;
  const groups =
    typeof form === 'string'
      ? form.split('/').map((text) => {
          const nodes = context.resolveText(text, path, offset);
          offset += text.length + 1;
          return nodes;
        })
      : form.map((names, index) => context.resolveNames(names, [...path, index]));
  const grouped = new Set<string>();
  for (const node of groups.flat()) {
    if (grouped.has(node)) context.report(path, `expected every node in one group, got ${quote(node)} in two`);
    grouped.add(node);
  }
  if (groups.length > 1) return groups;
  const others = context.nodeNames.filter((node) => !grouped.has(node));
  const hint = `groups are [[a, b], [c]] or "a, b / c"; presets: ${PARTITION_PRESETS.join(', ')}`;
  if (others.length === 0) context.report(path, 'expected at least two groups, got all nodes in one', { hint });
  return [...groups, others];
}
