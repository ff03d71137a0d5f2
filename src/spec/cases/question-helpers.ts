import type { TestContext, TestQuestion } from '../harness/test-context.ts';
import { type CaseOutcome, fail, nonStrict, ok } from '../harness/verdict.ts';
import type { RawConnection } from '../transport/raw-connection.ts';
import { quoteReply } from '../transport/reply.ts';

/** Milliseconds between pieces, so that they arrive as pieces. */
export const PIECE_INTERVAL_MS = 40;

/**
 * Creates a case that sends one question in the pieces that `split` returns, and expects the answer and nothing else.
 *
 * @param text stands in the question
 */
export function expectAnswerToPieces(split: (question: string) => readonly (string | Uint8Array)[], text?: string) {
  return async (t: TestContext): Promise<CaseOutcome> => {
    const question = t.createQuestion(text);
    const connection = await t.dial();
    await connection.sendInPieces(split(question.text), PIECE_INTERVAL_MS);
    t.halfCloseIfNeeded(connection);
    await t.expectAnswer(connection, question);
    return expectNoMoreReplies(t, connection);
  };
}

/** Expects silence after an answer: the sender would take another reply for the next answer. */
export async function expectNoMoreReplies(t: TestContext, connection: RawConnection): Promise<CaseOutcome> {
  const more = await connection.reply(t.quietMs);
  return more === undefined ? ok() : fail('nothing after the answer', quoteReply(more));
}

/** Expects the answers to several questions on one connection, in order. */
export async function expectAnswersInOrder(
  t: TestContext,
  connection: RawConnection,
  questions: readonly TestQuestion[],
): Promise<CaseOutcome> {
  const replies = await connection.nextReplies(questions.length, t.timeoutMs * 2);
  for (const [index, question] of questions.entries()) {
    const reply = replies[index];
    if (reply !== undefined && question.isAnsweredBy(reply)) continue;
    const expected = `${questions.length} answers in order, number ${index + 1} to ${question.text}`;
    // A node that closes with messages unread resets the connection, and with it goes the answer that it sent.
    const isAnswerLost = index > 0 || connection.error !== undefined;
    if (isAnswerLost && reply === undefined && !t.profile.persistent)
      return nonStrict(expected, `${index}: it serves one message a connection`);
    return fail(expected, t.describeReply(reply, connection));
  }
  return ok();
}

export function createQuestions(t: TestContext, count: number): TestQuestion[] {
  return Array.from({ length: count }, () => t.createQuestion());
}

/** Splits a message inside each character that is not ASCII. */
export function splitInsideCharacters(text: string): Uint8Array[] {
  const bytes = Buffer.from(`${text}\n\n`);
  const pieces: Uint8Array[] = [];
  let start = 0;
  for (const [at, byte] of bytes.entries()) {
    if (byte < 0xc0) continue;
    pieces.push(bytes.subarray(start, at + 1));
    start = at + 1;
  }
  return [...pieces, bytes.subarray(start)];
}
