import { quoteReply, type TargetReply } from '../transport/reply.ts';
import type { TestContext } from './test-context.ts';
import { type CaseOutcome, fail, nonStrict, ok, worstOutcome } from './verdict.ts';

/** Types that answer a request: getting one for what should be refused means that it was taken for good. */
const ANSWER_TYPES = new Set(['pong', 'echo', 'peers', 'status', 'hello', 'ok']);

/**
 * Judges what came for something that must be refused: an `error` with the right code is right; another one, silence or
 * the end of the connection keep the refusal to itself, which others can live with; an answer takes it for good.
 */
export function judgeRefusal(reply: TargetReply | undefined, codes: readonly string[], got: string): CaseOutcome {
  if (reply?.code !== undefined && codes.includes(reply.code)) return ok();
  const expected = `error with code ${codes.join(' or ')}`;
  return reply?.type !== undefined && ANSWER_TYPES.has(reply.type) ? fail(expected, got) : nonStrict(expected, got);
}

/** Sends what must be refused, on a connection of its own, and judges what comes back. */
export async function expectRefusal(
  trial: TestContext,
  bytes: string | Uint8Array,
  ...codes: string[]
): Promise<CaseOutcome> {
  const wire = await trial.dial();
  trial.send(wire, bytes);
  const reply = await wire.reply(trial.timeoutMs);
  const got = trial.describeReply(reply, wire);
  wire.close();
  return judgeRefusal(reply, codes, got);
}

/** The same for several, at a time. */
export async function expectRefusals(
  trial: TestContext,
  several: readonly (string | Uint8Array)[],
  ...codes: string[]
): Promise<CaseOutcome> {
  return worstOutcome(await Promise.all(several.map((bytes) => expectRefusal(trial, bytes, ...codes))));
}

/**
 * Sends a question of which a careless reader would make something else, and accepts the answer or a refusal. `same`
 * says whether a reply that is no error kept what was sent.
 */
export async function expectSameOrRefused(
  trial: TestContext,
  bytes: string | Uint8Array,
  expected: string,
  same: (reply: TargetReply) => boolean,
): Promise<CaseOutcome> {
  const wire = await trial.dial();
  trial.send(wire, bytes);
  const reply = await wire.reply(trial.timeoutMs);
  const got = trial.describeReply(reply, wire);
  wire.close();
  if (reply === undefined) return nonStrict(`${expected}, or error`, got);
  if (reply.type === 'error') return ok(`refused: ${quoteReply(reply)}`);
  return same(reply) ? ok() : fail(`${expected}, or error`, got);
}
