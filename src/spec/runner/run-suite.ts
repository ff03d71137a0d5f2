import { SECTIONS } from '../cases/index.ts';
import type { CaseResult, SpecCase } from '../harness/spec-case.ts';
import { formatMessage, probeTarget, type TargetProfile } from '../harness/target-profile.ts';
import { type TargetInfo, TestContext } from '../harness/test-context.ts';
import { CaseFailure, type CaseOutcome, fail, skipped, VERDICTS, type Verdict } from '../harness/verdict.ts';
import { AddPeerThrottle } from '../transport/add-peer-throttle.ts';
import { sleep } from '../transport/condition-variable.ts';
import { findLoopbackIPv6, findSecondLoopback, pickUnusedLoopback } from './local-addresses.ts';
import { selectCases } from './select-cases.ts';

/** A node to try, in any language. */
export interface SpecTarget {
  readonly host: string;
  readonly port: number;
  /** The suite's own address that the target can dial. Absent: one on loopback, which a target elsewhere cannot. */
  readonly listenHost?: string;
  /** The same by IPv6; absent: `::1` where the target is on loopback. Without one, IPv6 is skipped. */
  readonly listenHost6?: string;
  /** Address of this machine to dial from; absent: the one it listens at on loopback, or the system's choice. */
  readonly localAddress?: string;
  /** Another one, to be a third party from; absent: 127.0.0.2 where the target is on loopback and the system has it. */
  readonly otherAddress?: string;
}

export interface SuiteOptions {
  /** `1` for a section, `1.7` for a case; all without any. */
  readonly selectors?: readonly string[];
  /** Milliseconds to wait for anything that should come; 1,500. */
  readonly timeout?: number;
  /** Count NON-STRICT as failed. */
  readonly strict?: boolean;
  /** Try what takes minutes, too. */
  readonly slow?: boolean;
  /** Bytes of the largest message the target takes; 1 MiB. */
  readonly maxMessage?: number;
  /** Milliseconds the target gives a message to be complete; 10,000. */
  readonly messageTimeout?: number;
  /** Milliseconds after which the target takes a silent link for dead; 90,000. */
  readonly deadAfter?: number;
  /** Cases at a time; 6. */
  readonly parallel?: number;
  readonly signal?: AbortSignal;
  /** Called with the target's abilities, before the first case. */
  readonly onProfile?: (profile: TargetProfile) => void;
  /** Called as each case ends, which is not in the order of their numbers. */
  readonly onResult?: (result: CaseResult) => void;
}

/** What was found about a target. */
export interface SuiteResult {
  /** `host:port` */
  readonly target: string;
  /** When it began, ISO 8601. */
  readonly time: string;
  /** Milliseconds it took. */
  readonly duration: number;
  readonly strict: boolean;
  /** Nothing failed. */
  readonly passed: boolean;
  readonly counts: Readonly<Record<Verdict, number>>;
  /** In the order of their numbers. */
  readonly results: readonly CaseResult[];
}

/** All cases by section, for lists and reports. */
export { SECTIONS } from '../cases/index.ts';

/**
 * Tries a node on the protocol. Rejects with DevnetError `node_unreachable` when there is nothing to connect to,
 * `usage` for a selector that names nothing, and the signal's reason when that aborts.
 */
export async function runSuite(target: SpecTarget, options: SuiteOptions = {}): Promise<SuiteResult> {
  const chosen = selectCases(SECTIONS, options.selectors ?? []);
  const time = new Date();
  const start = performance.now();
  const { signal } = options;
  signal?.throwIfAborted();
  const circumstances = await resolveTargetInfo(target, options);
  const profile = await probeTarget(circumstances);
  signal?.throwIfAborted();
  options.onProfile?.(profile);
  const run = new SuiteRun(circumstances, profile, options);
  const results = await run.runAll(chosen);
  const counts = Object.fromEntries(
    VERDICTS.map((verdict) => [verdict, results.filter((result) => result.verdict === verdict).length]),
  ) as Record<Verdict, number>;
  const strict = options.strict ?? false;
  return {
    target: target.host.includes(':') ? `[${target.host}]:${target.port}` : `${target.host}:${target.port}`,
    time: time.toISOString(),
    duration: Math.round(performance.now() - start),
    strict,
    passed: counts.FAIL === 0 && !(strict && counts['NON-STRICT'] > 0),
    counts,
    results,
  };
}

async function resolveTargetInfo(target: SpecTarget, options: SuiteOptions): Promise<TargetInfo> {
  const { host } = target;
  const onLoopback4 = host.startsWith('127.');
  const onLoopback = onLoopback4 || host === '::1' || host === 'localhost';
  const fresh = onLoopback4 && target.listenHost === undefined ? await pickUnusedLoopback() : undefined;
  const localAddress = target.localAddress ?? fresh;
  return {
    host,
    port: target.port,
    localAddress,
    listenHost: target.listenHost ?? localAddress ?? (host === '::1' ? '::1' : '127.0.0.1'),
    listenHost6: target.listenHost6 ?? (onLoopback ? await findLoopbackIPv6() : undefined),
    otherAddress: target.otherAddress ?? (onLoopback4 ? await findSecondLoopback() : undefined),
    addPeerThrottle: new AddPeerThrottle(),
    timeoutMs: options.timeout ?? 1_500,
    maxMessageBytes: options.maxMessage ?? 1_048_576,
    messageTimeoutMs: options.messageTimeout ?? 10_000,
    deadAfterMs: options.deadAfter ?? 90_000,
    slow: options.slow ?? false,
  };
}

