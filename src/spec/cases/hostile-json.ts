import { isDeepStrictEqual } from 'node:util';
import { expectRefusal, expectSameOrRefused } from '../harness/expect-refusal.ts';
import type { SpecSection } from '../harness/spec-case.ts';
import type { TestContext } from '../harness/test-context.ts';
import { assertOk, type CaseOutcome, fail, nonStrict, ok, worstOutcome } from '../harness/verdict.ts';
import { quoteReply } from '../transport/reply.ts';

/** Runs a check on several inputs, and returns the worst outcome. */
async function worstOf<T>(
  t: TestContext,
  inputs: readonly T[],
  check: (input: T) => Promise<CaseOutcome>,
): Promise<CaseOutcome> {
  return worstOutcome(await t.forEach(inputs, check));
}

/** Sends something broken, and a question on the same connection, which must be answered. */
async function expectResyncAfter(t: TestContext, broken: string): Promise<CaseOutcome> {
  const question = t.createQuestion();
  const connection = await t.dial();
  connection.send(broken);
  t.send(connection, `${question.text}\n\n`);
  const finished = await connection.changed.waitUntil(
    () => connection.ended || connection.replies.some((reply) => question.isAnsweredBy(reply)),
    t.timeoutMs,
  );
  const replies = connection.replies.splice(0);
  if (replies.some((reply) => question.isAnsweredBy(reply))) {
    const refused = replies.some(({ code }) => code === 'invalid_json');
    return refused ? ok() : nonStrict('error invalid_json before the answer', replies.map(quoteReply).join(' '));
  }
  const expected = `error invalid_json, and then the answer to ${question.text}`;
  const got = [...replies.map(quoteReply), ...(finished ? ['the end of the connection'] : [])].join(', ') || 'nothing';
  return t.profile.persistent ? fail(expected, got) : nonStrict(expected, `${got}: it serves one message a connection`);
}

/** Sends invalid JSON. A target that answers it is lenient, as long as it sends valid JSON itself. */
async function expectInvalidJson(t: TestContext, text: string): Promise<CaseOutcome> {
  const reply = await t.request(`${text}\n\n`);
  if (reply?.code === 'invalid_json') return ok();
  if (reply !== undefined && !reply.isJson) return fail('error invalid_json', quoteReply(reply));
  return nonStrict(`error invalid_json for ${text}`, quoteReply(reply));
}

const echoOf = (payload: string): string => `{"message_type":"echo","payload":${payload}}\n\n`;

function nestedArrays(depth: number): string {
  return '['.repeat(depth) + ']'.repeat(depth);
}

