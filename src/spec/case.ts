import type { Entry } from './exchange.ts';
import type { Ability } from './profile.ts';
import type { Trial } from './trial.ts';
import type { Outcome, Verdict } from './verdict.ts';

/** One thing that a node is tried on. */
export interface Case {
  /** `section.number`, as in `1.7`. Stays the same for ever: people select by it and reports are compared by it. */
  readonly number: string;
  readonly title: string;
  /** The rule it checks: one sentence, in the protocol's own terms. */
  readonly rule: string;
  /** What the target must be able to do for this to be tried; without it the case is skipped. */
  readonly needs?: readonly Ability[];
  /** The ability that this case is about: a target without it is told so here, and nowhere else. */
  readonly about?: Ability;
  /** A node without that ability still conforms. */
  readonly optional?: true;
  /** It loads the target, so that no other case may run meanwhile. */
  readonly alone?: true;
  /** It waits rather than works: started first, and beside the others. */
  readonly long?: true;
  readonly run: (trial: Trial) => Promise<Outcome>;
}

/** Cases that belong together. */
export interface Section {
  readonly number: number;
  readonly title: string;
  readonly cases: readonly Case[];
}

/** What was found by one case. */
export interface Result {
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
  readonly lacks?: Ability;
  /** What was sent and what came back. */
  readonly exchange: readonly Entry[];
  /** Milliseconds it took. */
  readonly duration: number;
}
