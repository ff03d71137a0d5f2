import { show } from '../reply.ts';
import type { Question, Trial } from '../trial.ts';
import { fail, nonStrict, type Outcome, ok } from '../verdict.ts';
import type { Wire } from '../wire.ts';

/** Milliseconds between pieces that must not arrive as one. */
export const APART = 40;

/** Sends one question in the pieces that `cut` makes of it, and wants the answer and nothing else. */
export function answersTo(cut: (text: string) => readonly (string | Uint8Array)[], words?: string) {
  return async (trial: Trial): Promise<Outcome> => {
    const question = trial.question(words);
    const wire = await trial.dial();
    await wire.sendInPieces(cut(question.text), APART);
    if (trial.profile.readsToEnd) wire.halfClose();
    await trial.mustAnswer(wire, question);
    return nothingMore(trial, wire);
  };
}

/** Wants silence after an answer: one reply too many, and a sender takes it for the next one. */
export async function nothingMore(trial: Trial, wire: Wire): Promise<Outcome> {
  const more = await wire.reply(trial.quiet);
  return more === undefined ? ok() : fail('nothing after the answer', show(more));
}

/** Wants the answers to several questions on one connection, in their order. */
export async function inOrder(trial: Trial, wire: Wire, questions: readonly Question[]): Promise<Outcome> {
  const replies = await wire.several(questions.length, trial.wait * 2);
  for (const [index, question] of questions.entries()) {
    const reply = replies[index];
    if (reply !== undefined && question.isAnsweredBy(reply)) continue;
    const expected = `${questions.length} answers in order, number ${index + 1} to ${question.text}`;
    const got = trial.describe(reply, wire);
    if (index > 0 && reply === undefined && !trial.profile.persistent)
      return nonStrict(expected, `${index}: it serves one message a connection`);
    return fail(expected, got);
  }
  return ok();
}

export function questionsOf(trial: Trial, count: number): Question[] {
  return Array.from({ length: count }, () => trial.question());
}

/** Cuts bytes inside the first character that is not ASCII, and inside each one after it. */
export function insideCharacters(text: string): Uint8Array[] {
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
