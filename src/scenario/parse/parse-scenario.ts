import { describeValue, isMap } from '../../topology/document/diagnostic-text.ts';
import { ParseContext } from '../../topology/document/parse-context.ts';
import { documentFromObject, documentFromYaml, type SourceDocument } from '../../topology/document/source-document.ts';
import { type Diagnostic, DiagnosticsError, type Topology } from '../../topology/index.ts';
import type { Scenario } from '../model/scenario.ts';
import { scheduleWithConflicts } from '../schedule/schedule.ts';
import { scenarioFileSchema } from './file-schema.ts';
import { parseStep } from './parse-step.ts';
import { ScenarioContext } from './scenario-context.ts';

export interface ParseScenarioOptions {
  /** Name of the file, for messages. */
  file: string;
  /** Topology whose nodes and links the scenario names. */
  topology: Topology;
}

/** Thrown for a scenario with mistakes; its code is `scenario_invalid`. */
export class ScenarioError extends DiagnosticsError {
  override readonly name = 'ScenarioError';

  constructor(file: string, diagnostics: readonly Diagnostic[]) {
    super('scenario_invalid', file, diagnostics);
  }
}

/**
 * Returns the topology file that a scenario file names, relative to the scenario's own folder; undefined when the scenario
 * is part of a topology file.
 * @throws ScenarioError when the file is neither
 */
export function readTopologyPath(text: string, file: string): string | undefined {
  const source = documentFromYaml(text);
  const context = new ParseContext(source);
  const { value } = source;
  if (context.reportForeignFile('scenario')) throw new ScenarioError(file, context.diagnostics);
  if (source.isUsable && isMap(value)) {
    const path = value.topology;
    if (path === undefined || (typeof path === 'string' && path !== '')) return path;
    context.report(['topology'], `expected the name of a topology file, got ${describeValue(path)}`);
  } else if (source.isUsable) {
    context.report([], `expected a map with "topology" and "scenario", got ${describeValue(value)}`);
  }
  throw new ScenarioError(file, context.diagnostics);
}

/**
 * Parses the scenario of a scenario file, or of a topology file with the key `scenario`.
 * @throws ScenarioError with every mistake in the scenario
 */
export function parseScenario(text: string, options: ParseScenarioOptions): Scenario {
  return parseSource(documentFromYaml(text), options);
}

/**
 * Parses a scenario file that is already an object. Mistakes name the path of the value instead of its line.
 * @throws ScenarioError with every mistake in the scenario
 */
export function parseScenarioObject(
  value: unknown,
  { topology, file = 'the scenario' }: Partial<ParseScenarioOptions> & Pick<ParseScenarioOptions, 'topology'>,
): Scenario {
  return parseSource(documentFromObject(value), { topology, file });
}

function parseSource(source: SourceDocument, { file, topology }: ParseScenarioOptions): Scenario {
  const context = new ScenarioContext(source, topology);
  const scenario = source.isUsable ? parseFile(context, source.value) : undefined;
  if (scenario === undefined || context.diagnosticCount > 0) throw new ScenarioError(file, context.diagnostics);
  return scenario;
}

function parseFile(context: ScenarioContext, value: unknown): Scenario | undefined {
  if (!isMap(value)) {
    context.report([], `expected a map with "scenario", got ${describeValue(value)}`);
    return undefined;
  }
  if (value.topology !== undefined) {
    const known = Object.keys(scenarioFileSchema.shape);
    for (const key of context.keysInOrder(value, [])) if (!known.includes(key)) context.reportUnknownKey([key], known);
  }
  const items = value.scenario;
  const expected = 'expected a list of steps such as { at: 10s, kill: n3 }';
  if (items === undefined) {
    context.report([], `missing key "scenario": ${expected}`);
    return undefined;
  }
  if (!Array.isArray(items) || items.length === 0) {
    context.report(['scenario'], `${expected}, got ${describeValue(items)}`);
    return undefined;
  }
  return parseSteps(context, items);
}

function parseSteps(context: ScenarioContext, items: readonly unknown[]): Scenario | undefined {
  let at = 0;
  const parsed = items.map((item, index) => {
    const step = parseStep(context, item, ['scenario', index], at);
    at = step?.when.at ?? at;
    return step;
  });
  checkNames(context, parsed, items);
  const steps = parsed.filter((step) => step !== undefined);
  // Conflicts are found only in a complete scenario: without one of its steps, its schedule is another one.
  if (steps.length < parsed.length || context.diagnosticCount > 0) return undefined;
  const scenario = { steps };
  for (const { step, message } of scheduleWithConflicts(scenario).conflicts)
    context.report(['scenario', step], message);
  return scenario;
}

/** Reports names that two steps have, and heals of names that no earlier step has. */
function checkNames(
  context: ScenarioContext,
  steps: readonly (Scenario['steps'][number] | undefined)[],
  items: readonly unknown[],
): void {
  const names = items.map((item) => (isMap(item) && typeof item.name === 'string' ? item.name : undefined));
  const seen = new Set<string>();
  for (const [index, name] of names.entries()) {
    if (name === undefined) continue;
    if (seen.has(name)) context.report(['scenario', index, 'name'], `expected every name once, got "${name}" again`);
    seen.add(name);
  }
  for (const [index, step] of steps.entries()) {
    if (step?.action.do !== 'heal') continue;
    const known = new Set(names.slice(0, index).filter((name) => name !== undefined));
    for (const name of step.action.names ?? []) {
      if (known.has(name)) continue;
      const later = seen.has(name) ? ', which only comes later' : '';
      const hint = known.size > 0 ? `steps before it: ${[...known].join(', ')}` : 'heal refers to a step by its "name"';
      context.report(['scenario', index, 'heal'], `unknown step "${name}"${later}`, { hint });
    }
  }
}