/** One run of chosen cases against one target. */
class SuiteRun {
  readonly #target: TargetInfo;
  readonly #profile: TargetProfile;
  readonly #options: SuiteOptions;
  readonly #results = new Map<SpecCase, CaseResult>();
  /** The case after which the target was found not to answer, until it does again. */
  #unresponsiveSince: string | undefined;

  constructor(target: TargetInfo, profile: TargetProfile, options: SuiteOptions) {
    this.#target = target;
    this.#profile = profile;
    this.#options = options;
  }

  /** Long cases beside the short ones, and then one by one those that must be alone. */
  async runAll(cases: readonly SpecCase[]): Promise<CaseResult[]> {
    const together = cases.filter(({ exclusive: alone, longRunning: long }) => !alone && !long);
    const queue = together.values();
    const worker = async () => {
      for (const one of queue) await this.#runCase(one);
    };
    const long = cases.filter((one) => one.longRunning);
    const workers = Array.from({ length: this.#options.parallel ?? 6 }, worker);
    await Promise.all([...long.map((one) => this.#runCase(one)), ...workers]);
    for (const one of cases.filter(({ exclusive: alone, longRunning: long }) => alone && !long))
      await this.#runCase(one);
    return cases.map((one) => this.#results.get(one) as CaseResult);
  }

  async #runCase(one: SpecCase): Promise<void> {
    this.#options.signal?.throwIfAborted();
    const start = performance.now();
    const trial = new TestContext(this.#target, this.#profile);
    const outcome = await this.#runChecked(one, trial);
    const { number, title, rule } = one;
    const evidence = outcome.lacks === undefined ? undefined : this.#profile.transcripts.get(outcome.lacks);
    const result: CaseResult = {
      number,
      title,
      rule,
      ...outcome,
      exchange: evidence ?? trial.transcript.entries,
      duration: Math.round(performance.now() - start),
    };
    this.#results.set(one, result);
    this.#options.onResult?.(result);
  }

  async #runChecked(one: SpecCase, trial: TestContext): Promise<CaseOutcome> {
    const lacking = this.#missingCapability(one);
    if (lacking !== undefined) return lacking;
    if (this.#unresponsiveSince !== undefined && (await this.#findUnresponsive()) !== undefined)
      return skipped(`the target has not answered since case ${this.#unresponsiveSince}`);
    this.#unresponsiveSince = undefined;
    const outcome = await this.#runCaseBody(one, trial);
    const silence = await this.#findUnresponsive();
    if (silence === undefined) return outcome;
    this.#unresponsiveSince = one.number;
    if (outcome.verdict === 'FAIL') return { ...outcome, got: `${outcome.got}; and after it ${silence}` };
    return fail('a target that answers on a fresh connection after the case', silence);
  }

  #missingCapability({ tests: about, optional, requires: needs = [] }: SpecCase): CaseOutcome | undefined {
    const { capabilities: abilities } = this.#profile;
    if (about !== undefined && !abilities.has(about)) {
      const verdict = optional ? 'NON-STRICT' : 'FAIL';
      return {
        verdict,
        expected: `a node that knows ${CAPABILITY_NAMES[about] ?? about}`,
        got: 'one that does not',
        lacks: about,
      };
    }
    const missing = needs.find((ability) => !abilities.has(ability));
    return missing === undefined
      ? undefined
      : skipped(`needs ${CAPABILITY_NAMES[missing] ?? missing}, and this node lacks it`);
  }

  async #runCaseBody(one: SpecCase, trial: TestContext): Promise<CaseOutcome> {
    const { signal } = this.#options;
    const abort = () => trial.abort();
    signal?.addEventListener('abort', abort, { once: true });
    try {
      return await one.run(trial);
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof CaseFailure) return error.outcome;
      throw error;
    } finally {
      signal?.removeEventListener('abort', abort);
      await trial.cleanUp();
    }
  }

  /** What is wrong with a target that does not answer on a fresh connection; undefined for one that does. */
  async #findUnresponsive(): Promise<string | undefined> {
    for (let left = 1; ; left--) {
      const wrong = await this.#askOnFreshConnection();
      if (wrong === undefined || left === 0) return wrong;
      await sleep(200);
    }
  }

  async #askOnFreshConnection(): Promise<string | undefined> {
    const trial = new TestContext(this.#target, this.#profile);
    try {
      if (!this.#profile.capabilities.has('question')) {
        await trial.dial();
        return undefined;
      }
      const { message } = trial.createQuestion();
      const reply = await trial.request(formatMessage(message), {}, this.#target.timeoutMs * 2);
      return reply === undefined ? `no answer to ${JSON.stringify(message)} on a fresh connection` : undefined;
    } catch (error) {
      if (error instanceof CaseFailure) return `no fresh connection (${error.outcome.got})`;
      throw error;
    } finally {
      await trial.cleanUp();
    }
  }
}

/** Abilities that are no message types, in words. */
const CAPABILITY_NAMES: Partial<Record<string, string>> = {
  dial: 'dialing the peers it is told of',
  list: 'a get_peers that is answered with a list',
  question: 'some message type that is answered',
};
