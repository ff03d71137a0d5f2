import { isDeepStrictEqual } from 'node:util';
import type { SpecCase, SpecSection } from '../harness/spec-case.ts';
import { formatMessage, isStringArray } from '../harness/target-profile.ts';
import type { TestContext } from '../harness/test-context.ts';
import { type CaseOutcome, fail, nonStrict, ok, worstOutcome } from '../harness/verdict.ts';
import { sleep } from '../transport/condition-variable.ts';
import { quoteReply, type TargetReply } from '../transport/reply.ts';
import { addPeerCases } from './add-peer.ts';
import { removePeerCases } from './remove-peer.ts';

/** One payload of every JSON type, and of the sizes and characters that tend to get lost. */
const SAMPLE_PAYLOADS: readonly unknown[] = [
  null,
  true,
  false,
  0,
  -1.5,
  9_007_199_254_740_991,
  1e-7,
  '',
  'text',
  'é€😀\u2028\u0007"\\/',
  [],
  {},
  [1, [2, [3, null]], { a: false }],
  { '': 0, a: { b: { c: [] } }, message_type: 'ping', payload: 'inner', 'key with space': [null] },
];

/** Milliseconds after a reply by which a connection without a hello is closed, with some to spare. */
const CLOSE_DELAY_MS = 1_500;

async function expectSamePayload(
  trial: TestContext,
  type: string,
  answer: string,
  payload: unknown,
): Promise<CaseOutcome> {
  const wire = await trial.dial();
  trial.send(wire, formatMessage({ message_type: type, payload }));
  const reply = await wire.reply(trial.timeoutMs);
  const wanted = { message_type: answer, payload };
  // The round trip through text takes away what JSON has none of, an object's prototype above all.
  if (reply?.isJson && isDeepStrictEqual(reply.value, JSON.parse(JSON.stringify(wanted)))) return ok();
  return fail(JSON.stringify(wanted), trial.describeReply(reply, wire));
}

/** Judges a list of peers by its looks. */
function judgePeerList(trial: TestContext, reply: TargetReply | undefined): CaseOutcome {
  const expected = 'peers with an array of "host:port"';
  if (reply?.type !== 'peers') return fail(expected, quoteReply(reply));
  if (!isStringArray(reply.payload) || !reply.payload.every((peer) => /^.+:\d{1,5}$/.test(peer)))
    return fail(expected, quoteReply(reply));
  const own = `${trial.target.host}:${trial.target.port}`;
  return reply.payload.includes(own) ? fail('no peers that are the node itself', quoteReply(reply)) : ok();
}

const queryCases: readonly SpecCase[] = [
  {
    number: '4.1',
    title: 'echo of every JSON type, exact',
    rule: 'An echo comes back with the same payload and no further key.',
    tests: 'echo',
    run: async (trial) =>
      worstOutcome(
        await Promise.all(SAMPLE_PAYLOADS.map((payload) => expectSamePayload(trial, 'echo', 'echo', payload))),
      ),
  },
  {
    number: '4.2',
    title: 'ping with an integer, with an object',
    rule: 'A ping is answered with a pong that has the same payload.',
    tests: 'ping',
    run: async (trial) =>
      worstOutcome(
        await Promise.all(
          [0, 42, '', { id: 1, nested: [null] }].map((payload) => expectSamePayload(trial, 'ping', 'pong', payload)),
        ),
      ),
  },
  {
    number: '4.3',
    title: 'get_peers of a fresh node',
    rule: 'get_peers is answered with peers, an array of "host:port" that is empty on a fresh node.',
    tests: 'get_peers',
    run: async (trial) => {
      const outcome = judgePeerList(trial, await trial.request({ message_type: 'get_peers' }));
      const { peers = [] } = trial.profile;
      if (outcome.verdict !== 'OK' || peers.length === 0) return outcome;
      return ok(`not a fresh node: it had ${peers.length} ${peers.length === 1 ? 'peer' : 'peers'} before the suite`);
    },
  },
  {
    number: '4.4',
    title: 'list_peers',
    rule: 'list_peers is another name for get_peers.',
    tests: 'list_peers',
    optional: true,
    requires: ['list'],
    run: async (trial) => judgePeerList(trial, await trial.request({ message_type: 'list_peers' })),
  },
];

const helloAndReplyCases: readonly SpecCase[] = [
  {
    number: '4.15',
    title: 'hello',
    rule: 'hello is answered with hello, is the first thing said on a dialed link, and makes the connection last.',
    tests: 'hello',
    optional: true,
    requires: ['question'],
    run: async (trial) => {
      const link = trial.profile.capabilities.has('dial') ? await expectHelloFirst(trial) : ok();
      return worstOutcome([link, await expectHelloKeepsOpen(trial)]);
    },
  },
  {
    number: '4.16',
    title: 'unsolicited pong, peers, error',
    rule: 'pong, peers, status and error are never answered.',
    requires: ['question'],
    run: async (trial) => {
      const replies = [
        { message_type: 'pong', payload: 1 },
        { message_type: 'peers', payload: ['127.0.0.1:1'] },
        { message_type: 'status', payload: {} },
        { message_type: 'error', payload: { code: 'unknown_type', message: 'spec' } },
        { message_type: 'error' },
      ];
      return worstOutcome(await Promise.all(replies.map((reply) => expectNoReply(trial, reply))));
    },
  },
];

export const semantics: SpecSection = {
  number: 4,
  title: 'Meaning',
  cases: [...queryCases, ...addPeerCases, ...removePeerCases, ...helloAndReplyCases],
};

async function expectHelloFirst(trial: TestContext): Promise<CaseOutcome> {
  const peer = await trial.createDialedPeer();
  const first = (await peer.waitForMessage(() => true, trial.timeoutMs))?.message;
  return first?.type === 'hello' ? ok() : nonStrict('hello, first on a link that the node dialed', quoteReply(first));
}

async function expectHelloKeepsOpen(trial: TestContext): Promise<CaseOutcome> {
  const wire = await trial.dial();
  wire.send(formatMessage({ message_type: 'hello', payload: { name: 'spec', version: '1' } }));
  const reply = await wire.reply(trial.timeoutMs);
  const { name } = (reply?.payload ?? {}) as { name?: unknown };
  if (reply?.type !== 'hello' || typeof name !== 'string')
    return fail('hello with a name', trial.describeReply(reply, wire));
  await sleep(CLOSE_DELAY_MS);
  const question = trial.createQuestion();
  wire.send(`${question.text}\n\n`);
  const later = await wire.reply(trial.timeoutMs);
  if (later !== undefined && question.isAnsweredBy(later)) return ok();
  const expected = `the answer to ${question.text}, ${CLOSE_DELAY_MS / 1_000} s after hello`;
  const outcome = trial.profile.persistent ? fail : nonStrict;
  return outcome(expected, trial.describeReply(later, wire));
}

async function expectNoReply(trial: TestContext, message: { message_type: string }): Promise<CaseOutcome> {
  const wire = await trial.dial();
  wire.send(formatMessage(message));
  const reply = await wire.reply(trial.quietMs);
  if (reply !== undefined) {
    const known = reply.type !== 'error';
    // To refuse a type that it does not know is no harm once; to answer a reply with a reply never stops.
    return (known || message.message_type === 'error' ? fail : nonStrict)(
      `no answer to ${message.message_type}`,
      quoteReply(reply),
    );
  }
  if (wire.ended || !trial.profile.persistent) return ok();
  const question = trial.createQuestion();
  wire.send(`${question.text}\n\n`);
  await trial.expectAnswer(wire, question);
  return ok();
}
