import { describeValue, isMap, quote } from '../../topology/document/diagnostic-text.ts';
import type { DocumentPath } from '../../topology/document/document-path.ts';
import type { ParseContext } from '../../topology/document/parse-context.ts';
import type { ScenarioStep } from '../model/scenario.ts';
import { ACTION_NAMES, type ActionName, modifierSchemas } from '../schema/steps.ts';
import type { NameResolver } from './name-resolver.ts';
import { parseAction } from './parse-action.ts';
import { parseModifiers } from './parse-modifiers.ts';
import { checkRandomCount, parseTiming } from './parse-timing.ts';

/**
 * Parses one step; undefined when it has mistakes, which are then noted.
 * @param before when the step before it is, milliseconds: where a step gives no time, it is then as well
 */
export function parseStep(
  reading: ParseContext,
  roll: NameResolver,
  item: unknown,
  path: DocumentPath,
  before: number,
): ScenarioStep | undefined {
  if (!isMap(item)) {
    reading.report(path, `expected a step such as { at: 10s, kill: n3 }, got ${describeValue(item)}`);
    return undefined;
  }
  const start = reading.diagnosticCount;
  const keys = reading.keysInOrder(item, path);
  const known = [...Object.keys(modifierSchemas), ...ACTION_NAMES];
  for (const key of keys) if (!known.includes(key)) reading.reportUnknownKey([...path, key], known);
  const [doing, ...more] = keys.filter((key) => (ACTION_NAMES as string[]).includes(key)) as ActionName[];
  if (doing === undefined) {
    if (reading.diagnosticCount === start)
      reading.report(path, `expected something to do: one of ${ACTION_NAMES.join(', ')}`);
    return undefined;
  }
  for (const key of more) {
    const message = `expected one thing to do, got ${quote(key)} beside ${quote(doing)}`;
    reading.report([...path, key], message, {
      hint: 'make it a step of its own: at the same time, if it has no "at"',
      span: 'key',
    });
  }
  const beside = parseModifiers(reading, item, doing, keys, path);
  const action = parseAction(reading, roll, {
    action: doing,
    value: item[doing],
    modifiers: beside,
    path: [...path, doing],
  });
  const when = parseTiming(reading, doing, beside, path, before);
  if (when !== undefined && action !== undefined) checkRandomCount(reading, when, action, [...path, doing]);
  if (reading.diagnosticCount > start || when === undefined || action === undefined) return undefined;
  return { when, ...(beside.name === undefined ? {} : { name: beside.name }), action };
}
