import { Reading } from '../topology/reading.ts';
import { objectSource, type Source, yamlSource } from '../topology/source.ts';
import type { Topology } from '../topology/topology.ts';
import { found, isMap } from '../topology/wording.ts';
import { ScenarioError } from './mistakes.ts';
import { Roll } from './roll.ts';
import { plan } from './schedule.ts';
import { ScenarioFile } from './schema/file.ts';
import type { Scenario } from './step.ts';
import { readStep } from './steps.ts';

export interface ParseOptions {
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
export function topologyOf(text: string, file: string): string | undefined {
  const source = yamlSource(text);
  const reading = new Reading(source);
  const value = source.value;
  if (source.sound && isMap(value) && value.topology === undefined) return undefined;
  if (source.sound && isMap(value) && typeof value.topology === 'string' && value.topology !== '')
    return value.topology;
  if (source.sound && isMap(value)) {
    reading.mistake(['topology'], `expected the name of a topology file, got ${found(value.topology)}`);
  } else if (source.sound) {
    reading.mistake([], `expected a map with "topology" and "scenario", got ${found(value)}`);
  }
  throw new ScenarioError(file, reading.mistakes);
}

/**
 * Parses the scenario of a file: of a topology file, its key `scenario`.
 * @throws ScenarioError with every mistake in it
 */
export function parseScenario(text: string, options: ParseOptions): Scenario {
  return read(yamlSource(text), options);
}

/** Parses a file's content that is already a plain object. Mistakes name the path to the value. */
export function parseScenarioObject(
  value: unknown,
  { topology, file = 'the scenario' }: Partial<ParseOptions> & Pick<ParseOptions, 'topology'>,
): Scenario {
  return read(objectSource(value), { topology, file });
}

function read(source: Source, { file, topology }: ParseOptions): Scenario {
  const reading = new Reading(source);
  const scenario = source.sound ? readScenario(reading, source.value, topology) : undefined;
  if (scenario === undefined || reading.mistakes.length > 0) throw new ScenarioError(file, reading.mistakes);
  return scenario;
}

function readScenario(reading: Reading, value: unknown, topology: Topology): Scenario | undefined {
  if (!isMap(value)) {
    reading.mistake([], `expected a map with "scenario", got ${found(value)}`);
    return undefined;
  }
  if (value.topology !== undefined) {
    const known = Object.keys(ScenarioFile.shape);
    for (const key of reading.keys(value, [])) if (!known.includes(key)) reading.unknownKey([key], known);
  }
  if (!Array.isArray(value.scenario) || value.scenario.length === 0) {
    const path = value.scenario === undefined ? [] : ['scenario'];
    const missing = value.scenario === undefined ? 'missing key "scenario": ' : '';
    const got = value.scenario === undefined ? '' : `, got ${found(value.scenario)}`;
    reading.mistake(path, `${missing}expected a list of steps such as { at: 10s, kill: n3 }${got}`);
    return undefined;
  }
  const roll = new Roll(reading, topology);
  const steps = [];
  let at = 0;
  for (const [index, item] of value.scenario.entries()) {
    const step = readStep(reading, roll, item, ['scenario', index], at);
    at = step?.when.at ?? at;
    steps.push(step);
  }
  checkNames(reading, steps, value.scenario);
  const complete = steps.filter((step) => step !== undefined);
  // Without one of its steps, a scenario is another one.
  if (complete.length < steps.length || reading.count > 0) return undefined;
  const scenario = { steps: complete };
  for (const { step, message } of plan(scenario).conflicts) reading.mistake(['scenario', step], message);
  return scenario;
}

/** Every name once, and healed only what is named. */
function checkNames(
  reading: Reading,
  steps: readonly (Scenario['steps'][number] | undefined)[],
  items: unknown[],
): void {
  const names = new Set<string>();
  const written = items.map((item) => (isMap(item) && typeof item.name === 'string' ? item.name : undefined));
  for (const [index, name] of written.entries()) {
    if (name === undefined) continue;
    if (names.has(name)) reading.mistake(['scenario', index, 'name'], `expected every name once, got "${name}" again`);
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
      reading.mistake(['scenario', index, 'heal'], `unknown step "${name}"${later}`, { hint });
    }
  }
}
