import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { pluralize } from '../../shared/text.ts';
import type { SpecCase, SpecSection } from '../harness/spec-case.ts';
import { formatMessage, isStringArray } from '../harness/target-profile.ts';
import type { TestContext } from '../harness/test-context.ts';
import { type CaseOutcome, fail, nonStrict, ok, worstOutcome } from '../harness/verdict.ts';
import { formatAddress } from '../transport/raw-connection.ts';
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

/** Time after a reply by which a node has closed a connection without a hello, and some more for a busy machine. */
const CLOSE_DELAY_MS = 1_500;

/** Creates a case that sends requests with payloads, and expects answers of the given type with the same payloads. */
function expectSamePayloads(type: string, answer: string, payloads: readonly unknown[]) {
  return async (t: TestContext): Promise<CaseOutcome> =>
    worstOutcome(await t.forEach(payloads, (payload) => expectSamePayload(t, type, answer, payload)));
}

async function expectSamePayload(t: TestContext, type: string, answer: string, payload: unknown): Promise<CaseOutcome> {
  const { reply, got } = await t.exchange(formatMessage({ message_type: type, payload }));
  const expected = JSON.stringify({ message_type: answer, payload });
  // Parsed again, since a parsed object has another prototype than one in source code may have.
  return reply?.isJson && isDeepStrictEqual(reply.value, JSON.parse(expected)) ? ok() : fail(expected, got);
}

function judgePeerList(t: TestContext, reply: TargetReply | undefined): CaseOutcome {
  const peers = reply?.type === 'peers' && isStringArray(reply.payload) ? reply.payload : undefined;
  if (!peers?.every((peer) => /^.+:\d{1,5}$/.test(peer)))
    return fail('peers with an array of "host:port"', quoteReply(reply));
  return peers.includes(formatAddress(t.target)) ? fail('no peers that are the node itself', quoteReply(reply)) : ok();
}

const queryCases: readonly SpecCase[] = [
  {
    number: '4.1',
    title: 'echo of every JSON type, exact',
    rule: 'An echo comes back with the same payload and no further key.',
    tests: 'echo',
    run: expectSamePayloads('echo', 'echo', SAMPLE_PAYLOADS),
  },
  {
    number: '4.2',
    title: 'ping with an integer, with an object',
    rule: 'A ping is answered with a pong that has the same payload.',
    tests: 'ping',
    run: expectSamePayloads('ping', 'pong', [0, 42, '', { id: 1, nested: [null] }]),
  },
  {
    number: '4.3',
    title: 'get_peers of a fresh node',
    rule: 'get_peers is answered with peers, an array of "host:port" that is empty on a fresh node.',
    tests: 'get_peers',
    run: async (t) => {
      const outcome = judgePeerList(t, await t.request({ message_type: 'get_peers' }));
      const { peers = [] } = t.profile;
      if (outcome.verdict !== 'OK' || peers.length === 0) return outcome;
      return ok(`not a fresh node: it had ${pluralize(peers.length, 'peer')} before the suite`);
    },
  },
  {
    number: '4.4',
    title: 'list_peers',
    rule: 'list_peers is another name for get_peers.',
    tests: 'list_peers',
    optional: true,
    requires: ['list'],
    run: async (t) => judgePeerList(t, await t.request({ message_type: 'list_peers' })),
  },
];

const helloAndReplyCases: readonly SpecCase[] = [
  {
    number: '4.15',
    title: 'hello',
    rule: 'hello is answered with hello, is the first message on a dialed link, and makes the connection last.',
    tests: 'hello',
    optional: true,
    requires: ['question'],
    run: async (t) => {
      const link = t.profile.capabilities.has('dial') ? await expectHelloFirst(t) : ok();
      return worstOutcome([link, await expectHelloKeepsOpen(t)]);
    },
  },
  {
    number: '4.16',
    title: 'unsolicited pong, peers, error',
    rule: 'pong, peers, status and error are never answered.',
    requires: ['question'],
    run: async (t) => {
      const replies = [
        { message_type: 'pong', payload: 1 },
        { message_type: 'peers', payload: ['127.0.0.1:1'] },
        { message_type: 'status', payload: {} },
        { message_type: 'error', payload: { code: 'unknown_type', message: 'spec' } },
        { message_type: 'error' },
      ];
      return worstOutcome(await t.forEach(replies, (reply) => expectNoReply(t, reply)));
    },
  },
];

export const semantics: SpecSection = {
  number: 4,
  title: 'Meaning',
  cases: [...queryCases, ...addPeerCases, ...removePeerCases, ...helloAndReplyCases],
};

async function expectHelloFirst(t: TestContext): Promise<CaseOutcome> {
  const peer = await t.createDialedPeer();
  const first = (await peer.waitForMessage(() => true, t.timeoutMs))?.message;
  return first?.type === 'hello' ? ok() : nonStrict('hello, first on a link that the node dialed', quoteReply(first));
}

async function expectHelloKeepsOpen(t: TestContext): Promise<CaseOutcome> {
  const connection = await t.dial();
  connection.send(formatMessage({ message_type: 'hello', payload: { name: 'spec', version: '1' } }));
  const reply = await connection.reply(t.timeoutMs);
  const { name } = (reply?.payload ?? {}) as { name?: unknown };
  if (reply?.type !== 'hello' || typeof name !== 'string')
    return fail('hello with a name', t.describeReply(reply, connection));
  await sleep(CLOSE_DELAY_MS);
  const question = t.createQuestion();
  connection.send(`${question.text}\n\n`);
  const later = await connection.reply(t.timeoutMs);
  if (later !== undefined && question.isAnsweredBy(later)) return ok();
  const expected = `the answer to ${question.text}, ${CLOSE_DELAY_MS / 1_000} s after hello`;
  return (t.profile.persistent ? fail : nonStrict)(expected, t.describeReply(later, connection));
}

async function expectNoReply(t: TestContext, message: { message_type: string }): Promise<CaseOutcome> {
  const connection = await t.dial();
  connection.send(formatMessage(message));
  const reply = await connection.reply(t.quietMs);
  if (reply !== undefined) {
    // An error for an unknown type does no harm once; a reply to a reply never stops.
    const judge = reply.type !== 'error' || message.message_type === 'error' ? fail : nonStrict;
    return judge(`no answer to ${message.message_type}`, quoteReply(reply));
  }
  if (connection.ended || !t.profile.persistent) return ok();
  const question = t.createQuestion();
  connection.send(`${question.text}\n\n`);
  await t.expectAnswer(connection, question);
  return ok();
}
