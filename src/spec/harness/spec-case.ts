import type { TranscriptEntry } from '../transport/transcript.ts';
import type { TargetCapability } from './target-profile.ts';
import type { TestContext } from './test-context.ts';
import type { CaseOutcome } from './verdict.ts';

/** Test of one rule of the protocol. */
export interface SpecCase {
  /** `section.number`, such as `1.7`. Never changes: people select cases by it and compare reports by it. */
  readonly number: string;
  readonly title: string;
  /** The rule in one sentence, in the protocol's own terms. */
  readonly rule: string;
  /** Capabilities without which the case is skipped. */
  readonly requires?: readonly TargetCapability[];
  /** Capability that the case is about. A target without it fails here, and nowhere else. */
  readonly tests?: TargetCapability;
  /** A target without the capability under test still conforms. */
  readonly optional?: true;
  /** Loads the target, so that no other case may run at the same time. */
  readonly exclusive?: true;
  /**
   * Needs several connections open at the same time: it checks that others are served beside one of them. On a target that
   * serves few connections at a time, every other case closes a connection before it opens the next.
   */
  readonly severalConnections?: true;
  /** Mostly waits: starts first, and runs beside the other cases. */
  readonly longRunning?: true;
  readonly run: (t: TestContext) => Promise<CaseOutcome>;
}

/** Group of cases. */
export interface SpecSection {
  readonly number: number;
  readonly title: string;
  readonly cases: readonly SpecCase[];
}

/** Outcome of a case that ran, with its transcript. */
export interface CaseResult extends CaseOutcome, Pick<SpecCase, 'number' | 'title' | 'rule'> {
  /** Messages sent and received. */
  readonly exchange: readonly TranscriptEntry[];
  /** Milliseconds. */
  readonly duration: number;
}

/** True if a case counts as failed; under `strict`, a missed SHOULD does, too. */
export function isFailed({ verdict }: CaseResult, strict: boolean): boolean {
  return verdict === 'FAIL' || (strict && verdict === 'NON-STRICT');
}
