import { setTimeout as sleep } from 'node:timers/promises';
import type { SpecSection } from '../harness/spec-case.ts';
import type { TestContext, TestQuestion } from '../harness/test-context.ts';
import { type CaseOutcome, fail, nonStrict, ok, worstOutcome } from '../harness/verdict.ts';
import { escapeExcerpt } from '../transport/escape-bytes.ts';
import {
  createQuestions,
  expectAnswersInOrder,
  expectAnswerToPieces,
  expectNoMoreReplies,
  PIECE_INTERVAL_MS,
  splitInsideCharacters,
} from './question-helpers.ts';

/** Shorter than the second after which a node closes an idle connection, so that it is the half-close that it answers. */
const HALF_CLOSE_TIMEOUT_MS = 700;
/** A busy machine may be late once; a node that ignores the half-close is late each time. */
const HALF_CLOSE_TRIES = 3;

export const framing: SpecSection = {
  number: 1,
  title: 'Framing',
  cases: [
    {
      number: '1.1',
      title: 'a line and a blank line',
      rule: 'A message on one line with a blank line after it is answered.',
      requires: ['question'],
      run: async (t) => {
        const question = t.createQuestion();
        const connection = await t.dial();
        connection.send(`${question.text}\n\n`);
        await t.expectAnswer(connection, question);
        return expectNoMoreReplies(t, connection);
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
      run: async (t) => {
        const questions = createQuestions(t, 2);
        const connection = await t.dial();
        t.send(connection, questions.map(({ text }) => `${text}\n\n`).join(''));
        return expectAnswersInOrder(t, connection, questions);
      },
    },
    {
      number: '1.8',
      title: 'a hundred pipelined',
      rule: 'A sender need not wait for a reply before it sends the next message; replies come in order.',
      requires: ['question'],
      run: async (t) => {
        const questions = createQuestions(t, 100);
        const connection = await t.dial();
        for (const { text } of questions) connection.send(`${text}\n\n`);
        t.halfCloseIfNeeded(connection);
        return expectAnswersInOrder(t, connection, questions);
      },
    },
    {
      number: '1.9',
      title: 'byte by byte',
      rule: 'A message may arrive in any number of pieces.',
      requires: ['question'],
      run: async (t) => {
        const question = t.createQuestion();
        const connection = await t.dial();
        const bytes = Buffer.from(`${question.text}\n\n`);
        await connection.sendInPieces(
          Array.from(bytes, (byte) => Uint8Array.of(byte)),
          1,
        );
        t.halfCloseIfNeeded(connection);
        await t.expectAnswer(connection, question);
        return ok();
      },
    },
    {
      number: '1.10',
      title: 'split in a UTF-8 character',
      rule: 'A message may be split between the bytes of one character.',
      requires: ['question'],
      run: expectAnswerToPieces(splitInsideCharacters, 'é€😀'),
    },
    {
      number: '1.11',
      title: 'split between the two newlines',
      rule: 'A blank line that comes late belongs to the message before it, and is not a message.',
      requires: ['question'],
      run: async (t) => {
        const [first, second] = createQuestions(t, 2) as [TestQuestion, TestQuestion];
        const connection = await t.dial();
        await connection.sendInPieces([`${first.text}\n`, '\n'], PIECE_INTERVAL_MS);
        t.halfCloseIfNeeded(connection);
        await t.expectAnswer(connection, first);
        if (!t.profile.persistent) return expectNoMoreReplies(t, connection);
        connection.send(`${second.text}\n\n`);
        return expectAnswersInOrder(t, connection, [second]);
      },
    },
    {
      number: '1.12',
      title: "split in a surrogate pair's escape",
      rule: 'A message may be split inside an escape, and between the two escapes of one character.',
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
      run: async (t) => {
        const questions = createQuestions(t, 2);
        const connection = await t.dial();
        t.send(connection, questions.map(({ text }) => text).join(''));
        return expectAnswersInOrder(t, connection, questions);
      },
    },
    {
      number: '1.14',
      title: 'blank lines in front',
      rule: 'Blank lines before a message are ignored.',
      requires: ['question'],
      run: expectAnswerToPieces((text) => [`\n\n\r\n\n${text}\n\n`]),
    },
    {
      number: '1.15',
      title: 'a byte order mark in front',
      rule: 'A byte order mark before a message is ignored.',
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
      rule: 'A node sends each message as one compact line of JSON and a blank line.',
      requires: ['question'],
      run: async (t) => {
        const messages = [t.createQuestion().text, '{"message_type":"spec_no_such_type"}'];
        if (t.profile.capabilities.has('get_peers')) messages.push('{"message_type":"get_peers"}');
        return worstOutcome(await t.forEach(messages, (text) => expectCompactLine(t, `${text}\n\n`)));
      },
    },
  ],
};

async function expectReplyThenEnd(t: TestContext): Promise<CaseOutcome> {
  for (let left = HALF_CLOSE_TRIES; left > 0; left--) {
    const question = t.createQuestion();
    const connection = await t.dial();
    connection.send(question.text);
    connection.halfClose();
    await t.expectAnswer(connection, question);
    if (await connection.waitForEnd(HALF_CLOSE_TIMEOUT_MS)) return ok();
    connection.close();
  }
  return fail('the end of the connection after the reply', `none within ${HALF_CLOSE_TIMEOUT_MS / 1_000} s`);
}

async function expectCompactLine(t: TestContext, text: string): Promise<CaseOutcome> {
  const { connection, reply } = await t.exchange(text);
  // The blank line may come a moment after the line.
  if (!connection.rawBytes.toString('latin1').endsWith('\n\n')) await sleep(t.quietMs);
  const { rawBytes, ended } = connection;
  connection.close();
  return reply === undefined ? ok() : judgeLayout(rawBytes, ended);
}

const STRINGS = /"(?:[^"\\]|\\.)*"/g;

function judgeLayout(bytes: Buffer, ended: boolean): CaseOutcome {
  const text = bytes.toString('latin1');
  const expected = 'one compact line, and a blank line after it';
  const got = escapeExcerpt(bytes);
  const line = text.replace(/\n+$/, '');
  if (/[\r\n]/.test(line)) return fail(expected, got);
  // A reader that reads to the end of the connection gets this reply, too.
  if (`${line}\n\n` !== text) return ended ? nonStrict(expected, `${got} and the end`) : fail(expected, got);
  return /\s/.test(line.replace(STRINGS, '""')) ? nonStrict(expected, got) : ok();
}
