import { describeValue, isMap } from '../../topology/document/diagnostic-text.ts';
import { didYouMean } from '../../topology/document/did-you-mean.ts';
import type { DocumentPath } from '../../topology/document/document-path.ts';
import { ParseContext } from '../../topology/document/parse-context.ts';
import { documentFromYaml } from '../../topology/document/source-document.ts';
import { type Diagnostic, formatDiagnostics, type Topology } from '../../topology/index.ts';
import { DEFAULT_METRICS, GRAPH_METRICS, type MetricName } from '../metrics/metrics.ts';
import type { Experiment, MatrixAxis, ParameterLabel, WorkloadOptions } from './experiment.ts';
import { FaultScheduleCache } from './fault-schedule-cache.ts';
import { createRuns, expandMatrix, type RunSetup, type SenderChoice } from './matrix.ts';
import {
  AxisValues,
  DEFAULT_MEASURED_LINKS,
  DEFAULT_WORKLOAD,
  EXPERIMENT_KEYS,
  ExperimentName,
  ExperimentQuestion,
  MeasuredLinkCount,
  MeasuredMetrics,
  Repeats,
  Seeds,
  WorkloadFields,
} from './schema.ts';
import { fillTemplate, findParameters, PARAMETER_NAME, UnknownParameterError } from './template.ts';
import { SEED_PARAMETER, TopologyCache } from './topology-cache.ts';

/** Most cells times seeds: each of them is a graph to make. */
const MAX_NETWORKS = 10_000;

/** An experiment with mistakes: all of them, in the order of the file. */
export class ExperimentError extends Error {
  override readonly name = 'ExperimentError';
  readonly diagnostics: readonly Diagnostic[];

  constructor(file: string, mistakes: readonly Diagnostic[]) {
    super(formatDiagnostics(file, mistakes));
    this.diagnostics = mistakes;
  }
}

/**
 * Parses an experiment file and works out its runs. The same file gives the same runs, in the same order, for ever.
 * @param options name: instead of the one in the file; without either, it is a mistake
 * @throws ExperimentError with every mistake in it
 */
export function parseExperiment(text: string, options: { file: string; name?: string }): Experiment {
  const source = documentFromYaml(text);
  const reading = new ParseContext(source);
  const experiment = source.isUsable ? readExperiment(reading, source.value, options.name) : undefined;
  if (experiment === undefined || reading.diagnostics.length > 0)
    throw new ExperimentError(options.file, reading.diagnostics);
  return experiment;
}

