import type { Path } from '../topology/path.ts';
import type { Reading } from '../topology/reading.ts';
import { quote } from '../topology/wording.ts';
import type { Beside } from './beside.ts';
import { countOf } from './draw.ts';
import { formatSpan } from './quantity.ts';
import { type Doing, DRAWN } from './schema/index.ts';
import type { Action, When } from './step.ts';

/** Most times that one step repeats. */
const MAX_TIMES = 10_000;

/**
 * When a step is to happen, from what stands beside it; undefined when that has mistakes, which are then noted.
 * @param before when the step before it is, milliseconds
 */
export function readWhen(reading: Reading, doing: Doing, beside: Beside, path: Path, before: number): When | undefined {
  const { every, until, times } = beside;
  const at = beside.at ?? before;
  const random = DRAWN.includes(doing);
  if (until !== undefined && until <= at) {
    reading.mistake([...path, 'until'], 'expected a time after that of the step itself');
    return undefined;
  }
  if (random) {
    if (until !== undefined) return { at, until };
    reading.mistake(path, `missing key "until": expected the time at which ${doing} ends`);
    return undefined;
  }
  if (every === undefined) {
    for (const key of ['until', 'times'] as const) {
      if (beside[key] === undefined) continue;
      reading.mistake([...path, key], `${quote(key)} needs "every"`, {
        hint: 'as in { every: 5s, until: 60s }',
        part: 'key',
      });
    }
    return { at };
  }
  if ((until === undefined) === (times === undefined)) {
    reading.mistake([...path, 'every'], 'expected "until" or "times" beside it, one of the two', { part: 'key' });
    return undefined;
  }
  const repeats = times ?? Math.ceil(((until as number) - at) / every);
  if (repeats > MAX_TIMES) {
    reading.mistake([...path, 'every'], `expected at most ${MAX_TIMES.toLocaleString('en-US')} times, got ${repeats}`);
    return undefined;
  }
  return times === undefined ? { at, every, until: until as number } : { at, every, times };
}

/** A rate must make at least one of its time, and not more than anybody could want. */
export function checkDraws(reading: Reading, when: When, action: Action, path: Path): void {
  if ((action.do !== 'churn' && action.do !== 'cuts') || !('until' in when)) return;
  const span = when.until - when.at;
  const count = countOf(action.rate, span);
  if (count >= 1 && count <= MAX_TIMES) return;
  const many = count === 0 ? 'at least one' : `at most ${MAX_TIMES.toLocaleString('en-US')}`;
  reading.mistake([...path, 'rate'], `expected ${many} in ${formatSpan(span)}, got ${count === 0 ? 'none' : count}`);
}
