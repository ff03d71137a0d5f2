import type { z } from 'zod';
import { describeValue, isMap } from '../../topology/document/diagnostic-text.ts';
import { didYouMean } from '../../topology/document/did-you-mean.ts';
import { ParseContext } from '../../topology/document/parse-context.ts';
import { documentFromYaml } from '../../topology/document/source-document.ts';
import { type Diagnostic, DiagnosticsError, type Topology } from '../../topology/index.ts';
import { DEFAULT_METRICS, deadlineOf, GRAPH_METRICS, type MetricName } from '../metrics/metrics.ts';
import type { ParameterLabel } from '../metrics/samples.ts';
import type { Experiment, MatrixAxis, WorkloadOptions } from './experiment.ts';
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
import { findParameters, PARAMETER_NAME, SEED_PARAMETER } from './template.ts';
import { TopologyCache } from './topology-cache.ts';

/** Most cells times seeds, each of which is a graph to generate. */
const MAX_NETWORKS = 10_000;

/** Thrown for an experiment with mistakes; its code is `experiment_invalid`. */
export class ExperimentError extends DiagnosticsError {
  override readonly name = 'ExperimentError';

  constructor(file: string, diagnostics: readonly Diagnostic[]) {
    super('experiment_invalid', file, diagnostics);
  }
}

export interface ParseExperimentOptions {
  /** Name of the file in error messages. */
  file: string;
  /** Name of the experiment where the file has none. @default none: such a file is invalid */
  name?: string;
  /** Runs of each cell with each seed. @default that of the file */
  repeats?: number | undefined;
}

/**
 * Parses an experiment file and creates its runs. The same file always gives the same runs in the same order.
 * @throws ExperimentError with every mistake in the file
 */
export function parseExperiment(text: string, options: ParseExperimentOptions): Experiment {
  const source = documentFromYaml(text);
  const context = new ParseContext(source);
  const isReadable = !context.reportForeignFile('experiment') && source.isUsable;
  const experiment = isReadable ? readExperiment(context, source.value, options) : undefined;
  if (experiment === undefined || context.diagnostics.length > 0)
    throw new ExperimentError(options.file, context.diagnostics);
  return experiment;
}

function readExperiment(context: ParseContext, file: unknown, options: ParseExperimentOptions): Experiment | undefined {
  if (!isMap(file)) {
    context.report([], `expected a map with "question", "topology" and "matrix", got ${describeValue(file)}`);
    return undefined;
  }
  for (const key of context.keysInOrder(file, []))
    if (!EXPERIMENT_KEYS.includes(key)) context.reportUnknownKey([key], EXPERIMENT_KEYS);
  const read = <Schema extends z.ZodType, Default>(key: string, schema: Schema, fallback: Default) =>
    file[key] === undefined ? fallback : context.validate(schema, file[key], [key]);
  const name = context.validate(ExperimentName, file.name ?? options.name, ['name']);
  const question = read('question', ExperimentQuestion, undefined);
  if (file.question === undefined)
    context.report([], `missing key "question": expected ${ExperimentQuestion.meta()?.expected}`);
  const seeds = read('seeds', Seeds, [1]);
  const declaredRepeats = read('repeats', Repeats, 1);
  const repeats = declaredRepeats && (options.repeats ?? declaredRepeats);
  const fields = read('load', WorkloadFields, undefined);
  const probe = read('probe', MeasuredLinkCount, DEFAULT_MEASURED_LINKS);
  const measure = readMeasure(context, file.measure, file.load === undefined ? undefined : fields);
  if (file.faults !== undefined && file.load === undefined)
    context.report(['faults'], '"faults" needs "load": without a load no network is started', { span: 'key' });
  const before = context.diagnosticCount;
  const axes = readAxes(context, file.matrix);
  checkParameters(context, file, axes);
  // Whatever else is wrong, networks can be checked as soon as there are parameters to fill in.
  const canFill = context.diagnosticCount === before;
  checkParametersUsed(context, file, axes);
  if (!canFill || !seeds) return undefined;
  const cells = expandMatrix(axes);
  if (cells.length * seeds.length > MAX_NETWORKS) {
    const got = `${cells.length} cells with ${seeds.length} seeds`;
    context.report(['matrix'], `expected at most ${MAX_NETWORKS} networks, got ${got}`);
    return undefined;
  }
  const load: WorkloadOptions | undefined = fields && {
    messages: fields.messages ?? DEFAULT_WORKLOAD.messages,
    warmup: fields.warmup ?? DEFAULT_WORKLOAD.warmup,
    size: fields.size ?? DEFAULT_WORKLOAD.size,
    every: fields.every,
    within: fields.within ?? DEFAULT_WORKLOAD.within,
  };
  const topologies = new TopologyCache(context, file.topology, name ?? 'experiment');
  const schedules = new FaultScheduleCache(context, file.faults, load);
  // Senders and faults can be checked by the nodes, even where links have mistakes.
  const checkable = new Set<Topology>();
  const setups = cells.map((cell) =>
    seeds.map((seed): RunSetup | undefined => {
      const topology = topologies.topologyFor(cell, seed);
      const similar = topology ?? topologies.meshFallbackFor(cell, seed);
      if (similar) checkable.add(similar);
      const faults = schedules.faultsFor(cell, seed, similar);
      return topology && { topology, ...(faults ? { faults } : {}) };
    }),
  );
  const senders = fields && readSenders(context, fields.from ?? DEFAULT_WORKLOAD.from, [...checkable]);
  const isComplete = name !== undefined && question !== undefined && repeats && measure && probe !== undefined;
  if (context.diagnosticCount > 0 || !isComplete) return undefined;
  const setupOf = (cell: number, seed: number) => setups[cell]![seed]!;
  const runs = createRuns(cells, seeds, repeats, setupOf, load && { ...load, from: senders! });
  const labelled = axes.map(({ name: axis, labels }) => ({ name: axis, labels }));
  return { name, question, axes: labelled, seeds, repeats, load, probe, measure, runs };
}

