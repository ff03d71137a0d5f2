import { quote } from '../../topology/document/diagnostic-text.ts';
import type { DocumentPath } from '../../topology/document/document-path.ts';
import type { ParseContext } from '../../topology/document/parse-context.ts';
import { formatScheduleTime } from '../model/duration.ts';
import type { StepAction, StepTiming } from '../model/scenario.ts';
import { occurrencesIn } from '../schedule/random-faults.ts';
import { type ActionName, RANDOM_ACTIONS } from '../schema/steps.ts';
import type { StepModifiers } from './parse-modifiers.ts';

/** Most times that one step repeats. */
const MAX_REPEATS = 10_000;

/**
 * When a step is to happen, from what stands beside it; undefined when that has mistakes, which are then noted.
 * @param before when the step before it is, milliseconds
 */
export function parseTiming(
  reading: ParseContext,
  doing: ActionName,
  beside: StepModifiers,
  path: DocumentPath,
  before: number,
): StepTiming | undefined {
  const { every, until, times } = beside;
  const at = beside.at ?? before;
  const random = RANDOM_ACTIONS.includes(doing);
  if (until !== undefined && until <= at) {
    reading.report([...path, 'until'], 'expected a time after that of the step itself');
    return undefined;
  }
  if (random) {
    if (until !== undefined) return { at, until };
    reading.report(path, `missing key "until": expected the time at which ${doing} ends`);
    return undefined;
  }
  if (every === undefined) {
    for (const key of ['until', 'times'] as const) {
      if (beside[key] === undefined) continue;
      reading.report([...path, key], `${quote(key)} needs "every"`, {
        hint: 'as in { every: 5s, until: 60s }',
        span: 'key',
      });
    }
    return { at };
  }
  if ((until === undefined) === (times === undefined)) {
    reading.report([...path, 'every'], 'expected "until" or "times" beside it, one of the two', { span: 'key' });
    return undefined;
  }
  const repeats = times ?? Math.ceil(((until as number) - at) / every);
  if (repeats > MAX_REPEATS) {
    reading.report([...path, 'every'], `expected at most ${MAX_REPEATS.toLocaleString('en-US')} times, got ${repeats}`);
    return undefined;
  }
  return times === undefined ? { at, every, until: until as number } : { at, every, times };
}

/** A rate must make at least one of its time, and not more than anybody could want. */
export function checkRandomCount(
  reading: ParseContext,
  when: StepTiming,
  action: StepAction,
  path: DocumentPath,
): void {
  if ((action.do !== 'churn' && action.do !== 'cuts') || !('until' in when)) return;
  const span = when.until - when.at;
  const count = occurrencesIn(action.rate, span);
  if (count >= 1 && count <= MAX_REPEATS) return;
  const many = count === 0 ? 'at least one' : `at most ${MAX_REPEATS.toLocaleString('en-US')}`;
  reading.report(
    [...path, 'rate'],
    `expected ${many} in ${formatScheduleTime(span)}, got ${count === 0 ? 'none' : count}`,
  );
}
