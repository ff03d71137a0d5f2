import { inspect } from 'node:util';
import type { Outcome } from './patience.ts';

/** From here on a look is worth mentioning that was still going on when the time was over, milliseconds. */
const LONG = 80;
/** Characters of a condition or of what was last seen that an error shows. */
const SHOWN = 500;

/** A condition as an error shows it: its own text. */
export function describeCondition(condition: unknown): string {
  return String(condition).replace(/\s+/g, ' ').slice(0, SHOWN);
}

/** What a condition that does not hold came to. */
export function describeSeen({ looks, last, failure, hung = 0 }: Extract<Outcome<unknown>, { met: false }>): string {
  const none = last === undefined && failure === undefined;
  const value = none
    ? 'nothing'
    : failure === undefined
      ? inspect(last, { depth: 4, breakLength: 100 })
      : message(failure);
  const hints = [
    `looks: ${looks}`,
    ...(hung >= LONG ? [`the last one came to no end in ${hung / 1000} s`] : []),
    ...(none && hung === 0 ? ['a condition returns something true when it holds'] : []),
  ];
  return `${value.slice(0, SHOWN)} (${hints.join('; ')})`;
}

/** Of whatever was thrown. */
export function message(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

/** Names between commas, the longest lists cut. */
export function abridged(names: readonly string[]): string {
  const most = 12;
  return names.length <= most ? names.join(', ') : `${names.slice(0, most).join(', ')}, … (${names.length} in all)`;
}
