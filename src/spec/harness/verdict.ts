import type { TargetCapability } from './target-profile.ts';

/**
 * Verdict of a case:
 * - `OK`: the target keeps the rule;
 * - `NON-STRICT`: the target misses a SHOULD that others can live with, and conforms;
 * - `FAIL`: the target breaks the rule;
 * - `INFO`: nothing to judge, but something to know;
 * - `SKIPPED`: not tested, for the reason given.
 */
export type Verdict = 'OK' | 'NON-STRICT' | 'FAIL' | 'INFO' | 'SKIPPED';

/** Every verdict, worst first. */
export const VERDICTS: readonly Verdict[] = ['FAIL', 'NON-STRICT', 'INFO', 'SKIPPED', 'OK'];

/** Every verdict, in the order of reports. */
export const REPORTED_VERDICTS: readonly Verdict[] = ['OK', 'NON-STRICT', 'FAIL', 'INFO', 'SKIPPED'];

export interface CaseOutcome {
  readonly verdict: Verdict;
  /** Behaviour that the rule requires, if the target missed it. */
  readonly expected?: string;
  /** Behaviour that was observed instead. */
  readonly got?: string;
  /** Reason why the case was skipped, or a remark on the result. */
  readonly reason?: string;
  /** Set if the target does not support the capability at all: a missing part, not a broken one. */
  readonly lacks?: TargetCapability;
}

export const ok = (reason?: string): CaseOutcome => ({ verdict: 'OK', ...(reason === undefined ? {} : { reason }) });
export const info = (reason: string): CaseOutcome => ({ verdict: 'INFO', reason });
export const skipped = (reason: string): CaseOutcome => ({ verdict: 'SKIPPED', reason });
export const fail = (expected: string, got: string): CaseOutcome => ({ verdict: 'FAIL', expected, got });
export const nonStrict = (expected: string, got: string): CaseOutcome => ({ verdict: 'NON-STRICT', expected, got });

/** Returns the worst of several outcomes, the first of equal ones. */
export function worstOutcome(outcomes: readonly CaseOutcome[]): CaseOutcome {
  const rank = ({ verdict }: CaseOutcome) => VERDICTS.indexOf(verdict);
  return outcomes.reduce((a, b) => (rank(b) < rank(a) ? b : a), ok());
}

/** Thrown inside a case to end it with an outcome. */
export class CaseFailure extends Error {
  override readonly name = 'CaseFailure';
  readonly outcome: CaseOutcome;

  constructor(outcome: CaseOutcome) {
    super(`${outcome.verdict}: expected ${outcome.expected}, got ${outcome.got}`);
    this.outcome = outcome;
  }
}

/** @throws CaseFailure for any outcome but OK */
export function assertOk(outcome: CaseOutcome): void {
  if (outcome.verdict !== 'OK') throw new CaseFailure(outcome);
}
