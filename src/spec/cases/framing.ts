import type { SpecSection } from '../harness/spec-case.ts';
import type { TestContext, TestQuestion } from '../harness/test-context.ts';
import { type CaseOutcome, fail, ok, worstOutcome } from '../harness/verdict.ts';
import { sleep } from '../transport/condition-variable.ts';
import { judgeDelimiters } from './delimiters.ts';
import {
  createQuestions,
  expectAnswersInOrder,
  expectAnswerToPieces,
  expectNoMoreReplies,
  PIECE_INTERVAL_MS,
  splitInsideCharacters,
} from './query-helpers.ts';

/** Milliseconds within which the answer to a half-close counts as one; the second of the close rule is another one. */
const HALF_CLOSE_TIMEOUT_MS = 700;

export const framing: SpecSection = {
  number: 1,
  title: 'Framing',
  cases: [
    {
      number: '1.1',
      title: 'a line and a blank line',
      rule: 'A message on one line with a blank line after it is answered.',
      requires: ['question'],
      run: async (trial) => {
        const question = trial.createQuestion();
        const wire = await trial.dial();
        wire.send(`${question.text}\n\n`);
        await trial.expectAnswer(wire, question);
        return expectNoMoreReplies(trial, wire);
      },
    },
    {
      number: '1.2',
      title: 'a single newline',
      rule: 'A message is complete when its outermost brace closes; one newline after it is enough.',
      requires: ['question'],
      run: expectAnswerToPieces((text) => [`${text}\n`]),
    },
    {
      number: '1.3',
      title: 'CRLF',
      rule: 'Lines may end in CRLF.',
      requires: ['question'],
      run: expectAnswerToPieces((text) => [`${text}\r\n\r\n`]),
    },
    {
      number: '1.4',
      title: 'pretty-printed',
      rule: 'A message may be spaced as JSON allows, over several lines.',
      requires: ['question'],
      run: expectAnswerToPieces((text) => [`${JSON.stringify(JSON.parse(text), null, 2)}\n\n`]),
    },
    {
      number: '1.5',
      title: 'half-close: the reply, then the end',
      rule: 'When the sender has half-closed, the node replies to what came and closes.',
      requires: ['question'],
      run: expectReplyThenEnd,
    },
    {
      number: '1.6',
      title: 'no delimiter, and the socket left open',
      rule: 'A message is complete when its outermost brace closes, whether anything follows or not.',
      requires: ['question'],
      run: expectAnswerToPieces((text) => [text]),
    },
    {
      number: '1.7',
      title: 'two in one segment, replies in order',
      rule: 'Messages that arrive together are all answered, in the order they came.',
      requires: ['question'],
      run: async (trial) => {
        const questions = createQuestions(trial, 2);
        const wire = await trial.dial();
        trial.send(wire, questions.map(({ text }) => `${text}\n\n`).join(''));
        return expectAnswersInOrder(trial, wire, questions);
      },
    },
    {
      number: '1.8',
      title: 'a hundred pipelined',
      rule: 'A sender need not wait for replies before it sends on; they come in order.',
      requires: ['question'],
      run: async (trial) => {
        const questions = createQuestions(trial, 100);
        const wire = await trial.dial();
        for (const { text } of questions) wire.send(`${text}\n\n`);
        if (trial.profile.needsHalfClose) wire.halfClose();
        return expectAnswersInOrder(trial, wire, questions);
      },
    },
    {
      number: '1.9',
      title: 'byte by byte',
      rule: 'A message may arrive in any number of pieces.',
      requires: ['question'],
      run: async (trial) => {
        const question = trial.createQuestion();
        const wire = await trial.dial();
        await wire.sendInPieces(
          Array.from(Buffer.from(`${question.text}\n\n`), (byte) => Uint8Array.of(byte)),
          1,
        );
        if (trial.profile.needsHalfClose) wire.halfClose();
        await trial.expectAnswer(wire, question);
        return ok();
      },
    },
    {
      number: '1.10',
      title: 'cut in a UTF-8 character',
      rule: 'A message may be cut between the bytes of one character.',
      requires: ['question'],
      run: expectAnswerToPieces(splitInsideCharacters, 'é€😀'),
    },
    {
      number: '1.11',
      title: 'cut between the two newlines',
      rule: 'A blank line that comes late belongs to the message before it, and is no message.',
      requires: ['question'],
      run: async (trial) => {
        const [first, second] = createQuestions(trial, 2) as [TestQuestion, TestQuestion];
        const wire = await trial.dial();
        await wire.sendInPieces([`${first.text}\n`, '\n'], PIECE_INTERVAL_MS);
        if (trial.profile.needsHalfClose) wire.halfClose();
        await trial.expectAnswer(wire, first);
        if (!trial.profile.persistent) return expectNoMoreReplies(trial, wire);
        wire.send(`${second.text}\n\n`);
        return expectAnswersInOrder(trial, wire, [second]);
      },
    },
    {
      number: '1.12',
      title: "cut in a surrogate pair's escape",
      rule: 'A message may be cut inside an escape, and between the two that make one character.',
      requires: ['question'],
      run: expectAnswerToPieces((text) => {
        const [before, after] = text.split('😀') as [string, string];
        return [`${before}\\ud8`, '3d', `\\ude00${after}\n\n`];
      }, 'face 😀'),
    },
    {
      number: '1.13',
      title: 'back to back, with nothing between',
      rule: 'Two messages with nothing between them are two messages.',
      requires: ['question'],
      run: async (trial) => {
        const questions = createQuestions(trial, 2);
        const wire = await trial.dial();
        trial.send(wire, questions.map(({ text }) => text).join(''));
        return expectAnswersInOrder(trial, wire, questions);
      },
    },
    {
      number: '1.14',
      title: 'blank lines in front',
      rule: 'Blank lines before a message mean nothing.',
      requires: ['question'],
      run: expectAnswerToPieces((text) => [`\n\n\r\n\n${text}\n\n`]),
    },
    {
      number: '1.15',
      title: 'a byte order mark in front',
      rule: 'A byte order mark before a message means nothing.',
      requires: ['question'],
      run: expectAnswerToPieces((text) => [`\ufeff${text}\n\n`]),
    },
    {
      number: '1.16',
      title: 'an escaped blank line in a string is no end',
      rule: 'Only line feeds themselves end a message, not escapes for them inside a string.',
      requires: ['question'],
      run: expectAnswerToPieces((text) => [`${text}\n\n`], 'a\n\nb } c'),
    },
    {
      number: '1.17',
      title: 'every reply is one line and a blank line',
      rule: 'What is sent is always one compact line of JSON and a blank line.',
      requires: ['question'],
      run: async (trial) => {
        const sent = [trial.createQuestion().text, '{"message_type":"spec_no_such_type"}'];
        if (trial.profile.capabilities.has('get_peers')) sent.push('{"message_type":"get_peers"}');
        return worstOutcome(await Promise.all(sent.map((text) => checkDelimiters(trial, `${text}\n\n`))));
      },
    },
  ],
};

async function expectReplyThenEnd(trial: TestContext): Promise<CaseOutcome> {
  // A busy machine may be late once; a node that never looks for the half-close is late each time.
  let outcome = ok();
  for (let left = 3; left > 0; left--) {
    const question = trial.createQuestion();
    const wire = await trial.dial();
    wire.send(question.text);
    wire.halfClose();
    await trial.expectAnswer(wire, question);
    if (await wire.waitForEnd(HALF_CLOSE_TIMEOUT_MS)) return ok();
    outcome = fail('the end of the connection after the reply', `none within ${HALF_CLOSE_TIMEOUT_MS / 1000} s`);
    wire.close();
  }
  return outcome;
}

async function checkDelimiters(trial: TestContext, text: string): Promise<CaseOutcome> {
  const wire = await trial.dial();
  trial.send(wire, text);
  const reply = await wire.reply(trial.timeoutMs);
  // The blank line may come a moment after the line.
  if (!wire.rawBytes.toString('latin1').endsWith('\n\n')) await sleep(trial.quietMs);
  const { rawBytes: raw, ended } = wire;
  wire.close();
  return reply === undefined ? ok() : judgeDelimiters(raw, ended);
}
