import { setTimeout as sleep } from 'node:timers/promises';
import { DevnetError } from '../../shared/errors.ts';
import { SECTIONS } from '../cases/index.ts';
import type { CaseResult, SpecCase, SpecSection } from '../harness/spec-case.ts';
import {
  DEFAULT_PARALLEL_CASES,
  formatMessage,
  probeTarget,
  type TargetCapability,
  type TargetProfile,
} from '../harness/target-profile.ts';
import { AddPeerThrottle, type TargetInfo, TestContext } from '../harness/test-context.ts';
import { CaseFailure, type CaseOutcome, fail, skipped, VERDICTS, type Verdict } from '../harness/verdict.ts';
import { formatAddress } from '../transport/raw-connection.ts';
import { findLoopbackIPv6, findSecondLoopback, pickUnusedLoopback } from './local-addresses.ts';

/** Node to test, in any language. */
export interface SpecTarget {
  readonly host: string;
  readonly port: number;
  /**
   * Address of the suite that the target can dial.
   *
   * @default a loopback address, which a target on another host cannot dial
   */
  readonly listenHost?: string;
  /**
   * IPv6 address of the suite that the target can dial. Without one, the case about IPv6 is skipped.
   *
   * @default `::1` for a target on loopback
   */
  readonly listenHost6?: string;
  /**
   * Address of this machine to dial from.
   *
   * @default the address that the suite listens at on loopback, or the system's choice
   */
  readonly localAddress?: string;
  /**
   * Another address of this machine, to be a third party from.
   *
   * @default 127.0.0.2 for a target on loopback, if the system has it
   */
  readonly otherAddress?: string;
}

export interface SuiteOptions {
  /** `1` for a section, `1.7` for a case. @default all cases */
  readonly selectors?: readonly string[];
  /** Milliseconds to wait for anything that should come. @default 1_500 */
  readonly timeout?: number;
  /** Counts NON-STRICT as failed. @default false */
  readonly strict?: boolean;
  /** Also tests what takes minutes. @default false */
  readonly slow?: boolean;
  /** Bytes of the largest message that the target accepts. @default 1_048_576 */
  readonly maxMessage?: number;
  /** Milliseconds in which the target wants a message complete. @default 10_000 */
  readonly messageTimeout?: number;
  /** Milliseconds after which the target gives up a silent link. @default 90_000 */
  readonly deadAfter?: number;
  /** Cases that run at the same time. @default 6 */
  readonly parallel?: number;
  readonly signal?: AbortSignal;
  /** Called before the first case. */
  readonly onProfile?: (profile: TargetProfile) => void;
  /** Called as each case ends, which is not in the order of their numbers. */
  readonly onResult?: (result: CaseResult) => void;
}

export interface SuiteResult {
  /** `host:port` */
  readonly target: string;
  /** Start, ISO 8601. */
  readonly time: string;
  /** Milliseconds. */
  readonly duration: number;
  readonly strict: boolean;
  /** True if no case failed. */
  readonly passed: boolean;
  readonly counts: Readonly<Record<Verdict, number>>;
  /** True if the target serves few connections at a time, so that the cases ran one by one. */
  readonly servesFewAtATime: boolean;
  /** In the order of case numbers. */
  readonly results: readonly CaseResult[];
}

/** All cases by section. */
export { SECTIONS } from '../cases/index.ts';

/**
 * Tests a node against the protocol.
 *
 * @throws DevnetError `node_unreachable` if nothing listens there, `usage` for a selector without a case; the signal's
 *   reason if that aborts
 */
export async function runSuite(target: SpecTarget, options: SuiteOptions = {}): Promise<SuiteResult> {
  const cases = selectCases(SECTIONS, options.selectors ?? []);
  const time = new Date();
  const start = performance.now();
  options.signal?.throwIfAborted();
  const targetInfo = await resolveTargetInfo(target, options);
  const profile = await probeTarget(targetInfo);
  options.signal?.throwIfAborted();
  options.onProfile?.(profile);
  const results = await new SuiteRun(targetInfo, profile, options).runAll(cases);
  const counts = Object.fromEntries(
    VERDICTS.map((verdict) => [verdict, results.filter((result) => result.verdict === verdict).length]),
  ) as Record<Verdict, number>;
  const { strict = false } = options;
  return {
    target: formatAddress(target),
    time: time.toISOString(),
    duration: Math.round(performance.now() - start),
    strict,
    passed: counts.FAIL === 0 && !(strict && counts['NON-STRICT'] > 0),
    counts,
    servesFewAtATime: profile.servesFewAtATime,
    results,
  };
}

