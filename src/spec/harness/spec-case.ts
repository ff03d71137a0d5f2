import type { TranscriptEntry } from '../transport/transcript.ts';
import type { Capability } from './target-profile.ts';
import type { TestContext } from './test-context.ts';
import type { CaseOutcome, Verdict } from './verdict.ts';

/** One thing that a node is tried on. */
export interface SpecCase {
  /** `section.number`, as in `1.7`. Stays the same for ever: people select by it and reports are compared by it. */
  readonly number: string;
  readonly title: string;
  /** The rule it checks: one sentence, in the protocol's own terms. */
  readonly rule: string;
  /** What the target must be able to do for this to be tried; without it the case is skipped. */
  readonly requires?: readonly Capability[];
  /** The ability that this case is about: a target without it is told so here, and nowhere else. */
  readonly tests?: Capability;
  /** A node without that ability still conforms. */
  readonly optional?: true;
  /** It loads the target, so that no other case may run meanwhile. */
  readonly exclusive?: true;
  /** It waits rather than works: started first, and beside the others. */
  readonly longRunning?: true;
  readonly run: (trial: TestContext) => Promise<CaseOutcome>;
}

/** Cases that belong together. */
export interface SpecSection {
  readonly number: number;
  readonly title: string;
  readonly cases: readonly SpecCase[];
}

/** What was found by one case. */
export interface CaseResult {
  readonly number: string;
  readonly title: string;
  readonly rule: string;
  readonly verdict: Verdict;
  /** What the rule asks for, where it was missed. */
  readonly expected?: string;
  /** What came in its place. */
  readonly got?: string;
  /** Why it was skipped, or what there is to know. */
  readonly reason?: string;
  /** The target does not know this at all; see the cases that were skipped for it. */
  readonly lacks?: Capability;
  /** What was sent and what came back. */
  readonly exchange: readonly TranscriptEntry[];
  /** Milliseconds it took. */
  readonly duration: number;
}
