import { isDeepStrictEqual } from 'node:util';
import { expectRefusal, expectSameOrRefused } from '../harness/expect-refusal.ts';
import type { SpecSection } from '../harness/spec-case.ts';
import type { TestContext } from '../harness/test-context.ts';
import { assertOk, type CaseOutcome, fail, nonStrict, ok, worstOutcome } from '../harness/verdict.ts';
import { quoteReply } from '../transport/reply.ts';

/** Sends something broken and then, on the same connection, a question. */
async function expectResyncAfter(trial: TestContext, broken: string | Uint8Array): Promise<CaseOutcome> {
  const question = trial.createQuestion();
  const wire = await trial.dial();
  wire.send(broken);
  wire.send(`${question.text}\n\n`);
  if (trial.profile.needsHalfClose) wire.halfClose();
  const answered = await wire.changed.waitUntil(
    () => wire.ended || wire.replies.some((reply) => question.isAnsweredBy(reply)),
    trial.timeoutMs,
  );
  const replies = wire.replies.splice(0);
  if (replies.some((reply) => question.isAnsweredBy(reply))) {
    const refused = replies.some(({ code }) => code === 'invalid_json');
    return refused ? ok() : nonStrict('error invalid_json before the answer', replies.map(quoteReply).join(' '));
  }
  const expected = `error invalid_json, and then the answer to ${question.text}`;
  const got = [...replies.map(quoteReply), ...(answered ? ['the end of the connection'] : [])].join(', ') || 'nothing';
  return trial.profile.persistent
    ? fail(expected, got)
    : nonStrict(expected, `${got}: it serves one message a connection`);
}

/** Sends what is not JSON; a target that answers it all the same is lenient, as long as it says legal JSON itself. */
async function expectInvalidJson(trial: TestContext, text: string): Promise<CaseOutcome> {
  const reply = await trial.request(`${text}\n\n`);
  if (reply?.code === 'invalid_json') return ok();
  if (reply !== undefined && !reply.isJson) return fail('error invalid_json', quoteReply(reply));
  return nonStrict(`error invalid_json for ${text}`, quoteReply(reply));
}

function nestedArrays(depth: number): string {
  return '['.repeat(depth) + ']'.repeat(depth);
}

