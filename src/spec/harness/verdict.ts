import type { Capability } from './target-profile.ts';

/**
 * What a case finds:
 * - `OK`: the rule is kept;
 * - `NON-STRICT`: something a node should do is missing, and others get on with it all the same: it conforms;
 * - `FAIL`: the rule is broken;
 * - `INFO`: nothing to judge, but something to know;
 * - `SKIPPED`: could not be tried, and the reason says why.
 */
export type Verdict = 'OK' | 'NON-STRICT' | 'FAIL' | 'INFO' | 'SKIPPED';

/** Every verdict, worst first. */
export const VERDICTS: readonly Verdict[] = ['FAIL', 'NON-STRICT', 'INFO', 'SKIPPED', 'OK'];

/** What became of a case. */
export interface CaseOutcome {
  readonly verdict: Verdict;
  /** What the rule asks for, where it was missed. */
  readonly expected?: string;
  /** What came in its place. */
  readonly got?: string;
  /** Why it was skipped, or what there is to know. */
  readonly reason?: string;
  /** The whole finding is that the node does not know this: a part that is not there, not one that is broken. */
  readonly lacks?: Capability;
}

export const ok = (reason?: string): CaseOutcome => ({ verdict: 'OK', ...(reason === undefined ? {} : { reason }) });
export const info = (reason: string): CaseOutcome => ({ verdict: 'INFO', reason });
export const skipped = (reason: string): CaseOutcome => ({ verdict: 'SKIPPED', reason });
export const fail = (expected: string, got: string): CaseOutcome => ({ verdict: 'FAIL', expected, got });
export const nonStrict = (expected: string, got: string): CaseOutcome => ({ verdict: 'NON-STRICT', expected, got });

/** The outcome of a case that looked at several things: the worst of them, the first of its kind. */
export function worstOutcome(outcomes: readonly CaseOutcome[]): CaseOutcome {
  const rank = ({ verdict }: CaseOutcome) => VERDICTS.indexOf(verdict);
  return outcomes.reduce((a, b) => (rank(b) < rank(a) ? b : a), ok());
}

/** Thrown inside a case to end it there with an outcome. */
export class CaseFailure extends Error {
  override readonly name = 'Judgement';
  readonly outcome: CaseOutcome;

  constructor(outcome: CaseOutcome) {
    super(`${outcome.verdict}: expected ${outcome.expected}, got ${outcome.got}`);
    this.outcome = outcome;
  }
}

/** Goes on only with `outcome` OK. */
export function assertOk(outcome: CaseOutcome): void {
  if (outcome.verdict !== 'OK') throw new CaseFailure(outcome);
}
