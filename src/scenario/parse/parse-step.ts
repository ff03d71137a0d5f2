import { describeValue, isMap, quote } from '../../topology/document/diagnostic-text.ts';
import type { DocumentPath } from '../../topology/document/document-path.ts';
import { formatScheduleTime } from '../model/duration.ts';
import type { ScenarioStep, StepAction, StepTiming } from '../model/scenario.ts';
import { occurrencesIn } from '../schedule/random-faults.ts';
import { repeatCount } from '../schedule/schedule.ts';
import {
  ACTION_NAMES,
  type ActionName,
  ALLOWED_MODIFIERS,
  modifierSchemas,
  RANDOM_ACTIONS,
  type StepModifiers,
} from '../schema/steps.ts';
import { parseAction } from './parse-action.ts';
import type { ScenarioContext } from './scenario-context.ts';

/** Limit of the repetitions of one step. */
const MAX_REPEATS = 10_000;

/**
 * Parses one step; undefined when it has mistakes, which are reported.
 * @param defaultAt time of a step that gives none: that of the step before it, milliseconds
 */
export function parseStep(
  context: ScenarioContext,
  value: unknown,
  path: DocumentPath,
  defaultAt: number,
): ScenarioStep | undefined {
  if (!isMap(value)) {
    context.report(path, `expected a step such as { at: 10s, kill: n3 }, got ${describeValue(value)}`);
    return undefined;
  }
  const diagnosticsBefore = context.diagnosticCount;
  const keys = context.keysInOrder(value, path);
  const knownKeys = [...Object.keys(modifierSchemas), ...ACTION_NAMES];
  for (const key of keys) if (!knownKeys.includes(key)) context.reportUnknownKey([...path, key], knownKeys);
  const [name, ...others] = keys.filter((key): key is ActionName => (ACTION_NAMES as string[]).includes(key));
  if (name === undefined) {
    if (context.diagnosticCount === diagnosticsBefore)
      context.report(path, `expected an action: one of ${ACTION_NAMES.join(', ')}`);
    return undefined;
  }
  for (const key of others) {
    const hint = 'make it a step of its own; without "at", it takes place at the same time';
    const message = `expected one action in a step, got ${quote(key)} beside ${quote(name)}`;
    context.report([...path, key], message, { hint, span: 'key' });
  }
  const modifiers = parseModifiers(context, value, name, keys, path);
  const action = parseAction(context, name, value[name], modifiers, [...path, name]);
  const when = parseTiming(context, name, modifiers, path, defaultAt);
  if (when !== undefined && action !== undefined) checkRandomCount(context, when, action, [...path, name]);
  if (context.diagnosticCount > diagnosticsBefore || when === undefined || action === undefined) return undefined;
  return { when, ...(modifiers.name === undefined ? {} : { name: modifiers.name }), action };
}

/** Parses the keys of a step other than its action; reports those that the action does not allow. */
function parseModifiers(
  context: ScenarioContext,
  step: Record<string, unknown>,
  action: ActionName,
  keys: readonly string[],
  path: DocumentPath,
): StepModifiers {
  const allowed: readonly string[] = ALLOWED_MODIFIERS[action];
  const modifiers: Record<string, unknown> = {};
  for (const [key, schema] of Object.entries(modifierSchemas)) {
    if (!keys.includes(key)) continue;
    if (!allowed.includes(key)) {
      const hint = `allowed with ${action}: ${allowed.join(', ')}`;
      context.report([...path, key], `${quote(key)} is not allowed with ${quote(action)}`, { hint, span: 'key' });
      continue;
    }
    const value = context.validate(schema, step[key], [...path, key]);
    if (value !== undefined) modifiers[key] = value;
  }
  return modifiers;
}

function parseTiming(
  context: ScenarioContext,
  action: ActionName,
  { at: ownAt, every, until, times }: StepModifiers,
  path: DocumentPath,
  defaultAt: number,
): StepTiming | undefined {
  const at = ownAt ?? defaultAt;
  if (until !== undefined && until <= at) {
    context.report([...path, 'until'], 'expected a time after that of the step itself');
    return undefined;
  }
  if (RANDOM_ACTIONS.includes(action)) {
    if (until !== undefined) return { at, until };
    context.report(path, `missing key "until": expected the time at which ${action} ends`);
    return undefined;
  }
  if (every === undefined) {
    for (const [key, value] of Object.entries({ until, times })) {
      if (value === undefined) continue;
      const hint = 'as in { every: 5s, until: 60s }';
      context.report([...path, key], `${quote(key)} needs "every"`, { hint, span: 'key' });
    }
    return { at };
  }
  if ((until === undefined) === (times === undefined)) {
    context.report([...path, 'every'], 'expected either "until" or "times" with "every"', { span: 'key' });
    return undefined;
  }
  const when = until === undefined ? { at, every, times: times! } : { at, every, until };
  const count = repeatCount(when);
  if (count <= MAX_REPEATS) return when;
  context.report([...path, 'every'], `expected at most ${formatCount(MAX_REPEATS)} times, got ${formatCount(count)}`);
  return undefined;
}

/** Reports a rate that gives no event, or too many, in the time of the step. */
function checkRandomCount(context: ScenarioContext, when: StepTiming, action: StepAction, path: DocumentPath): void {
  if ((action.do !== 'churn' && action.do !== 'cuts') || !('until' in when)) return;
  const duration = when.until - when.at;
  const count = occurrencesIn(action.rate, duration);
  if (count >= 1 && count <= MAX_REPEATS) return;
  const expected = count === 0 ? 'at least 1 event' : `at most ${formatCount(MAX_REPEATS)} events`;
  const message = `expected ${expected} in ${formatScheduleTime(duration)}, got ${formatCount(count)}`;
  context.report([...path, 'rate'], message);
}

function formatCount(count: number): string {
  return count.toLocaleString('en-US');
}