export const hostileJson: SpecSection = {
  number: 3,
  title: 'Hostile JSON',
  cases: [
    {
      number: '3.1',
      title: 'bad JSON, then a good message works',
      rule: 'What is no JSON is answered with invalid_json, and what comes after it is read as if nothing had been.',
      requires: ['question'],
      run: async (trial) =>
        worstOutcome(
          await Promise.all(
            ['{"message_type":"ping",,}\n\n', 'what is this\n\n', '}}}\n\n'].map((bad) =>
              expectResyncAfter(trial, bad),
            ),
          ),
        ),
    },
    {
      number: '3.2',
      title: 'truncated, a blank line, in step again',
      rule: 'A blank line is always an end: what is unfinished there is invalid_json, and the stream is in step again.',
      requires: ['question'],
      run: async (trial) =>
        worstOutcome(
          await Promise.all(
            ['{"message_type":"ping"\n\n', '{"message_type":"pi\n\n', '{"message_type":\r\n\r\n'].map((bad) =>
              expectResyncAfter(trial, bad),
            ),
          ),
        ),
    },
    {
      number: '3.3',
      title: 'the same key twice',
      rule: 'Of equal keys the last one counts, or the message is refused.',
      requires: ['echo'],
      run: async (trial) => {
        const reply = await trial.request('{"message_type":"echo","payload":"first","payload":"last"}\n\n');
        if (reply?.payload === 'last' || reply?.type === 'error') return ok();
        return nonStrict('"last", or error', quoteReply(reply));
      },
    },
    {
      number: '3.4',
      title: '__proto__ in the payload',
      rule: 'Every key is data, __proto__ too: it comes back, and changes nothing else.',
      requires: ['echo'],
      run: async (trial) => {
        const payload = '{"__proto__":{"spec":"polluted"},"constructor":{"prototype":{"spec":"polluted"}},"a":1}';
        const text = JSON.stringify(JSON.parse(payload));
        assertOk(
          await expectSameOrRefused(
            trial,
            `{"message_type":"echo","payload":${payload}}\n\n`,
            'the same payload',
            (reply) => JSON.stringify(reply.payload) === text,
          ),
        );
        const reply = await trial.request('{"message_type":"echo","payload":{}}\n\n');
        return isDeepStrictEqual(reply?.payload, {}) ? ok() : fail('an empty payload, afterwards', quoteReply(reply));
      },
    },
    {
      number: '3.5',
      title: 'a lone surrogate',
      rule: 'An escape for half a character comes back as it was, or is refused; replies are legal UTF-8.',
      requires: ['echo'],
      run: (trial) =>
        expectSameOrRefused(
          trial,
          '{"message_type":"echo","payload":"a\\ud800b"}\n\n',
          'the same half character',
          ({ payload }) => payload === 'a\ud800b',
        ),
    },
    {
      number: '3.6',
      title: 'a raw NUL',
      rule: 'Control characters in a string are no JSON unless they are escaped.',
      requires: ['echo'],
      run: async (trial) => {
        const outcome = await expectRefusal(trial, '{"message_type":"echo","payload":"a\0b"}\n\n', 'invalid_json');
        const kept = outcome.got?.includes('\\\\u0000b');
        return outcome.verdict === 'FAIL' && kept ? { ...outcome, verdict: 'NON-STRICT' } : outcome;
      },
    },
    {
      number: '3.7',
      title: 'an escaped NUL is kept',
      rule: 'An escaped NUL is a character as any other.',
      requires: ['echo'],
      run: (trial) =>
        expectSameOrRefused(
          trial,
          '{"message_type":"echo","payload":"a\\u0000b"}\n\n',
          'the same payload',
          ({ payload }) => payload === 'a\0b',
        ).then((outcome) => (outcome.reason === undefined ? outcome : fail('the same payload', outcome.reason))),
    },
    {
      number: '3.8',
      title: '2^53 + 1',
      rule: 'A number that the node cannot keep is refused rather than changed.',
      requires: ['echo'],
      run: async (trial) => {
        const number = '9007199254740993';
        const outcome = await expectSameOrRefused(
          trial,
          `{"message_type":"echo","payload":${number}}\n\n`,
          'the same number',
          // Its value would not tell: the suite's own reader changes it as well.
          ({ bytes }) => bytes.includes(number),
        );
        return failAsNonStrict(outcome);
      },
    },
    {
      number: '3.9',
      title: '1e999',
      rule: 'A number that the node cannot keep is refused rather than made infinite or null.',
      requires: ['echo'],
      run: (trial) =>
        expectSameOrRefused(
          trial,
          '{"message_type":"echo","payload":1e999}\n\n',
          'the same number',
          ({ bytes, isJson, payload }) =>
            isJson && payload === Number.POSITIVE_INFINITY && /[1-9]/.test(bytes.toString('latin1')),
        ),
    },
    {
      number: '3.10',
      title: 'invalid UTF-8',
      rule: 'Text is strict UTF-8: what is not is refused, and never mended.',
      requires: ['echo'],
      run: async (trial) => {
        const around = [Buffer.from('{"message_type":"echo","payload":"'), Buffer.from('"}\n\n')] as const;
        const wrong = [[0xc3, 0x28], [0xed, 0xa0, 0x80], [0xc0, 0xaf], [0xf8, 0x88, 0x80, 0x80, 0x80], [0xff]];
        return worstOutcome(
          await Promise.all(
            wrong.map((bytes) =>
              expectRefusal(trial, Buffer.concat([around[0], Buffer.from(bytes), around[1]]), 'invalid_json'),
            ),
          ),
        );
      },
    },
    {
      number: '3.11',
      title: '64 deep',
      rule: 'Nesting of 64 levels is no reason to refuse.',
      requires: ['echo'],
      run: async (trial) => {
        const payload = nestedArrays(64);
        const reply = await trial.request(`{"message_type":"echo","payload":${payload}}\n\n`);
        return JSON.stringify(reply?.payload) === payload ? ok() : fail('the same payload', quoteReply(reply));
      },
    },
    {
      number: '3.12',
      title: '100,000 deep',
      rule: 'Nesting that is too deep is answered with too_deep, and costs the node nothing.',
      requires: ['question'],
      run: async (trial) => {
        const type = trial.profile.capabilities.has('echo') ? 'echo' : trial.createQuestion().message.message_type;
        return expectRefusal(trial, `{"message_type":"${type}","payload":${nestedArrays(100_000)}}\n\n`, 'too_deep');
      },
    },
    {
      number: '3.13',
      title: 'comments, trailing commas, NaN',
      rule: 'What only some readers take for JSON is invalid_json.',
      requires: ['question'],
      run: async (trial) => {
        const { text } = trial.createQuestion();
        const inside = text.slice(1, -1);
        return worstOutcome(
          await Promise.all(
            [
              `{/* why */${inside}}`,
              `{${inside},}`,
              `{"note":NaN,${inside}}`,
              `{"note":0x1f,${inside}}`,
              `{'note':1,${inside}}`,
            ].map((bad) => expectInvalidJson(trial, bad)),
          ),
        );
      },
    },
    {
      number: '3.14',
      title: 'an HTTP request, a TLS hello',
      rule: 'Other protocols are refused as bad input, and harm nothing.',
      run: async (trial) => {
        const tls = Buffer.from('16030100c8010000c403035f1d', 'hex');
        const strangers = [
          'GET / HTTP/1.1\r\nHost: spec\r\nAccept: */*\r\n\r\n',
          Buffer.concat([tls, Buffer.alloc(200, 0x0a)]),
        ];
        return worstOutcome(
          await Promise.all(strangers.map((bytes) => expectRefusal(trial, bytes, 'invalid_json', 'invalid_message'))),
        );
      },
    },
  ],
};

/** Most languages' readers round large integers without a word, so that others have to expect it. */
function failAsNonStrict(outcome: CaseOutcome): CaseOutcome {
  return outcome.verdict === 'FAIL' ? { ...outcome, verdict: 'NON-STRICT' } : outcome;
}