/** An axis with the values behind its labels. */
interface ParsedAxis extends MatrixAxis {
  values: unknown[];
}

function readAxes(context: ParseContext, matrix: unknown): ParsedAxis[] {
  if (matrix === undefined) return [];
  if (!isMap(matrix)) {
    context.report(['matrix'], `expected a map of parameters to their values, got ${describeValue(matrix)}`);
    return [];
  }
  return context.keysInOrder(matrix, ['matrix']).flatMap((name): ParsedAxis[] => {
    const path = ['matrix', name];
    if (!PARAMETER_NAME.test(name)) {
      context.report(path, `expected a name of letters, digits and _, got "${name}"`, { span: 'key' });
      return [];
    }
    if (name === SEED_PARAMETER || name === 'repeat') {
      context.report(path, `parameter name "${name}" is reserved: use another one`, { span: 'key' });
      return [];
    }
    const given = context.validate(AxisValues, matrix[name], path);
    if (given === undefined) return [];
    const labels: ParameterLabel[] = Array.isArray(given) ? given : context.keysInOrder(given, path);
    const values = Array.isArray(given) ? given : labels.map((label) => given[String(label)]);
    for (const [index, label] of labels.entries()) {
      if (labels.map(String).indexOf(String(label)) < index)
        context.report([...path, index], `expected every value once, got ${label} again`);
    }
    if (labels.length === 0) context.report(path, 'expected at least one value, got an empty map');
    return [{ name, labels, values }];
  });
}

/** @param load undefined where nothing is sent */
function readMeasure(
  context: ParseContext,
  value: unknown,
  load: z.output<typeof WorkloadFields> | undefined,
): MetricName[] | undefined {
  if (value === undefined) return load ? [...DEFAULT_METRICS] : [...GRAPH_METRICS];
  const measure = context.validate(MeasuredMetrics, value, ['measure']);
  if (measure === undefined) return undefined;
  if (load) {
    const { within = DEFAULT_WORKLOAD.within } = load;
    for (const [index, name] of measure.entries()) {
      const timeMs = deadlineOf(name)?.timeMs ?? 0;
      if (timeMs <= within) continue;
      const message = `expected a time up to ${within}ms, for which messages are waited for, got ${timeMs}ms`;
      context.report(['measure', index, 'within', 'time'], message, {
        hint: 'set "within" of "load" to a longer time',
      });
    }
    return [...new Set(measure)];
  }
  const unavailable = measure.findIndex((name) => !GRAPH_METRICS.includes(name));
  if (unavailable >= 0) {
    context.report(['measure', unavailable], `expected a graph metric, got "${measure[unavailable]}"`, {
      hint: 'without "load" no messages are sent, so only graph metrics can be measured',
    });
  }
  return measure;
}

/** Reports parameters in the templates that the matrix does not have. */
function checkParameters(
  context: ParseContext,
  { topology, faults, matrix }: Record<string, unknown>,
  axes: readonly ParsedAxis[],
): void {
  if (topology === undefined) context.report([], 'missing key "topology": expected a topology, as in a topology file');
  else if (!isMap(topology))
    context.report(['topology'], `expected a topology, as in a topology file, got ${describeValue(topology)}`);
  const known = [...(isMap(matrix) ? Object.keys(matrix) : []), SEED_PARAMETER];
  const used = [
    ...findParameters(topology, ['topology']),
    ...findParameters(faults, ['faults']),
    ...axes.flatMap(({ name, labels, values }) =>
      values.flatMap((value, index) =>
        findParameters(value, ['matrix', name, value === labels[index] ? index : String(labels[index])]),
      ),
    ),
  ];
  for (const { name, path } of used) {
    if (!known.includes(name))
      context.report(path, `unknown parameter $${name}`, { hint: didYouMean(name, known, 'there are') });
  }
}

/** Reports parameters of the matrix that no template uses. */
function checkParametersUsed(
  context: ParseContext,
  { topology, faults }: Record<string, unknown>,
  axes: readonly ParsedAxis[],
): void {
  const used = new Set(findParameters([topology, faults, axes.map(({ values }) => values)]).map(({ name }) => name));
  const templates = `"topology"${faults === undefined ? '' : ' or "faults"'}`;
  for (const { name } of axes) {
    if (!used.has(name))
      context.report(['matrix', name], `parameter $${name} is not used in ${templates}`, { span: 'key' });
  }
}

function readSenders(context: ParseContext, from: string | string[], topologies: readonly Topology[]): SenderChoice {
  if (from === 'random' || from === 'each') return from;
  const names = typeof from === 'string' ? [from] : from;
  for (const [index, name] of names.entries()) {
    const without = topologies.find(({ nodes }) => !nodes.some((node) => node.name === name));
    if (without === undefined) continue;
    const known = ['random', 'each', ...without.nodes.map((node) => node.name)];
    context.report(['load', 'from', ...(typeof from === 'string' ? [] : [index])], `unknown node "${name}"`, {
      hint: didYouMean(name, known, 'known'),
    });
  }
  return names;
}
