import { expectRefusal, expectRefusals } from '../harness/expect-refusal.ts';
import type { SpecSection } from '../harness/spec-case.ts';
import { formatMessage } from '../harness/target-profile.ts';
import type { TestContext, TestQuestion } from '../harness/test-context.ts';
import { type CaseOutcome, fail, ok } from '../harness/verdict.ts';
import { quoteReply } from '../transport/reply.ts';

/** Names that every object of some language answers to, message types or not. */
const INHERITED_NAMES = ['constructor', '__proto__', 'toString', 'hasOwnProperty', '__init__'];

/** Sends a question written in another way, and wants the same answer. */
function expectAnswerToRewritten(rewrite: (question: TestQuestion) => string) {
  return async (trial: TestContext): Promise<CaseOutcome> => {
    const question = trial.createQuestion();
    const wire = await trial.dial();
    trial.send(wire, `${rewrite(question)}\n\n`);
    await trial.expectAnswer(wire, question);
    return ok();
  };
}

/** A reply of a type, whose payload is there or not, and null or not, just as in what was sent. */
async function expectSamePayloadPresence(
  trial: TestContext,
  type: string,
  text: string,
  payload: null | undefined,
): Promise<CaseOutcome> {
  const wire = await trial.dial();
  trial.send(wire, `${text}\n\n`);
  const reply = await wire.reply(trial.timeoutMs);
  const has = reply?.type === type && Object.hasOwn(reply.value as object, 'payload');
  const kept = reply?.type === type && has === (payload === null) && (reply.payload ?? null) === null;
  const expected = payload === null ? `${type} with a payload of null` : `${type} without a payload`;
  return kept ? ok() : fail(expected, trial.describeReply(reply, wire));
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
      run: (trial) => expectSamePayloadPresence(trial, 'pong', '{"message_type":"ping"}', undefined),
    },
    {
      number: '2.2',
      title: 'null is not absent',
      rule: 'A payload of null is a payload: it comes back as null.',
      requires: ['echo'],
      run: (trial) => expectSamePayloadPresence(trial, 'echo', '{"message_type":"echo","payload":null}', null),
    },
    {
      number: '2.3',
      title: 'further fields are ignored',
      rule: 'Fields beside message_type and payload mean nothing and harm nothing.',
      requires: ['question'],
      run: expectAnswerToRewritten(({ message }) =>
        JSON.stringify({ version: 2, ...message, error: null, extra: { message_type: 'spec', list: [1, '}'] } }),
      ),
    },
    {
      number: '2.4',
      title: 'the order of keys is free',
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
      run: (trial) => expectRefusals(trial, ['{}\n\n', '{"payload":"spec"}\n\n'], 'invalid_message'),
    },
    {
      number: '2.6',
      title: 'a message_type that is no string',
      rule: 'A message_type that is not a string is an invalid_message.',
      run: (trial) =>
        expectRefusals(
          trial,
          [42, null, true, ['ping'], { ping: 1 }].map((message_type) => formatMessage({ message_type })),
          'invalid_message',
        ),
    },
    {
      number: '2.7',
      title: 'an empty message_type',
      rule: 'An empty message_type is refused: as an invalid_message, or as a type nobody knows.',
      run: (trial) => expectRefusal(trial, '{"message_type":""}\n\n', 'invalid_message', 'unknown_type'),
    },
    {
      number: '2.8',
      title: 'an array',
      rule: 'A message is an object; an array is none, whatever it holds.',
      requires: ['question'],
      run: (trial) =>
        expectRefusals(
          trial,
          ['[]\n\n', `[${trial.createQuestion().text}]\n\n`, '["message_type","ping"]\n\n'],
          'invalid_message',
        ),
    },
    {
      number: '2.9',
      title: 'a scalar',
      rule: 'A message is an object; a number, a string, a boolean or null is none.',
      run: (trial) => expectRefusals(trial, ['42\n\n', '"ping"\n\n', 'true\n\n', 'null\n\n'], 'invalid_message'),
    },
    {
      number: '2.10',
      title: 'an unknown type',
      rule: 'A type that the node does not know is answered with error unknown_type.',
      run: (trial) =>
        expectRefusal(trial, formatMessage({ message_type: 'spec_no_such_type', payload: [] }), 'unknown_type'),
    },
    {
      number: '2.11',
      title: 'case matters',
      rule: 'Types are compared as they are: in capitals it is another one, and unknown.',
      requires: ['question'],
      run: (trial) => {
        const { message } = trial.createQuestion();
        const type = message.message_type;
        const spellings = [type.toUpperCase(), type.charAt(0).toUpperCase() + type.slice(1), ` ${type}`];
        return expectRefusals(
          trial,
          spellings.map((message_type) => formatMessage({ ...message, message_type })),
          'unknown_type',
        );
      },
    },
    {
      number: '2.12',
      title: 'constructor, __proto__ as type',
      rule: 'A type is looked up among message types only, not among what the language gives every object.',
      run: async (trial) => {
        const replies = await Promise.all(
          INHERITED_NAMES.map(async (type) => ({
            type,
            reply: await trial.request(`{"message_type":"${type}","payload":{}}\n\n`),
          })),
        );
        const taken = replies.find(({ reply }) => reply?.type !== undefined && reply.type !== 'error');
        if (taken !== undefined) return fail('error unknown_type, as for any unknown type', quoteReply(taken.reply));
        return expectRefusals(
          trial,
          INHERITED_NAMES.map((type) => `{"message_type":"${type}"}\n\n`),
          'unknown_type',
        );
      },
    },
  ],
};
