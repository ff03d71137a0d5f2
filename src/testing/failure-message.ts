import { inspect } from 'node:util';
import { describeError } from '../shared/errors.ts';
import type { PollResult } from '../shared/poll.ts';

/** From here on a look is worth mentioning that was still going on when the time was over, milliseconds. */
const MIN_REPORTED_HANG_MS = 80;
/** Characters of a condition or of what was last seen that an error shows. */
const MAX_TEXT_CHARACTERS = 500;

/** A condition as an error shows it: its own text. */
export function describeCondition(condition: unknown): string {
  return String(condition).replace(/\s+/g, ' ').slice(0, MAX_TEXT_CHARACTERS);
}

/** What a condition that does not hold came to. */
export function describeLastAttempt({
  attempts: looks,
  last,
  failure,
  hungMs: hung = 0,
}: Extract<PollResult<unknown>, { met: false }>): string {
  const none = last === undefined && failure === undefined;
  const value = none
    ? 'nothing'
    : failure === undefined
      ? inspect(last, { depth: 4, breakLength: 100 })
      : describeError(failure);
  const hints = [
    `looks: ${looks}`,
    ...(hung >= MIN_REPORTED_HANG_MS ? [`the last one came to no end in ${hung / 1000} s`] : []),
    ...(none && hung === 0 ? ['a condition returns something true when it holds'] : []),
  ];
  return `${value.slice(0, MAX_TEXT_CHARACTERS)} (${hints.join('; ')})`;
}
