import type { SpecCase } from '../harness/spec-case.ts';
import { formatMessage } from '../harness/target-profile.ts';
import type { TestContext, TestQuestion } from '../harness/test-context.ts';
import { type CaseOutcome, fail, nonStrict, ok, worstOutcome } from '../harness/verdict.ts';
import type { FakePeer } from '../transport/fake-peer.ts';
import { copiesOf, createGossipId, expectGossip } from './gossip-helpers.ts';

const MIB_BYTES = 1_048_576;
const PIECE_BYTES = 65_536;
const WHITE_SPACE_BYTES = 8 * MIB_BYTES;
/** Lines of the largest message: a parser that starts over at each of them takes seconds. */
const MAX_LINES = 16_000;
/** Longest time until others are answered, whatever one sender does. */
const MAX_REPLY_DELAY_MS = 1_000;

/** Creates a question of exactly `bytes`. */
function questionOfSize(t: TestContext, bytes: number): TestQuestion {
  return t.createQuestion('x'.repeat(bytes - t.createQuestion('').text.length));
}

/** Creates a question of at most `bytes` on many lines. */
function multiLineQuestion(t: TestContext, bytes: number): string {
  const { type, payload, echoesPayload } = t.profile.probeMessage ?? { type: '', echoesPayload: false };
  const key = echoesPayload ? 'payload' : 'note';
  const start = `{"message_type":"${type}",${payload === undefined ? '' : `"payload":${JSON.stringify(payload)},`}"${key}":[`;
  const count = Math.min(MAX_LINES, Math.floor(bytes / 64));
  const lineBytes = Math.floor((bytes - `${start}]}`.length) / count);
  const lines = Array.from({ length: count }, () => `"${'x'.repeat(lineBytes - 4)}"`).join(',\n');
  return `${start}${lines}]}`;
}

