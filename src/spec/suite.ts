import type { Case, Result } from './case.ts';
import { SECTIONS } from './cases/index.ts';
import { sleep } from './changes.ts';
import { freshLoopback, otherAddress, ownIPv6 } from './own-address.ts';
import { Pace } from './pace.ts';
import { frame, type Profile, probe } from './profile.ts';
import { selectCases } from './select.ts';
import { type Circumstances, Trial } from './trial.ts';
import { fail, Judgement, type Outcome, skipped, VERDICTS, type Verdict } from './verdict.ts';

/** A node to try, in any language. */
export interface Target {
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
  readonly onProfile?: (profile: Profile) => void;
  /** Called as each case ends, which is not in the order of their numbers. */
  readonly onResult?: (result: Result) => void;
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
  readonly results: readonly Result[];
}

/** All cases by section, for lists and reports. */
export { SECTIONS } from './cases/index.ts';

/**
 * Tries a node on the protocol. Rejects with DevnetError `node_unreachable` when there is nothing to connect to,
 * `usage` for a selector that names nothing, and the signal's reason when that aborts.
 */
export async function runSuite(target: Target, options: SuiteOptions = {}): Promise<SuiteResult> {
  const chosen = selectCases(SECTIONS, options.selectors ?? []);
  const time = new Date();
  const start = performance.now();
  const { signal } = options;
  signal?.throwIfAborted();
  const circumstances = await circumstancesOf(target, options);
  const profile = await probe(circumstances);
  signal?.throwIfAborted();
  options.onProfile?.(profile);
  const run = new Run(circumstances, profile, options);
  const results = await run.all(chosen);
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

async function circumstancesOf(target: Target, options: SuiteOptions): Promise<Circumstances> {
  const { host } = target;
  const onLoopback4 = host.startsWith('127.');
  const onLoopback = onLoopback4 || host === '::1' || host === 'localhost';
  const fresh = onLoopback4 && target.listenHost === undefined ? await freshLoopback() : undefined;
  const localAddress = target.localAddress ?? fresh;
  return {
    host,
    port: target.port,
    localAddress,
    listenHost: target.listenHost ?? localAddress ?? (host === '::1' ? '::1' : '127.0.0.1'),
    listenHost6: target.listenHost6 ?? (onLoopback ? await ownIPv6() : undefined),
    otherAddress: target.otherAddress ?? (onLoopback4 ? await otherAddress() : undefined),
    pace: new Pace(),
    timeout: options.timeout ?? 1_500,
    maxMessage: options.maxMessage ?? 1_048_576,
    messageTimeout: options.messageTimeout ?? 10_000,
    deadAfter: options.deadAfter ?? 90_000,
    slow: options.slow ?? false,
  };
}

/** One run of chosen cases against one target. */
class Run {
  readonly #target: Circumstances;
  readonly #profile: Profile;
  readonly #options: SuiteOptions;
  readonly #results = new Map<Case, Result>();
  /** The case after which the target was found not to answer, until it does again. */
  #gone: string | undefined;

  constructor(target: Circumstances, profile: Profile, options: SuiteOptions) {
    this.#target = target;
    this.#profile = profile;
    this.#options = options;
  }

  /** Long cases beside the short ones, and then one by one those that must be alone. */
  async all(cases: readonly Case[]): Promise<Result[]> {
    const together = cases.filter(({ alone, long }) => !alone && !long);
    const queue = together.values();
    const worker = async () => {
      for (const one of queue) await this.#one(one);
    };
    const long = cases.filter((one) => one.long);
    const workers = Array.from({ length: this.#options.parallel ?? 6 }, worker);
    await Promise.all([...long.map((one) => this.#one(one)), ...workers]);
    for (const one of cases.filter(({ alone, long }) => alone && !long)) await this.#one(one);
    return cases.map((one) => this.#results.get(one) as Result);
  }

  async #one(one: Case): Promise<void> {
    this.#options.signal?.throwIfAborted();
    const start = performance.now();
    const trial = new Trial(this.#target, this.#profile);
    const outcome = await this.#outcome(one, trial);
    const { number, title, rule } = one;
    const evidence = outcome.lacks === undefined ? undefined : this.#profile.evidence.get(outcome.lacks);
    const result: Result = {
      number,
      title,
      rule,
      ...outcome,
      exchange: evidence ?? trial.exchange.entries,
      duration: Math.round(performance.now() - start),
    };
    this.#results.set(one, result);
    this.#options.onResult?.(result);
  }

  async #outcome(one: Case, trial: Trial): Promise<Outcome> {
    const lacking = this.#lacking(one);
    if (lacking !== undefined) return lacking;
    if (this.#gone !== undefined && (await this.#silence()) !== undefined)
      return skipped(`the target has not answered since case ${this.#gone}`);
    this.#gone = undefined;
    const outcome = await this.#tried(one, trial);
    const silence = await this.#silence();
    if (silence === undefined) return outcome;
    this.#gone = one.number;
    if (outcome.verdict === 'FAIL') return { ...outcome, got: `${outcome.got}; and after it ${silence}` };
    return fail('a target that answers on a fresh connection after the case', silence);
  }

  #lacking({ about, optional, needs = [] }: Case): Outcome | undefined {
    const { abilities } = this.#profile;
    if (about !== undefined && !abilities.has(about)) {
      const verdict = optional ? 'NON-STRICT' : 'FAIL';
      return {
        verdict,
        expected: `a node that knows ${NAMES[about] ?? about}`,
        got: 'one that does not',
        lacks: about,
      };
    }
    const missing = needs.find((ability) => !abilities.has(ability));
    return missing === undefined ? undefined : skipped(`needs ${NAMES[missing] ?? missing}, and this node lacks it`);
  }

  async #tried(one: Case, trial: Trial): Promise<Outcome> {
    const { signal } = this.#options;
    const abort = () => trial.abandon();
    signal?.addEventListener('abort', abort, { once: true });
    try {
      return await one.run(trial);
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof Judgement) return error.outcome;
      throw error;
    } finally {
      signal?.removeEventListener('abort', abort);
      await trial.close();
    }
  }

  /** What is wrong with a target that does not answer on a fresh connection; undefined for one that does. */
  async #silence(): Promise<string | undefined> {
    for (let left = 1; ; left--) {
      const wrong = await this.#unanswered();
      if (wrong === undefined || left === 0) return wrong;
      await sleep(200);
    }
  }

  async #unanswered(): Promise<string | undefined> {
    const trial = new Trial(this.#target, this.#profile);
    try {
      if (!this.#profile.abilities.has('question')) {
        await trial.dial();
        return undefined;
      }
      const { message } = trial.question();
      const reply = await trial.ask(frame(message), {}, this.#target.timeout * 2);
      return reply === undefined ? `no answer to ${JSON.stringify(message)} on a fresh connection` : undefined;
    } catch (error) {
      if (error instanceof Judgement) return `no fresh connection (${error.outcome.got})`;
      throw error;
    } finally {
      await trial.close();
    }
  }
}

/** Abilities that are no message types, in words. */
const NAMES: Partial<Record<string, string>> = {
  dial: 'dialing the peers it is told of',
  list: 'a get_peers that is answered with a list',
  question: 'some message type that is answered',
};
