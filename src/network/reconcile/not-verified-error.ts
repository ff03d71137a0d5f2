import { DevnetError } from '../../shared/errors.ts';
import { type Drift, describeDrift } from '../links/drift.ts';

/** Returns the error for links that did not become as declared in time. */
export function notVerifiedError(drift: Drift, timeoutMs: number, hint: string): DevnetError {
  const lines = [
    `the graph is not the declared one after ${timeoutMs / 1_000} s without progress`,
    ...describeDrift(drift),
  ];
  return new DevnetError('not_verified', lines.join('\n  '), { hint });
}
