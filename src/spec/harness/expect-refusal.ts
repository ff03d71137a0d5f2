import { quoteReply, type TargetReply } from '../transport/reply.ts';
import type { TestContext } from './test-context.ts';
import { type CaseOutcome, fail, nonStrict, ok, worstOutcome } from './verdict.ts';

/** Types that answer a request. One of them in reply to an invalid message means that the target accepted it. */
const ANSWER_TYPES = new Set(['pong', 'echo', 'peers', 'status', 'hello', 'ok']);

/**
 * Judges the reply to a message that the target must refuse. An `error` with one of the codes is right. Any other error,
 * silence or the end of the connection refuses without saying why, which others can live with. An answer is wrong.
 */
export function judgeRefusal(reply: TargetReply | undefined, codes: readonly string[], got: string): CaseOutcome {
  if (reply?.code !== undefined && codes.includes(reply.code)) return ok();
  const expected = `error with code ${codes.join(' or ')}`;
  return reply?.type !== undefined && ANSWER_TYPES.has(reply.type) ? fail(expected, got) : nonStrict(expected, got);
}

/** Sends something that the target must refuse, and judges the reply. */
export async function expectRefusal(
  t: TestContext,
  bytes: string | Uint8Array,
  ...codes: string[]
): Promise<CaseOutcome> {
  const { connection, reply, got } = await t.exchange(bytes);
  connection.close();
  return judgeRefusal(reply, codes, got);
}

/** Sends several such things, and returns the worst outcome. */
export async function expectRefusals(
  t: TestContext,
  several: readonly (string | Uint8Array)[],
  ...codes: string[]
): Promise<CaseOutcome> {
  return worstOutcome(await t.forEach(several, (bytes) => expectRefusal(t, bytes, ...codes)));
}

/**
 * Sends a request that a careless parser would change. The target may refuse it, or answer if `isSame` says that the
 * answer has what was sent.
 */
export async function expectSameOrRefused(
  t: TestContext,
  bytes: string | Uint8Array,
  expected: string,
  isSame: (reply: TargetReply) => boolean,
): Promise<CaseOutcome> {
  const { connection, reply, got } = await t.exchange(bytes);
  connection.close();
  if (reply === undefined) return nonStrict(`${expected}, or error`, got);
  if (reply.type === 'error') return ok(`refused: ${quoteReply(reply)}`);
  return isSame(reply) ? ok() : fail(`${expected}, or error`, got);
}