function readExperiment(
  reading: ParseContext,
  value: unknown,
  fallbackName: string | undefined,
): Experiment | undefined {
  if (!isMap(value)) {
    reading.report([], `expected a map with "question", "topology" and "matrix", got ${describeValue(value)}`);
    return undefined;
  }
  for (const key of reading.keysInOrder(value, []))
    if (!EXPERIMENT_KEYS.includes(key)) reading.reportUnknownKey([key], EXPERIMENT_KEYS);
  const name = reading.validate(ExperimentName, value.name ?? fallbackName, ['name']);
  const question = readQuestion(reading, value);
  const seeds = value.seeds === undefined ? [1] : reading.validate(Seeds, value.seeds, ['seeds']);
  const repeats = value.repeats === undefined ? 1 : reading.validate(Repeats, value.repeats, ['repeats']);
  const given = value.load === undefined ? undefined : reading.validate(WorkloadFields, value.load, ['load']);
  const probe =
    value.probe === undefined ? DEFAULT_MEASURED_LINKS : reading.validate(MeasuredLinkCount, value.probe, ['probe']);
  const measure = readMeasure(reading, value.measure, value.load !== undefined);
  if (value.faults !== undefined && value.load === undefined) {
    reading.report(['faults'], 'expected a "load" beside it: without one nothing is started', { span: 'key' });
  }
  const before = reading.diagnosticCount;
  const axes = readAxes(reading, value.matrix);
  checkParametersExist(reading, value, axes, isMap(value.matrix) ? Object.keys(value.matrix) : []);
  const fillable = reading.diagnosticCount === before;
  checkParametersUsed(reading, value, axes);
  // Whatever else is wrong, the networks can be looked at where there are parameters to make them with.
  if (!fillable || !seeds) return undefined;
  const cells = expandMatrix(axes);
  if (cells.length * seeds.length > MAX_NETWORKS) {
    const all = `${cells.length} cells with ${seeds.length} seeds`;
    reading.report(['matrix'], `expected at most ${MAX_NETWORKS} networks, got ${all}`);
    return undefined;
  }
  const load: WorkloadOptions | undefined = given && {
    messages: given.messages ?? DEFAULT_WORKLOAD.messages,
    warmup: given.warmup ?? DEFAULT_WORKLOAD.warmup,
    size: given.size ?? DEFAULT_WORKLOAD.size,
    every: given.every,
    within: given.within ?? DEFAULT_WORKLOAD.within,
  };
  const networks = new TopologyCache(reading, value.topology, name ?? 'experiment');
  const schedules = new FaultScheduleCache(reading, value.faults, load);
  // Whose nodes are right has senders and faults that can be looked at.
  const looked = new Set<Topology>();
  const of = cells.map((cell) =>
    seeds.map((seed): RunSetup | undefined => {
      const topology = networks.topologyFor(cell, seed);
      const similar = topology ?? networks.meshFallbackFor(cell, seed);
      if (similar) looked.add(similar);
      const faults = schedules.faultsFor(cell, seed, similar);
      return topology && { topology, ...(faults ? { faults } : {}) };
    }),
  );
  const from = given && readSenders(reading, given.from ?? DEFAULT_WORKLOAD.from, [...looked]);
  if (
    reading.diagnosticCount > 0 ||
    name === undefined ||
    question === undefined ||
    !repeats ||
    !measure ||
    probe === undefined
  ) {
    return undefined;
  }
  const networkOf = (cell: number, seed: number) => of[cell]![seed]!;
  const runs = createRuns(cells, seeds, repeats, networkOf, load && { ...load, from: from! });
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

function readQuestion(reading: ParseContext, { question }: Record<string, unknown>): string | undefined {
  if (question !== undefined) return reading.validate(ExperimentQuestion, question, ['question']);
  reading.report([], `missing key "question": expected ${ExperimentQuestion.meta()?.expected}`);
  return undefined;
}

/** An axis with what its labels stand for. */
interface ParsedAxis extends MatrixAxis {
  values: unknown[];
}

function readAxes(reading: ParseContext, value: unknown): ParsedAxis[] {
  if (value === undefined) return [];
  if (!isMap(value)) {
    reading.report(['matrix'], `expected a map of parameters to their values, got ${describeValue(value)}`);
    return [];
  }
  const axes: ParsedAxis[] = [];
  for (const name of reading.keysInOrder(value, ['matrix'])) {
    const path = ['matrix', name];
    if (!PARAMETER_NAME.test(name) || name === SEED_PARAMETER || name === 'repeat') {
      const why = PARAMETER_NAME.test(name) ? ', which is not taken' : '';
      reading.report(path, `expected a name of letters, digits and _${why}, got "${name}"`, { span: 'key' });
      continue;
    }
    const read = reading.validate(AxisValues, value[name], path);
    if (read === undefined) continue;
    const labels: ParameterLabel[] = Array.isArray(read) ? read : reading.keysInOrder(read, path);
    const values = Array.isArray(read) ? read : labels.map((label) => read[String(label)]);
    for (const [index, label] of labels.entries()) {
      if (labels.map(String).indexOf(String(label)) < index) {
        reading.report([...path, index], `expected every value once, got ${label} again`);
      }
    }
    if (labels.length === 0) reading.report(path, 'expected at least one value, got an empty map');
    axes.push({ name, labels, values });
  }
  return axes;
}

function readMeasure(reading: ParseContext, value: unknown, loaded: boolean): MetricName[] | undefined {
  if (value === undefined) return loaded ? [...DEFAULT_METRICS] : [...GRAPH_METRICS];
  const measure = reading.validate(MeasuredMetrics, value, ['measure']);
  if (loaded || measure === undefined) return measure;
  const needing = measure.findIndex((name) => !GRAPH_METRICS.includes(name));
  if (needing >= 0) {
    reading.report(['measure', needing], `expected a figure of the graph, got "${measure[needing]}"`, {
      hint: 'without "load" nothing is sent, and there is nothing else to measure',
    });
  }
  return measure;
}

/** Every parameter of the templates is one of the matrix, by its names. */
function checkParametersExist(
  reading: ParseContext,
  { topology, faults }: Record<string, unknown>,
  axes: readonly ParsedAxis[],
  names: readonly string[],
): void {
  if (topology === undefined) reading.report([], 'missing key "topology": expected a topology, as in a topology file');
  else if (!isMap(topology)) {
    reading.report(['topology'], `expected a topology, as in a topology file, got ${describeValue(topology)}`);
  }
  const known = [...names, SEED_PARAMETER];
  const empty = Object.fromEntries(known.map((name) => [name, '']));
  const check = (part: unknown, path: DocumentPath) => {
    try {
      fillTemplate(part, empty, path);
    } catch (cause) {
      if (!(cause instanceof UnknownParameterError)) throw cause;
      reading.report(cause.path, cause.message, { hint: didYouMean(cause.parameter, known, 'there are') });
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
function checkParametersUsed(
  reading: ParseContext,
  { topology, faults }: Record<string, unknown>,
  axes: readonly ParsedAxis[],
): void {
  const used = findParameters([topology, faults, axes.map(({ values }) => values)]);
  for (const { name } of axes) {
    if (used.has(name)) continue;
    reading.report(
      ['matrix', name],
      `expected $${name} somewhere in "topology"${faults === undefined ? '' : ' or "faults"'}, got nothing that depends on it`,
      {
        span: 'key',
      },
    );
  }
}

function readSenders(reading: ParseContext, from: string | string[], topologies: readonly Topology[]): SenderChoice {
  if (from === 'random' || from === 'each') return from;
  const names = typeof from === 'string' ? [from] : from;
  for (const [index, name] of names.entries()) {
    const lacking = topologies.find(({ nodes }) => !nodes.some((node) => node.name === name));
    if (lacking === undefined) continue;
    const path = typeof from === 'string' ? ['load', 'from'] : ['load', 'from', index];
    const known = ['random', 'each', ...lacking.nodes.map((node) => node.name)];
    reading.report(path, `unknown node "${name}"`, { hint: didYouMean(name, known, 'known') });
  }
  return names;
}