/**
 * Returns the cases that any of the selectors names, or all cases if there are none.
 *
 * @throws DevnetError `usage` for a selector without a case
 */
export function selectCases(sections: readonly SpecSection[], selectors: readonly string[]): SpecCase[] {
  const cases = sections.flatMap((section) => section.cases);
  const matches = ({ number }: SpecCase, selector: string) => number === selector || number.startsWith(`${selector}.`);
  for (const selector of selectors) {
    if (cases.some((one) => matches(one, selector))) continue;
    throw new DevnetError('usage', `no case or section "${selector}"`, {
      hint: `name a section (1 to ${sections.length}) or a case (${cases[0]?.number}); devnet spec --list shows them`,
    });
  }
  return selectors.length === 0 ? cases : cases.filter((one) => selectors.some((selector) => matches(one, selector)));
}

async function resolveTargetInfo(target: SpecTarget, options: SuiteOptions): Promise<TargetInfo> {
  const { host, port } = target;
  const onLoopback4 = host.startsWith('127.');
  const onLoopback = onLoopback4 || host === '::1' || host === 'localhost';
  const unused = onLoopback4 && target.listenHost === undefined ? await pickUnusedLoopback() : undefined;
  const localAddress = target.localAddress ?? unused;
  return {
    host,
    port,
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

const UNRESPONSIVE_RETRY_MS = 200;

/** One run of chosen cases against one target. */
class SuiteRun {
  readonly #target: TargetInfo;
  readonly #profile: TargetProfile;
  readonly #options: SuiteOptions;
  readonly #results = new Map<SpecCase, CaseResult>();
  /** Number of the case after which the target did not answer, until it answers again. */
  #unresponsiveSince: string | undefined;

  constructor(target: TargetInfo, profile: TargetProfile, options: SuiteOptions) {
    this.#target = target;
    this.#profile = profile;
    this.#options = options;
  }

  /**
   * Runs long cases beside the short ones, and then the exclusive ones one by one. On a target that serves few connections at
   * a time, every case runs alone, so that it has the same verdict whatever else is chosen.
   */
  async runAll(cases: readonly SpecCase[]): Promise<CaseResult[]> {
    if (this.#profile.servesFewAtATime) {
      for (const one of cases) await this.#runCase(one);
      return cases.map((one) => this.#results.get(one) as CaseResult);
    }
    const long = cases.filter(({ longRunning }) => longRunning);
    const exclusive = cases.filter((one) => one.exclusive && !one.longRunning);
    const queue = cases.filter((one) => !one.exclusive && !one.longRunning).values();
    const work = async () => {
      for (const one of queue) await this.#runCase(one);
    };
    const workers = Array.from({ length: this.#options.parallel ?? DEFAULT_PARALLEL_CASES }, work);
    await Promise.all([...long.map((one) => this.#runCase(one)), ...workers]);
    for (const one of exclusive) await this.#runCase(one);
    return cases.map((one) => this.#results.get(one) as CaseResult);
  }

  async #runCase(one: SpecCase): Promise<void> {
    this.#options.signal?.throwIfAborted();
    const start = performance.now();
    const t = new TestContext(this.#target, this.#profile, one.severalConnections);
    const missing = this.#findMissingCapability(one);
    const outcome = missing === undefined ? await this.#runChecked(one, t) : this.#judgeMissingCapability(one, missing);
    const { number, title, rule } = one;
    const probe = missing === undefined ? undefined : this.#profile.transcripts.get(missing);
    const result: CaseResult = {
      number,
      title,
      rule,
      ...this.#explain(outcome, one),
      exchange: probe ?? t.transcript.entries,
      duration: Math.round(performance.now() - start),
    };
    this.#results.set(one, result);
    this.#options.onResult?.(result);
  }

  /** Runs a case unless the target does not answer, and checks that the target answers afterwards. */
  async #runChecked(one: SpecCase, t: TestContext): Promise<CaseOutcome> {
    if (this.#unresponsiveSince !== undefined && (await this.#findUnresponsive()) !== undefined)
      return skipped(`the target has not answered since case ${this.#unresponsiveSince}`);
    this.#unresponsiveSince = undefined;
    const outcome = await this.#runCaseBody(one, t);
    const unresponsive = await this.#findUnresponsive();
    if (unresponsive === undefined) return outcome;
    this.#unresponsiveSince = one.number;
    if (outcome.verdict === 'FAIL') return { ...outcome, got: `${outcome.got}; and after it ${unresponsive}` };
    return fail('a target that answers on a new connection after the case', unresponsive);
  }

  /** Returns the capability without which a case cannot run, if the target lacks one. */
  #findMissingCapability({ tests, requires = [] }: SpecCase): TargetCapability | undefined {
    const needed = tests === undefined ? requires : [tests, ...requires];
    return needed.find((capability) => !this.#profile.capabilities.has(capability));
  }

  #judgeMissingCapability({ tests, optional }: SpecCase, missing: TargetCapability): CaseOutcome {
    const name = CAPABILITY_NAMES[missing] ?? missing;
    if (missing === tests) {
      const got = this.#profile.lacks.get(missing) ?? 'one that does not';
      return { verdict: optional ? 'NON-STRICT' : 'FAIL', expected: `a node that supports ${name}`, got, lacks: tests };
    }
    const shownBy = SHOWN_BY[missing];
    const look = shownBy === undefined ? '' : `: case ${shownBy} shows what was sent and what came back`;
    return skipped(`needs ${name}, which this node does not support${look}`);
  }

  /** Adds to a failure what is not said by the case itself. */
  #explain(outcome: CaseOutcome, { severalConnections }: SpecCase): CaseOutcome {
    if (!severalConnections || !this.#profile.servesFewAtATime || outcome.verdict !== 'FAIL') return outcome;
    return { ...outcome, got: `${outcome.got}: it serves few connections at a time, and the case holds several open` };
  }

  async #runCaseBody(one: SpecCase, t: TestContext): Promise<CaseOutcome> {
    const { signal } = this.#options;
    const abort = () => t.abort();
    signal?.addEventListener('abort', abort, { once: true });
    try {
      return await one.run(t);
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof CaseFailure) return error.outcome;
      throw error;
    } finally {
      signal?.removeEventListener('abort', abort);
      await t.cleanUp();
    }
  }

  /** Returns what is wrong with a target that does not answer on a new connection, asked twice. */
  async #findUnresponsive(): Promise<string | undefined> {
    if ((await this.#askOnNewConnection()) === undefined) return undefined;
    await sleep(UNRESPONSIVE_RETRY_MS);
    return this.#askOnNewConnection();
  }

  async #askOnNewConnection(): Promise<string | undefined> {
    const t = new TestContext(this.#target, this.#profile);
    try {
      if (!this.#profile.capabilities.has('question')) {
        await t.dial();
        return undefined;
      }
      const { message } = t.createQuestion();
      const reply = await t.request(formatMessage(message), {}, this.#target.timeoutMs * 2);
      return reply === undefined ? `no answer to ${JSON.stringify(message)} on a new connection` : undefined;
    } catch (error) {
      if (error instanceof CaseFailure) return `no new connection (${error.outcome.got})`;
      throw error;
    } finally {
      await t.cleanUp();
    }
  }
}

/** Cases whose result shows what was sent and received to find out about a capability. */
const SHOWN_BY: Partial<Record<TargetCapability, string>> = Object.fromEntries([
  ...SECTIONS.flatMap(({ cases }) =>
    cases.flatMap(({ tests, number }) => (tests === undefined ? [] : [[tests, number]])),
  ),
  ['dial', '4.5'],
  ['list', '4.3'],
]);

/** Capabilities that are not message types, in words. */
const CAPABILITY_NAMES: Partial<Record<TargetCapability, string>> = {
  dial: 'dialing the peers in an add_peer message',
  list: 'a get_peers that is answered with a list',
  question: 'a message type that is answered',
};
