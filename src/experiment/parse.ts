import { formatMistakes, type Mistake, type Topology } from '../topology/index.ts';
import type { Path } from '../topology/path.ts';
import { Reading } from '../topology/reading.ts';
import { yamlSource } from '../topology/source.ts';
import { didYouMean } from '../topology/suggest.ts';
import { found, isMap } from '../topology/wording.ts';
import { cellsOf, expand, type Network, type Sender } from './expand.ts';
import type { Axis, Experiment, Label, Load } from './experiment.ts';
import { DEFAULT_MEASURE, type FigureName, GRAPH_FIGURES } from './figures.ts';
import { Networks, SEED } from './networks.ts';
import { Schedules } from './schedules.ts';
import {
  AxisValues,
  DEFAULT_LOAD,
  DEFAULT_PROBE,
  KEYS,
  LoadFields,
  Measure,
  Name,
  Probe,
  Question,
  Repeats,
  Seeds,
} from './schema.ts';
import { fill, PARAMETER_NAME, parametersIn, UnknownParameter } from './template.ts';

/** Most cells times seeds: each of them is a graph to make. */
const MOST_NETWORKS = 10_000;

/** An experiment with mistakes: all of them, in the order of the file. */
export class ExperimentError extends Error {
  override readonly name = 'ExperimentError';
  readonly mistakes: readonly Mistake[];

  constructor(file: string, mistakes: readonly Mistake[]) {
    super(formatMistakes(file, mistakes));
    this.mistakes = mistakes;
  }
}

/**
 * Parses an experiment file and works out its runs. The same file gives the same runs, in the same order, for ever.
 * @param options name: instead of the one in the file; without either, it is a mistake
 * @throws ExperimentError with every mistake in it
 */
export function parseExperiment(text: string, options: { file: string; name?: string }): Experiment {
  const source = yamlSource(text);
  const reading = new Reading(source);
  const experiment = source.sound ? read(reading, source.value, options.name) : undefined;
  if (experiment === undefined || reading.mistakes.length > 0)
    throw new ExperimentError(options.file, reading.mistakes);
  return experiment;
}

function read(reading: Reading, value: unknown, fallbackName: string | undefined): Experiment | undefined {
  if (!isMap(value)) {
    reading.mistake([], `expected a map with "question", "topology" and "matrix", got ${found(value)}`);
    return undefined;
  }
  for (const key of reading.keys(value, [])) if (!KEYS.includes(key)) reading.unknownKey([key], KEYS);
  const name = reading.check(Name, value.name ?? fallbackName, ['name']);
  const question = readQuestion(reading, value);
  const seeds = value.seeds === undefined ? [1] : reading.check(Seeds, value.seeds, ['seeds']);
  const repeats = value.repeats === undefined ? 1 : reading.check(Repeats, value.repeats, ['repeats']);
  const given = value.load === undefined ? undefined : reading.check(LoadFields, value.load, ['load']);
  const probe = value.probe === undefined ? DEFAULT_PROBE : reading.check(Probe, value.probe, ['probe']);
  const measure = readMeasure(reading, value.measure, value.load !== undefined);
  if (value.faults !== undefined && value.load === undefined) {
    reading.mistake(['faults'], 'expected a "load" beside it: without one nothing is started', { part: 'key' });
  }
  const before = reading.count;
  const axes = readAxes(reading, value.matrix);
  checkTemplates(reading, value, axes, isMap(value.matrix) ? Object.keys(value.matrix) : []);
  const fillable = reading.count === before;
  checkUse(reading, value, axes);
  // Whatever else is wrong, the networks can be looked at where there are parameters to make them with.
  if (!fillable || !seeds) return undefined;
  const cells = cellsOf(axes);
  if (cells.length * seeds.length > MOST_NETWORKS) {
    const all = `${cells.length} cells with ${seeds.length} seeds`;
    reading.mistake(['matrix'], `expected at most ${MOST_NETWORKS} networks, got ${all}`);
    return undefined;
  }
  const load: Load | undefined = given && {
    messages: given.messages ?? DEFAULT_LOAD.messages,
    warmup: given.warmup ?? DEFAULT_LOAD.warmup,
    size: given.size ?? DEFAULT_LOAD.size,
    every: given.every,
    within: given.within ?? DEFAULT_LOAD.within,
  };
  const networks = new Networks(reading, value.topology, name ?? 'experiment');
  const schedules = new Schedules(reading, value.faults, load);
  // Whose nodes are right has senders and faults that can be looked at.
  const looked = new Set<Topology>();
  const of = cells.map((cell) =>
    seeds.map((seed): Network | undefined => {
      const topology = networks.make(cell, seed);
      const similar = topology ?? networks.standIn(cell, seed);
      if (similar) looked.add(similar);
      const faults = schedules.make(cell, seed, similar);
      return topology && { topology, ...(faults ? { faults } : {}) };
    }),
  );
  const from = given && readSender(reading, given.from ?? DEFAULT_LOAD.from, [...looked]);
  if (
    reading.count > 0 ||
    name === undefined ||
    question === undefined ||
    !repeats ||
    !measure ||
    probe === undefined
  ) {
    return undefined;
  }
  const networkOf = (cell: number, seed: number) => of[cell]![seed]!;
  const runs = expand(cells, seeds, repeats, networkOf, load && { ...load, from: from! });
  return {
    name,
    question,
    axes: axes.map(({ name: axis, labels }) => ({ name: axis, labels })),
    seeds,
    repeats,
    load,
    probe,
    measure,
    runs,
  };
}

