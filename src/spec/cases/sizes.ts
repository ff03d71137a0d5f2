import type { SpecCase } from '../harness/spec-case.ts';
import { formatMessage } from '../harness/target-profile.ts';
import type { TestContext, TestQuestion } from '../harness/test-context.ts';
import { type CaseOutcome, fail, nonStrict, ok, worstOutcome } from '../harness/verdict.ts';
import { copiesOf, createGossipId, expectGossip } from './gossip-helpers.ts';

const MIB_BYTES = 1_048_576;
const PIECE_BYTES = 65_536;
const WHITE_SPACE_BYTES = 8 * MIB_BYTES;
/** Lines of the message that has many: looking at all of it again for each one would take seconds. */
const MAX_LINES = 16_000;

/** A question of exactly so many bytes. */
function questionOfSize(trial: TestContext, bytes: number): TestQuestion {
  const empty = trial.createQuestion('').text.length;
  return trial.createQuestion('x'.repeat(bytes - empty));
}

/** The same on many lines, which a reader that starts over at each of them takes very long for. */
function multiLineQuestion(
  trial: TestContext,
  bytes: number,
): { text: string; answered: (type: string | undefined) => boolean } {
  const { type, replyType: answer, payload } = trial.profile.probeMessage ?? { type: '', replyType: undefined };
  const key = trial.profile.probeMessage?.echoesPayload ? 'payload' : 'note';
  const given = payload === undefined ? '' : `"payload":${JSON.stringify(payload)},`;
  const frameBytes = `{"message_type":"${type}",${given}"${key}":[]}`.length;
  const count = Math.min(MAX_LINES, Math.floor(bytes / 64));
  const each = Math.floor((bytes - frameBytes) / count);
  const lines = Array.from({ length: count }, () => `"${'x'.repeat(each - 4)}"`).join(',\n');
  const text = `{"message_type":"${type}",${given}"${key}":[${lines}]}`;
  return { text, answered: (got) => got === answer };
}