export const hostileJson: SpecSection = {
  number: 3,
  title: 'Hostile JSON',
  cases: [
    {
      number: '3.1',
      title: 'invalid JSON, then a valid message works',
      rule: 'Invalid JSON is answered with invalid_json, and what comes after it is read as usual.',
      requires: ['question'],
      run: (t) =>
        worstOf(t, ['{"message_type":"ping",,}\n\n', 'what is this\n\n', '}}}\n\n'], (text) =>
          expectResyncAfter(t, text),
        ),
    },
    {
      number: '3.2',
      title: 'truncated, a blank line, in step again',
      rule: 'A blank line always ends a message: an unfinished one is invalid_json, and the next one is read as usual.',
      requires: ['question'],
      run: (t) =>
        worstOf(t, ['{"message_type":"ping"\n\n', '{"message_type":"pi\n\n', '{"message_type":\r\n\r\n'], (text) =>
          expectResyncAfter(t, text),
        ),
    },
    {
      number: '3.3',
      title: 'the same key twice',
      rule: 'Of equal keys the last one counts, or the message is refused.',
      requires: ['echo'],
      run: async (t) => {
        const reply = await t.request('{"message_type":"echo","payload":"first","payload":"last"}\n\n');
        if (reply?.payload === 'last' || reply?.type === 'error') return ok();
        return nonStrict('"last", or error', quoteReply(reply));
      },
    },
    {
      number: '3.4',
      title: '__proto__ in the payload',
      rule: 'Every key is data, __proto__ too: it comes back, and changes nothing else.',
      requires: ['echo'],
      run: async (t) => {
        const payload = '{"__proto__":{"spec":"polluted"},"constructor":{"prototype":{"spec":"polluted"}},"a":1}';
        const text = JSON.stringify(JSON.parse(payload));
        assertOk(
          await expectSameOrRefused(
            t,
            echoOf(payload),
            'the same payload',
            (reply) => JSON.stringify(reply.payload) === text,
          ),
        );
        const reply = await t.request(echoOf('{}'));
        return isDeepStrictEqual(reply?.payload, {}) ? ok() : fail('an empty payload, afterwards', quoteReply(reply));
      },
    },
    {
      number: '3.5',
      title: 'a lone surrogate',
      rule: 'An escape for half a character comes back as it was, or is refused; replies are valid UTF-8.',
      requires: ['echo'],
      run: (t) =>
        expectSameOrRefused(
          t,
          echoOf('"a\\ud800b"'),
          'the same half character',
          ({ payload }) => payload === 'a\ud800b',
        ),
    },
    {
      number: '3.6',
      title: 'a raw NUL',
      rule: 'Control characters in a string are invalid JSON unless they are escaped.',
      requires: ['echo'],
      run: async (t) => {
        const outcome = await expectRefusal(t, echoOf('"a\0b"'), 'invalid_json');
        const kept = outcome.got?.includes('\\\\u0000b');
        return kept ? failAsNonStrict(outcome) : outcome;
      },
    },
    {
      number: '3.7',
      title: 'an escaped NUL is kept',
      rule: 'An escaped NUL is a character like any other.',
      requires: ['echo'],
      run: async (t) => {
        const outcome = await expectSameOrRefused(
          t,
          echoOf('"a\\u0000b"'),
          'the same payload',
          ({ payload }) => payload === 'a\0b',
        );
        return outcome.reason === undefined ? outcome : fail('the same payload', outcome.reason);
      },
    },
    {
      number: '3.8',
      title: '2^53 + 1',
      rule: 'A number that the node cannot represent is refused rather than changed.',
      requires: ['echo'],
      run: async (t) => {
        const number = '9007199254740993';
        // The parsed value would not tell: the suite's own parser changes the number as well.
        const isSame = ({ bytes }: { bytes: Buffer }) => bytes.includes(number);
        // Most languages' parsers round large integers silently, so that others have to expect it.
        return failAsNonStrict(await expectSameOrRefused(t, echoOf(number), 'the same number', isSame));
      },
    },
    {
      number: '3.9',
      title: '1e999',
      rule: 'A number that the node cannot represent is refused rather than made infinite or null.',
      requires: ['echo'],
      run: (t) =>
        expectSameOrRefused(
          t,
          echoOf('1e999'),
          'the same number',
          ({ bytes, isJson, payload }) =>
            isJson && payload === Number.POSITIVE_INFINITY && /[1-9]/.test(bytes.toString('latin1')),
        ),
    },
    {
      number: '3.10',
      title: 'invalid UTF-8',
      rule: 'Text is strict UTF-8: anything else is refused, and never repaired.',
      requires: ['echo'],
      run: (t) => {
        const [before, after] = [Buffer.from('{"message_type":"echo","payload":"'), Buffer.from('"}\n\n')];
        const invalid = [[0xc3, 0x28], [0xed, 0xa0, 0x80], [0xc0, 0xaf], [0xf8, 0x88, 0x80, 0x80, 0x80], [0xff]];
        return worstOf(t, invalid, (bytes) =>
          expectRefusal(t, Buffer.concat([before, Buffer.from(bytes), after]), 'invalid_json'),
        );
      },
    },
    {
      number: '3.11',
      title: '64 deep',
      rule: 'Nesting of 64 levels is accepted.',
      requires: ['echo'],
      run: async (t) => {
        const payload = nestedArrays(64);
        const reply = await t.request(echoOf(payload));
        return JSON.stringify(reply?.payload) === payload ? ok() : fail('the same payload', quoteReply(reply));
      },
    },
    {
      number: '3.12',
      title: '100,000 deep',
      rule: 'Nesting that is too deep is answered with too_deep, and costs the node nothing.',
      requires: ['question'],
      run: (t) => {
        const type = t.profile.capabilities.has('echo') ? 'echo' : t.createQuestion().message.message_type;
        return expectRefusal(t, `{"message_type":"${type}","payload":${nestedArrays(100_000)}}\n\n`, 'too_deep');
      },
    },
    {
      number: '3.13',
      title: 'comments, trailing commas, NaN',
      rule: 'What only some parsers accept as JSON is invalid_json.',
      requires: ['question'],
      run: (t) => {
        const inside = t.createQuestion().text.slice(1, -1);
        return worstOf(
          t,
          [
            `{/* why */${inside}}`,
            `{${inside},}`,
            `{"note":NaN,${inside}}`,
            `{"note":0x1f,${inside}}`,
            `{'note':1,${inside}}`,
          ],
          (text) => expectInvalidJson(t, text),
        );
      },
    },
    {
      number: '3.14',
      title: 'an HTTP request, a TLS hello',
      rule: 'Other protocols are refused as invalid input, and do no harm.',
      run: (t) => {
        const tls = Buffer.from('16030100c8010000c403035f1d', 'hex');
        const foreign = [
          'GET / HTTP/1.1\r\nHost: spec\r\nAccept: */*\r\n\r\n',
          Buffer.concat([tls, Buffer.alloc(200, 0x0a)]),
        ];
        return worstOf(t, foreign, (bytes) => expectRefusal(t, bytes, 'invalid_json', 'invalid_message'));
      },
    },
  ],
};

function failAsNonStrict(outcome: CaseOutcome): CaseOutcome {
  return outcome.verdict === 'FAIL' ? { ...outcome, verdict: 'NON-STRICT' } : outcome;
}