function readQuestion(reading: Reading, { question }: Record<string, unknown>): string | undefined {
  if (question !== undefined) return reading.check(Question, question, ['question']);
  reading.mistake([], `missing key "question": expected ${Question.meta()?.expected}`);
  return undefined;
}

/** An axis with what its labels stand for. */
interface ReadAxis extends Axis {
  values: unknown[];
}

function readAxes(reading: Reading, value: unknown): ReadAxis[] {
  if (value === undefined) return [];
  if (!isMap(value)) {
    reading.mistake(['matrix'], `expected a map of parameters to their values, got ${found(value)}`);
    return [];
  }
  const axes: ReadAxis[] = [];
  for (const name of reading.keys(value, ['matrix'])) {
    const path = ['matrix', name];
    if (!PARAMETER_NAME.test(name) || name === SEED || name === 'repeat') {
      const why = PARAMETER_NAME.test(name) ? ', which is not taken' : '';
      reading.mistake(path, `expected a name of letters, digits and _${why}, got "${name}"`, { part: 'key' });
      continue;
    }
    const read = reading.check(AxisValues, value[name], path);
    if (read === undefined) continue;
    const labels: Label[] = Array.isArray(read) ? read : reading.keys(read, path);
    const values = Array.isArray(read) ? read : labels.map((label) => read[String(label)]);
    for (const [index, label] of labels.entries()) {
      if (labels.map(String).indexOf(String(label)) < index) {
        reading.mistake([...path, index], `expected every value once, got ${label} again`);
      }
    }
    if (labels.length === 0) reading.mistake(path, 'expected at least one value, got an empty map');
    axes.push({ name, labels, values });
  }
  return axes;
}

function readMeasure(reading: Reading, value: unknown, loaded: boolean): FigureName[] | undefined {
  if (value === undefined) return loaded ? [...DEFAULT_MEASURE] : [...GRAPH_FIGURES];
  const measure = reading.check(Measure, value, ['measure']);
  if (loaded || measure === undefined) return measure;
  const needing = measure.findIndex((name) => !GRAPH_FIGURES.includes(name));
  if (needing >= 0) {
    reading.mistake(['measure', needing], `expected a figure of the graph, got "${measure[needing]}"`, {
      hint: 'without "load" nothing is sent, and there is nothing else to measure',
    });
  }
  return measure;
}

/** Every parameter of the templates is one of the matrix, by its names. */
function checkTemplates(
  reading: Reading,
  { topology, faults }: Record<string, unknown>,
  axes: readonly ReadAxis[],
  names: readonly string[],
): void {
  if (topology === undefined) reading.mistake([], 'missing key "topology": expected a topology, as in a topology file');
  else if (!isMap(topology)) {
    reading.mistake(['topology'], `expected a topology, as in a topology file, got ${found(topology)}`);
  }
  const known = [...names, SEED];
  const empty = Object.fromEntries(known.map((name) => [name, '']));
  const check = (part: unknown, path: Path) => {
    try {
      fill(part, empty, path);
    } catch (cause) {
      if (!(cause instanceof UnknownParameter)) throw cause;
      reading.mistake(cause.path, cause.message, { hint: didYouMean(cause.parameter, known, 'there are') });
    }
  };
  check(topology, ['topology']);
  check(faults, ['faults']);
  for (const { name, labels, values } of axes) {
    for (const [index, value] of values.entries()) {
      check(value, ['matrix', name, value === labels[index] ? index : String(labels[index])]);
    }
  }
}

/** Every parameter of the matrix is in one of the templates. */
function checkUse(reading: Reading, { topology, faults }: Record<string, unknown>, axes: readonly ReadAxis[]): void {
  const used = parametersIn([topology, faults, axes.map(({ values }) => values)]);
  for (const { name } of axes) {
    if (used.has(name)) continue;
    reading.mistake(
      ['matrix', name],
      `expected $${name} somewhere in "topology"${faults === undefined ? '' : ' or "faults"'}, got nothing that depends on it`,
      {
        part: 'key',
      },
    );
  }
}

function readSender(reading: Reading, from: string | string[], topologies: readonly Topology[]): Sender {
  if (from === 'random' || from === 'each') return from;
  const names = typeof from === 'string' ? [from] : from;
  for (const [index, name] of names.entries()) {
    const lacking = topologies.find(({ nodes }) => !nodes.some((node) => node.name === name));
    if (lacking === undefined) continue;
    const path = typeof from === 'string' ? ['load', 'from'] : ['load', 'from', index];
    const known = ['random', 'each', ...lacking.nodes.map((node) => node.name)];
    reading.mistake(path, `unknown node "${name}"`, { hint: didYouMean(name, known, 'known') });
  }
  return names;
}