/** Cases about the size of messages. */
export const sizeCases: readonly SpecCase[] = [
  {
    number: '6.1',
    title: 'exactly the maximum',
    rule: 'A message of exactly the maximum size is accepted, however many lines it has, in time linear in its bytes.',
    requires: ['question'],
    exclusive: true,
    run: async (t) => {
      const { maxMessageBytes } = t.target;
      const timeoutMs = t.timeoutMs * 2;
      const question = questionOfSize(t, maxMessageBytes);
      const first = await t.dial();
      t.send(first, `${question.text}\n\n`);
      const reply = await first.reply(timeoutMs);
      if (reply === undefined || !question.isAnsweredBy(reply))
        return fail(`the answer to a message of ${maxMessageBytes} bytes`, t.describeReply(reply, first, timeoutMs));
      const text = multiLineQuestion(t, maxMessageBytes);
      const second = await t.dial();
      t.send(second, `${text}\n\n`);
      const later = await second.reply(timeoutMs);
      if (later !== undefined && later.type === t.profile.probeMessage?.replyType) return ok();
      const expected = `the answer to a message of ${text.length} bytes on ${text.split('\n').length} lines`;
      return fail(expected, t.describeReply(later, second, timeoutMs));
    },
  },
  {
    number: '6.2',
    title: 'above the maximum, closed before it is all read',
    rule: 'A message above the maximum is answered with too_large and the connection closed, without buffering it.',
    requires: ['question'],
    exclusive: true,
    run: async (t) => {
      const maxBytes = 4 * t.target.maxMessageBytes + 28 * MIB_BYTES;
      const connection = await t.dial();
      connection.send(questionOfSize(t, 1_000).text.slice(0, -2));
      const { acceptedBytes } = await connection.sendUntilStalled(Buffer.alloc(PIECE_BYTES, 'x'), {
        maxBytes,
        stallMs: t.timeoutMs,
        timeoutMs: 4 * t.timeoutMs,
      });
      const reply = await connection.reply(t.timeoutMs);
      const expected = 'error too_large, and the end of the connection';
      const got = `after ${acceptedBytes} bytes: ${t.describeReply(reply, connection)}`;
      if (acceptedBytes >= maxBytes) return fail(expected, `all of ${maxBytes} bytes was read`);
      if (reply !== undefined && reply.type !== 'error') return fail(expected, got);
      if (!(await connection.waitForEnd(t.timeoutMs))) return fail(expected, `${got}, and no end`);
      return reply?.code === 'too_large' ? ok() : nonStrict(expected, got);
    },
  },
  {
    number: '6.3',
    title: 'endless white space',
    rule: 'A sender of white space alone is cut off, or what follows is answered; nobody else waits for it.',
    requires: ['question'],
    severalConnections: true,
    exclusive: true,
    run: async (t) => {
      const timeoutMs = 4 * t.timeoutMs;
      const connection = await t.dial();
      const { acceptedBytes } = await connection.sendUntilStalled(
        Buffer.from(`${' '.repeat(63)}\n`.repeat(PIECE_BYTES / 64)),
        { maxBytes: WHITE_SPACE_BYTES, stallMs: t.timeoutMs, timeoutMs },
      );
      if (!(await t.isResponsive(MAX_REPLY_DELAY_MS)))
        return fail('an answer on another connection within 1 s', 'none while it reads white space');
      if (connection.ended || connection.replies.length > 0) return ok();
      if (acceptedBytes < WHITE_SPACE_BYTES)
        return fail(`${WHITE_SPACE_BYTES} bytes read within ${timeoutMs / 1_000} s, or an end`, `${acceptedBytes}`);
      const question = t.createQuestion();
      connection.send(`${question.text}\n\n`);
      await t.expectAnswer(connection, question, t.timeoutMs * 2);
      return ok();
    },
  },
  {
    number: '6.9',
    title: 'both ends send the maximum at once',
    rule: 'A node reads while it writes: the largest messages pass each other on one connection.',
    requires: ['echo'],
    exclusive: true,
    run: async (t) => {
      const outcomes = [await expectEchoesPass(t)];
      if (t.profile.capabilities.has('gossip')) outcomes.push(await expectGossipPasses(t));
      return worstOutcome(outcomes);
    },
  },
];

async function expectEchoesPass(t: TestContext): Promise<CaseOutcome> {
  const { maxMessageBytes } = t.target;
  const message = formatMessage({ message_type: 'echo', payload: 'x'.repeat(maxMessageBytes - 40) });
  const count = t.profile.persistent ? 2 : 1;
  const connection = await t.dial();
  for (let sent = 0; sent < count; sent++) connection.send(message);
  const replies = await connection.nextReplies(count, t.timeoutMs * 3);
  const whole = replies.filter(({ bytes }) => bytes.length > maxMessageBytes - 50).length;
  return whole === count ? ok() : fail(`${count} echoes of the maximum`, `${whole} of them`);
}

/** Two peers send their largest gossip at the same time, each on the link on which it receives the other's. */
async function expectGossipPasses(t: TestContext): Promise<CaseOutcome> {
  const [a, b] = (await t.createDialedPeers([{}, {}])) as [FakePeer, FakePeer];
  const data = 'x'.repeat(t.target.maxMessageBytes - 200);
  const [fromA, fromB] = [createGossipId(), createGossipId()];
  a.sendToAll(formatMessage({ message_type: 'gossip', payload: { id: fromA, data } }));
  b.sendToAll(formatMessage({ message_type: 'gossip', payload: { id: fromB, data } }));
  // A target need not accept gossip from the far end of its links; if it does, both must arrive.
  await b.changed.waitUntil(() => copiesOf(b, fromA).length > 0, t.timeoutMs * 2);
  if (copiesOf(b, fromA).length === 0 && copiesOf(a, fromB).length === 0) return ok();
  await expectGossip(t, b, fromA);
  await expectGossip(t, a, fromB);
  return ok();
}