/** Cases about how much a message may hold. */
export const sizeCases: readonly SpecCase[] = [
  {
    number: '6.1',
    title: 'exactly the maximum',
    rule: 'A message of exactly the maximum size is taken, however many lines it has, in time linear in its bytes.',
    requires: ['question'],
    exclusive: true,
    run: async (trial) => {
      const { maxMessageBytes: maxMessage } = trial.target;
      const question = questionOfSize(trial, maxMessage);
      const wire = await trial.dial();
      trial.send(wire, `${question.text}\n\n`);
      const reply = await wire.reply(trial.timeoutMs * 2);
      if (reply === undefined || !question.isAnsweredBy(reply))
        return fail(
          `the answer to a message of ${maxMessage} bytes`,
          trial.describeReply(reply, wire, trial.timeoutMs * 2),
        );
      const { text, answered } = multiLineQuestion(trial, maxMessage);
      const second = await trial.dial();
      trial.send(second, `${text}\n\n`);
      const later = await second.reply(trial.timeoutMs * 2);
      if (later !== undefined && answered(later.type)) return ok();
      const expected = `the answer to a message of ${text.length} bytes on ${text.split('\n').length} lines`;
      return fail(expected, trial.describeReply(later, second, trial.timeoutMs * 2));
    },
  },
  {
    number: '6.2',
    title: 'above the maximum, closed before it is all read',
    rule: 'A message above the maximum is answered with too_large and the connection closed, without buffering it.',
    requires: ['question'],
    exclusive: true,
    run: async (trial) => {
      const { maxMessageBytes: maxMessage } = trial.target;
      const most = 4 * maxMessage + 28 * MIB_BYTES;
      const wire = await trial.dial();
      wire.send(questionOfSize(trial, 1_000).text.slice(0, -2));
      const { acceptedBytes: taken } = await wire.sendUntilStalled(Buffer.alloc(PIECE_BYTES, 'x'), {
        most,
        stall: trial.timeoutMs,
        time: 4 * trial.timeoutMs,
      });
      const reply = await wire.reply(trial.timeoutMs);
      const expected = 'error too_large, and the end of the connection';
      const after = `after ${taken} bytes: ${trial.describeReply(reply, wire)}`;
      if (taken >= most) return fail(expected, `all of ${most} bytes was read`);
      if (reply !== undefined && reply.type !== 'error') return fail(expected, after);
      if (!(await wire.waitForEnd(trial.timeoutMs))) return fail(expected, `${after}, and no end`);
      return reply?.code === 'too_large' ? ok() : nonStrict(expected, after);
    },
  },
  {
    number: '6.3',
    title: 'endless white space',
    rule: 'A sender of nothing but white space is cut off, or what follows it is answered; nobody else waits for it.',
    requires: ['question'],
    exclusive: true,
    run: async (trial) => {
      const wire = await trial.dial();
      const space = Buffer.from(`${' '.repeat(63)}\n`.repeat(PIECE_BYTES / 64));
      const { acceptedBytes: taken } = await wire.sendUntilStalled(space, {
        most: WHITE_SPACE_BYTES,
        stall: trial.timeoutMs,
        time: 4 * trial.timeoutMs,
      });
      if ((await trial.measureResponseMs(1_000)) === undefined)
        return fail('an answer to somebody else within 1 s', 'none while it reads white space');
      if (wire.ended || wire.replies.length > 0) return ok();
      if (taken < WHITE_SPACE_BYTES)
        return fail(`${WHITE_SPACE_BYTES} bytes read within ${(4 * trial.timeoutMs) / 1_000} s, or an end`, `${taken}`);
      const question = trial.createQuestion();
      wire.send(`${question.text}\n\n`);
      await trial.expectAnswer(wire, question, trial.timeoutMs * 2);
      return ok();
    },
  },
  {
    number: '6.9',
    title: 'both ends send the maximum at once',
    rule: 'A node reads while it writes: the largest messages pass each other on one connection.',
    requires: ['echo'],
    exclusive: true,
    run: async (trial) => {
      const outcomes = [await expectEchoesPass(trial)];
      if (trial.profile.capabilities.has('gossip')) outcomes.push(await expectGossipPasses(trial));
      return worstOutcome(outcomes);
    },
  },
];

async function expectEchoesPass(trial: TestContext): Promise<CaseOutcome> {
  const question = formatMessage({ message_type: 'echo', payload: 'x'.repeat(trial.target.maxMessageBytes - 40) });
  const wanted = trial.profile.persistent ? 2 : 1;
  const wire = await trial.dial();
  for (let sent = 0; sent < wanted; sent++) wire.send(question);
  const replies = await wire.nextReplies(wanted, trial.timeoutMs * 3);
  const whole = replies.filter(({ bytes }) => bytes.length > trial.target.maxMessageBytes - 50).length;
  return whole === wanted ? ok() : fail(`${wanted} echoes of the maximum`, `${whole} of them`);
}

/** Two peers give the target their largest news in the same moment, each on the link that it gets the other's by. */
async function expectGossipPasses(trial: TestContext): Promise<CaseOutcome> {
  const [a, b] = await Promise.all([trial.createDialedPeer(), trial.createDialedPeer()]);
  const data = 'x'.repeat(trial.target.maxMessageBytes - 200);
  const [fromA, fromB] = [createGossipId(), createGossipId()];
  a.sendToAll(formatMessage({ message_type: 'gossip', payload: { id: fromA, data } }));
  b.sendToAll(formatMessage({ message_type: 'gossip', payload: { id: fromB, data } }));
  // A target need not take gossip from the far end of its links; where it does, both have to arrive.
  await b.changed.waitUntil(() => copiesOf(b, fromA).length > 0, trial.timeoutMs * 2);
  if (copiesOf(b, fromA).length === 0 && copiesOf(a, fromB).length === 0) return ok();
  await expectGossip(trial, b, fromA);
  await expectGossip(trial, a, fromB);
  return ok();
}
