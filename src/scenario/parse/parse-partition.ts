import type { Fault } from '../../network/fault.ts';
import { isMap, quote } from '../../topology/document/diagnostic-text.ts';
import { suggestWord } from '../../topology/document/did-you-mean.ts';
import type { DocumentPath } from '../../topology/document/document-path.ts';
import type { ParseContext } from '../../topology/document/parse-context.ts';
import { cutsBetween, MIN_PRESET_NODES, PARTITION_PRESETS, type PartitionPreset } from '../model/partition-presets.ts';
import type { StepAction } from '../model/scenario.ts';
import { actionSchemas } from '../schema/steps.ts';
import type { NameResolver } from './name-resolver.ts';
import type { StepModifiers } from './parse-modifiers.ts';

/** Reads who is cut off from whom: groups, or a preset. */
export function parsePartition(
  reading: ParseContext,
  roll: NameResolver,
  value: unknown,
  beside: StepModifiers,
  path: DocumentPath,
): StepAction | undefined {
  const form = reading.validate(actionSchemas.partition, value, path);
  if (form === undefined) return undefined;
  const lasts = beside.for === undefined ? {} : { lasts: beside.for };
  const oneway = beside.oneway ?? false;
  const preset =
    typeof form === 'string' && (PARTITION_PRESETS as readonly string[]).includes(form)
      ? (form as PartitionPreset)
      : undefined;
  if (preset !== undefined || isMap(form)) {
    const chosen = preset ?? (form as { preset: PartitionPreset }).preset;
    const { seed } = isMap(form) ? form : {};
    const nodes = [...roll.nodeNames];
    if (nodes.length < MIN_PRESET_NODES[chosen])
      reading.report(
        path,
        `${chosen} divides ${MIN_PRESET_NODES[chosen]} nodes or more, and there are ${nodes.length}`,
      );
    if (oneway && chosen === 'majorities-ring') reading.report(path, `${chosen} has no one-way form`);
    return {
      do: 'preset',
      preset: chosen,
      nodes,
      oneway,
      ...(seed === undefined ? {} : { seed: seed as number }),
      ...lasts,
    };
  }
  const meant =
    typeof form === 'string' && !roll.isKnown(form.trim()) ? suggestWord(form, PARTITION_PRESETS) : undefined;
  if (meant !== undefined) {
    reading.report(path, `unknown preset ${quote(form as string)}`, { hint: `did you mean ${quote(meant)}?` });
    return undefined;
  }
  const groups = parseGroups(reading, roll, form as string | (string | string[])[], path);
  return { do: 'fault', faults: [{ kind: 'partition', cuts: cutsBetween(groups, oneway) }], ...lasts };
}

/** Reads links that are cut, as in `a <-> b`. */
export function parseCut(reading: ParseContext, roll: NameResolver, text: string, path: DocumentPath): Fault[] {
  const joins = roll.resolveLinks(text, path);
  const pairs = joins.flatMap(({ from, to }) => from.flatMap((a) => to.map((b) => [a, b] as const)));
  if (pairs.length > 0 && !pairs.some(([a, b]) => roll.areLinked(a, b)))
    reading.report(path, `expected a link of the topology, got ${quote(text)}`);
  const cuts = joins.flatMap(({ from, to, twoWay: both }) => [{ from, to }, ...(both ? [{ from: to, to: from }] : [])]);
  return [{ kind: 'partition', cuts }];
}

/** Groups as lists, or between slashes; a single one is cut off from the rest. */
function parseGroups(
  reading: ParseContext,
  roll: NameResolver,
  form: string | (string | string[])[],
  path: DocumentPath,
): string[][] {
  const groups =
    typeof form === 'string'
      ? splitGroups(form).map(({ text, at }) => roll.resolveText(text, at, path))
      : form.map((names, index) => roll.resolveNames(names, [...path, index]));
  const seen = new Set<string>();
  for (const node of groups.flat()) {
    if (seen.has(node)) reading.report(path, `expected every node in one group, got ${quote(node)} in two`);
    seen.add(node);
  }
  if (groups.length > 1) return groups;
  const rest = roll.nodeNames.filter((node) => !seen.has(node));
  const hint = `groups are [[a, b], [c]] or "a, b / c"; presets: ${PARTITION_PRESETS.join(', ')}`;
  if (rest.length === 0) reading.report(path, 'expected two groups at least, got all nodes in one', { hint });
  return [...groups, rest];
}

function splitGroups(text: string): { text: string; at: number }[] {
  let at = 0;
  return text.split('/').map((piece) => {
    const start = at;
    at += piece.length + 1;
    return { text: piece, at: start };
  });
}
