import { expectRefusal, expectRefusals } from '../harness/expect-refusal.ts';
import type { SpecSection } from '../harness/spec-case.ts';
import { formatMessage } from '../harness/target-profile.ts';
import type { TestContext, TestQuestion } from '../harness/test-context.ts';
import { type CaseOutcome, fail, ok } from '../harness/verdict.ts';
import { quoteReply } from '../transport/reply.ts';

/** Names that every object has in some language. */
const INHERITED_NAMES = ['constructor', '__proto__', 'toString', 'hasOwnProperty', '__init__'];

/** Creates a case that sends a question written in another way, and expects the same answer. */
function expectAnswerToRewritten(rewrite: (question: TestQuestion) => string) {
  return async (t: TestContext): Promise<CaseOutcome> => {
    const question = t.createQuestion();
    const connection = await t.dial();
    t.send(connection, `${rewrite(question)}\n\n`);
    await t.expectAnswer(connection, question);
    return ok();
  };
}

/** Expects a reply of the given type whose payload is null, or absent, as in the request. */
async function expectSamePayloadPresence(
  t: TestContext,
  type: string,
  text: string,
  payload: null | undefined,
): Promise<CaseOutcome> {
  const { reply, got } = await t.exchange(`${text}\n\n`);
  const hasPayload = reply?.type === type && Object.hasOwn(reply.value as object, 'payload');
  const isSame = reply?.type === type && hasPayload === (payload === null) && (reply.payload ?? null) === null;
  const expected = payload === null ? `${type} with a payload of null` : `${type} without a payload`;
  return isSame ? ok() : fail(expected, got);
}

export const envelope: SpecSection = {
  number: 2,
  title: 'Envelope',
  cases: [
    {
      number: '2.1',
      title: 'no payload',
      rule: 'The payload is optional: a ping without one is answered with a pong without one.',
      requires: ['ping'],
      run: (t) => expectSamePayloadPresence(t, 'pong', '{"message_type":"ping"}', undefined),
    },
    {
      number: '2.2',
      title: 'null is not absent',
      rule: 'A payload of null is a payload: it comes back as null.',
      requires: ['echo'],
      run: (t) => expectSamePayloadPresence(t, 'echo', '{"message_type":"echo","payload":null}', null),
    },
    {
      number: '2.3',
      title: 'further fields are ignored',
      rule: 'Fields beside message_type and payload are ignored.',
      requires: ['question'],
      run: expectAnswerToRewritten(({ message }) =>
        JSON.stringify({ version: 2, ...message, error: null, extra: { message_type: 'spec', list: [1, '}'] } }),
      ),
    },
    {
      number: '2.4',
      title: 'keys in any order',
      rule: 'The payload may come before the message_type.',
      requires: ['question'],
      run: expectAnswerToRewritten(({ message: { message_type, ...rest } }) =>
        JSON.stringify({ ...rest, note: 'first', message_type }),
      ),
    },
    {
      number: '2.5',
      title: 'no message_type',
      rule: 'A message without a message_type is an invalid_message.',
      run: (t) => expectRefusals(t, ['{}\n\n', '{"payload":"spec"}\n\n'], 'invalid_message'),
    },
    {
      number: '2.6',
      title: 'a message_type that is not a string',
      rule: 'A message_type that is not a string is an invalid_message.',
      run: (t) =>
        expectRefusals(
          t,
          [42, null, true, ['ping'], { ping: 1 }].map((message_type) => formatMessage({ message_type })),
          'invalid_message',
        ),
    },
    {
      number: '2.7',
      title: 'an empty message_type',
      rule: 'An empty message_type is refused as an invalid_message or as an unknown_type.',
      run: (t) => expectRefusal(t, '{"message_type":""}\n\n', 'invalid_message', 'unknown_type'),
    },
    {
      number: '2.8',
      title: 'an array',
      rule: 'A message is an object; an array is an invalid_message, whatever it holds.',
      requires: ['question'],
      run: (t) =>
        expectRefusals(
          t,
          ['[]\n\n', `[${t.createQuestion().text}]\n\n`, '["message_type","ping"]\n\n'],
          'invalid_message',
        ),
    },
    {
      number: '2.9',
      title: 'a scalar',
      rule: 'A message is an object; a number, a string, a boolean or null is an invalid_message.',
      run: (t) => expectRefusals(t, ['42\n\n', '"ping"\n\n', 'true\n\n', 'null\n\n'], 'invalid_message'),
    },
    {
      number: '2.10',
      title: 'an unknown type',
      rule: 'A type that the node does not know is answered with error unknown_type.',
      run: (t) => expectRefusal(t, formatMessage({ message_type: 'spec_no_such_type', payload: [] }), 'unknown_type'),
    },
    {
      number: '2.11',
      title: 'types are case-sensitive',
      rule: 'A type in other capitals, or with white space, is another type, and unknown.',
      requires: ['question'],
      run: (t) => {
        const { message } = t.createQuestion();
        const type = message.message_type;
        const spellings = [type.toUpperCase(), type.charAt(0).toUpperCase() + type.slice(1), ` ${type}`];
        return expectRefusals(
          t,
          spellings.map((message_type) => formatMessage({ ...message, message_type })),
          'unknown_type',
        );
      },
    },
    {
      number: '2.12',
      title: 'constructor, __proto__ as type',
      rule: 'A type is looked up among message types only, not among what the language gives every object.',
      run: async (t) => {
        const messages = INHERITED_NAMES.map((type) => `{"message_type":"${type}","payload":{}}\n\n`);
        const replies = await t.forEach(messages, (message) => t.request(message));
        const accepted = replies.find((reply) => reply?.type !== undefined && reply.type !== 'error');
        if (accepted !== undefined) return fail('error unknown_type, as for any unknown type', quoteReply(accepted));
        return expectRefusals(
          t,
          INHERITED_NAMES.map((type) => `{"message_type":"${type}"}\n\n`),
          'unknown_type',
        );
      },
    },
  ],
};
