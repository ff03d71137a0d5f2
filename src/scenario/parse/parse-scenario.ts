import { describeValue, isMap } from '../../topology/document/diagnostic-text.ts';
import { ParseContext } from '../../topology/document/parse-context.ts';
import { documentFromObject, documentFromYaml, type SourceDocument } from '../../topology/document/source-document.ts';
import type { Topology } from '../../topology/model/topology.ts';
import type { Scenario } from '../model/scenario.ts';
import { scheduleWithConflicts } from '../schedule/schedule.ts';
import { scenarioFileSchema } from './file-schema.ts';
import { NameResolver } from './name-resolver.ts';
import { parseStep } from './parse-step.ts';
import { ScenarioError } from './scenario-error.ts';

export interface ParseScenarioOptions {
  /** Names the file in messages. */
  file: string;
  /** Whose nodes and links the scenario names. */
  topology: Topology;
}

/**
 * The topology file that a scenario file names, as it is written there: relative to the scenario's own folder. Undefined
 * where the scenario stands in the topology itself.
 * @throws ScenarioError when the file is neither
 */
export function readTopologyPath(text: string, file: string): string | undefined {
  const source = documentFromYaml(text);
  const reading = new ParseContext(source);
  const value = source.value;
  if (source.isUsable && isMap(value) && value.topology === undefined) return undefined;
  if (source.isUsable && isMap(value) && typeof value.topology === 'string' && value.topology !== '')
    return value.topology;
  if (source.isUsable && isMap(value)) {
    reading.report(['topology'], `expected the name of a topology file, got ${describeValue(value.topology)}`);
  } else if (source.isUsable) {
    reading.report([], `expected a map with "topology" and "scenario", got ${describeValue(value)}`);
  }
  throw new ScenarioError(file, reading.diagnostics);
}

/**
 * Parses the scenario of a file: of a topology file, its key `scenario`.
 * @throws ScenarioError with every mistake in it
 */
export function parseScenario(text: string, options: ParseScenarioOptions): Scenario {
  return parseSource(documentFromYaml(text), options);
}

/** Parses a file's content that is already a plain object. Mistakes name the path to the value. */
export function parseScenarioObject(
  value: unknown,
  { topology, file = 'the scenario' }: Partial<ParseScenarioOptions> & Pick<ParseScenarioOptions, 'topology'>,
): Scenario {
  return parseSource(documentFromObject(value), { topology, file });
}

function parseSource(source: SourceDocument, { file, topology }: ParseScenarioOptions): Scenario {
  const reading = new ParseContext(source);
  const scenario = source.isUsable ? parseSteps(reading, source.value, topology) : undefined;
  if (scenario === undefined || reading.diagnostics.length > 0) throw new ScenarioError(file, reading.diagnostics);
  return scenario;
}

function parseSteps(reading: ParseContext, value: unknown, topology: Topology): Scenario | undefined {
  if (!isMap(value)) {
    reading.report([], `expected a map with "scenario", got ${describeValue(value)}`);
    return undefined;
  }
  if (value.topology !== undefined) {
    const known = Object.keys(scenarioFileSchema.shape);
    for (const key of reading.keysInOrder(value, [])) if (!known.includes(key)) reading.reportUnknownKey([key], known);
  }
  if (!Array.isArray(value.scenario) || value.scenario.length === 0) {
    const path = value.scenario === undefined ? [] : ['scenario'];
    const missing = value.scenario === undefined ? 'missing key "scenario": ' : '';
    const got = value.scenario === undefined ? '' : `, got ${describeValue(value.scenario)}`;
    reading.report(path, `${missing}expected a list of steps such as { at: 10s, kill: n3 }${got}`);
    return undefined;
  }
  const roll = new NameResolver(reading, topology);
  const steps = [];
  let at = 0;
  for (const [index, item] of value.scenario.entries()) {
    const step = parseStep(reading, roll, item, ['scenario', index], at);
    at = step?.when.at ?? at;
    steps.push(step);
  }
  checkNames(reading, steps, value.scenario);
  const complete = steps.filter((step) => step !== undefined);
  // Without one of its steps, a scenario is another one.
  if (complete.length < steps.length || reading.diagnosticCount > 0) return undefined;
  const scenario = { steps: complete };
  for (const { step, message } of scheduleWithConflicts(scenario).conflicts)
    reading.report(['scenario', step], message);
  return scenario;
}

/** Every name once, and healed only what is named. */
function checkNames(
  reading: ParseContext,
  steps: readonly (Scenario['steps'][number] | undefined)[],
  items: unknown[],
): void {
  const names = new Set<string>();
  const written = items.map((item) => (isMap(item) && typeof item.name === 'string' ? item.name : undefined));
  for (const [index, name] of written.entries()) {
    if (name === undefined) continue;
    if (names.has(name)) reading.report(['scenario', index, 'name'], `expected every name once, got "${name}" again`);
    names.add(name);
  }
  for (const [index, step] of steps.entries()) {
    if (step?.action.do !== 'heal') continue;
    const before = new Set(written.slice(0, index));
    for (const name of step.action.names ?? []) {
      if (before.has(name)) continue;
      const later = names.has(name) ? ', which only comes later' : '';
      const known = [...before].filter((one) => one !== undefined);
      const hint = known.length > 0 ? `named before: ${known.join(', ')}` : 'a step is healed by its "name"';
      reading.report(['scenario', index, 'heal'], `unknown step "${name}"${later}`, { hint });
    }
  }
}
