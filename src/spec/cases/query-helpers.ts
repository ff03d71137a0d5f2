import type { TestContext, TestQuestion } from '../harness/test-context.ts';
import { type CaseOutcome, fail, nonStrict, ok } from '../harness/verdict.ts';
import type { RawConnection } from '../transport/raw-connection.ts';
import { quoteReply } from '../transport/reply.ts';

/** Milliseconds between pieces that must not arrive as one. */
export const PIECE_INTERVAL_MS = 40;

/** Sends one question in the pieces that `cut` makes of it, and wants the answer and nothing else. */
export function expectAnswerToPieces(cut: (text: string) => readonly (string | Uint8Array)[], words?: string) {
  return async (trial: TestContext): Promise<CaseOutcome> => {
    const question = trial.createQuestion(words);
    const wire = await trial.dial();
    await wire.sendInPieces(cut(question.text), PIECE_INTERVAL_MS);
    if (trial.profile.needsHalfClose) wire.halfClose();
    await trial.expectAnswer(wire, question);
    return expectNoMoreReplies(trial, wire);
  };
}

/** Wants silence after an answer: one reply too many, and a sender takes it for the next one. */
export async function expectNoMoreReplies(trial: TestContext, wire: RawConnection): Promise<CaseOutcome> {
  const more = await wire.reply(trial.quietMs);
  return more === undefined ? ok() : fail('nothing after the answer', quoteReply(more));
}

/** Wants the answers to several questions on one connection, in their order. */
export async function expectAnswersInOrder(
  trial: TestContext,
  wire: RawConnection,
  questions: readonly TestQuestion[],
): Promise<CaseOutcome> {
  const replies = await wire.nextReplies(questions.length, trial.timeoutMs * 2);
  for (const [index, question] of questions.entries()) {
    const reply = replies[index];
    if (reply !== undefined && question.isAnsweredBy(reply)) continue;
    const expected = `${questions.length} answers in order, number ${index + 1} to ${question.text}`;
    const got = trial.describeReply(reply, wire);
    if (index > 0 && reply === undefined && !trial.profile.persistent)
      return nonStrict(expected, `${index}: it serves one message a connection`);
    return fail(expected, got);
  }
  return ok();
}

export function createQuestions(trial: TestContext, count: number): TestQuestion[] {
  return Array.from({ length: count }, () => trial.createQuestion());
}

/** Cuts bytes inside the first character that is not ASCII, and inside each one after it. */
export function splitInsideCharacters(text: string): Uint8Array[] {
  const bytes = Buffer.from(`${text}\n\n`);
  const pieces: Uint8Array[] = [];
  let start = 0;
  for (let at = 0; at < bytes.length; at++) {
    if ((bytes[at] as number) < 0xc0) continue;
    pieces.push(bytes.subarray(start, at + 1));
    start = at + 1;
  }
  return [...pieces, bytes.subarray(start)];
}
