import type { Path } from '../topology/path.ts';
import type { Reading } from '../topology/reading.ts';
import { suggest } from '../topology/suggest.ts';
import { isMap, quote } from '../topology/wording.ts';
import type { Beside } from './beside.ts';
import type { Fault } from './fault.ts';
import { cutsBetween, LEAST, PRESETS, type Preset } from './presets.ts';
import type { Roll } from './roll.ts';
import { Doings } from './schema/index.ts';
import type { Action } from './step.ts';

/** Reads who is cut off from whom: groups, or a preset. */
export function readPartition(
  reading: Reading,
  roll: Roll,
  value: unknown,
  beside: Beside,
  path: Path,
): Action | undefined {
  const form = reading.check(Doings.partition, value, path);
  if (form === undefined) return undefined;
  const lasts = beside.for === undefined ? {} : { lasts: beside.for };
  const oneway = beside.oneway ?? false;
  const preset =
    typeof form === 'string' && (PRESETS as readonly string[]).includes(form) ? (form as Preset) : undefined;
  if (preset !== undefined || isMap(form)) {
    const chosen = preset ?? (form as { preset: Preset }).preset;
    const { seed } = isMap(form) ? form : {};
    const nodes = [...roll.nodes];
    if (nodes.length < LEAST[chosen])
      reading.mistake(path, `${chosen} divides ${LEAST[chosen]} nodes or more, and there are ${nodes.length}`);
    if (oneway && chosen === 'majorities-ring') reading.mistake(path, `${chosen} has no one-way form`);
    return {
      do: 'preset',
      preset: chosen,
      nodes,
      oneway,
      ...(seed === undefined ? {} : { seed: seed as number }),
      ...lasts,
    };
  }
  const meant = typeof form === 'string' && !roll.knows(form.trim()) ? suggest(form, PRESETS) : undefined;
  if (meant !== undefined) {
    reading.mistake(path, `unknown preset ${quote(form as string)}`, { hint: `did you mean ${quote(meant)}?` });
    return undefined;
  }
  const groups = readGroups(reading, roll, form as string | (string | string[])[], path);
  return { do: 'fault', faults: [{ kind: 'partition', cuts: cutsBetween(groups, oneway) }], ...lasts };
}

/** Reads links that are cut, as in `a <-> b`. */
export function readCut(reading: Reading, roll: Roll, text: string, path: Path): Fault[] {
  const joins = roll.joins(text, path);
  const pairs = joins.flatMap(({ from, to }) => from.flatMap((a) => to.map((b) => [a, b] as const)));
  if (pairs.length > 0 && !pairs.some(([a, b]) => roll.linked(a, b)))
    reading.mistake(path, `expected a link of the topology, got ${quote(text)}`);
  const cuts = joins.flatMap(({ from, to, both }) => [{ from, to }, ...(both ? [{ from: to, to: from }] : [])]);
  return [{ kind: 'partition', cuts }];
}

/** Groups as lists, or between slashes; a single one is cut off from the rest. */
function readGroups(reading: Reading, roll: Roll, form: string | (string | string[])[], path: Path): string[][] {
  const groups =
    typeof form === 'string'
      ? pieces(form).map(({ text, at }) => roll.inText(text, at, path))
      : form.map((names, index) => roll.names(names, [...path, index]));
  const seen = new Set<string>();
  for (const node of groups.flat()) {
    if (seen.has(node)) reading.mistake(path, `expected every node in one group, got ${quote(node)} in two`);
    seen.add(node);
  }
  if (groups.length > 1) return groups;
  const rest = roll.nodes.filter((node) => !seen.has(node));
  const hint = `groups are [[a, b], [c]] or "a, b / c"; presets: ${PRESETS.join(', ')}`;
  if (rest.length === 0) reading.mistake(path, 'expected two groups at least, got all nodes in one', { hint });
  return [...groups, rest];
}

function pieces(text: string): { text: string; at: number }[] {
  let at = 0;
  return text.split('/').map((piece) => {
    const start = at;
    at += piece.length + 1;
    return { text: piece, at: start };
  });
}
