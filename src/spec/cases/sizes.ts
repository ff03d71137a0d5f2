import type { Case } from '../case.ts';
import { frame } from '../profile.ts';
import type { Question, Trial } from '../trial.ts';
import { fail, nonStrict, type Outcome, ok, worst } from '../verdict.ts';
import { copies, freshId, hears } from './news.ts';

const MIB = 1_048_576;
const PIECE = 65_536;
const SPACE = 8 * MIB;
/** Lines of the message that has many: looking at all of it again for each one would take seconds. */
const LINES = 16_000;

/** A question of exactly so many bytes. */
function sized(trial: Trial, bytes: number): Question {
  const empty = trial.question('').text.length;
  return trial.question('x'.repeat(bytes - empty));
}

/** The same on many lines, which a reader that starts over at each of them takes very long for. */
function manyLines(trial: Trial, bytes: number): { text: string; answered: (type: string | undefined) => boolean } {
  const { type, answer, payload } = trial.profile.vehicle ?? { type: '', answer: undefined };
  const key = trial.profile.vehicle?.carries ? 'payload' : 'note';
  const given = payload === undefined ? '' : `"payload":${JSON.stringify(payload)},`;
  const frameBytes = `{"message_type":"${type}",${given}"${key}":[]}`.length;
  const count = Math.min(LINES, Math.floor(bytes / 64));
  const each = Math.floor((bytes - frameBytes) / count);
  const lines = Array.from({ length: count }, () => `"${'x'.repeat(each - 4)}"`).join(',\n');
  const text = `{"message_type":"${type}",${given}"${key}":[${lines}]}`;
  return { text, answered: (got) => got === answer };
}

/** Cases about how much a message may hold. */
export const sizes: readonly Case[] = [
  {
    number: '6.1',
    title: 'exactly the maximum',
    rule: 'A message of exactly the maximum size is taken, however many lines it has, in time linear in its bytes.',
    needs: ['question'],
    alone: true,
    run: async (trial) => {
      const { maxMessage } = trial.target;
      const question = sized(trial, maxMessage);
      const wire = await trial.dial();
      trial.put(wire, `${question.text}\n\n`);
      const reply = await wire.reply(trial.wait * 2);
      if (reply === undefined || !question.isAnsweredBy(reply))
        return fail(`the answer to a message of ${maxMessage} bytes`, trial.describe(reply, wire, trial.wait * 2));
      const { text, answered } = manyLines(trial, maxMessage);
      const second = await trial.dial();
      trial.put(second, `${text}\n\n`);
      const later = await second.reply(trial.wait * 2);
      if (later !== undefined && answered(later.type)) return ok();
      const expected = `the answer to a message of ${text.length} bytes on ${text.split('\n').length} lines`;
      return fail(expected, trial.describe(later, second, trial.wait * 2));
    },
  },
  {
    number: '6.2',
    title: 'above the maximum, closed before it is all read',
    rule: 'A message above the maximum is answered with too_large and the connection closed, without buffering it.',
    needs: ['question'],
    alone: true,
    run: async (trial) => {
      const { maxMessage } = trial.target;
      const most = 4 * maxMessage + 28 * MIB;
      const wire = await trial.dial();
      wire.send(sized(trial, 1_000).text.slice(0, -2));
      const { taken } = await wire.pour(Buffer.alloc(PIECE, 'x'), { most, stall: trial.wait, time: 4 * trial.wait });
      const reply = await wire.reply(trial.wait);
      const expected = 'error too_large, and the end of the connection';
      const after = `after ${taken} bytes: ${trial.describe(reply, wire)}`;
      if (taken >= most) return fail(expected, `all of ${most} bytes was read`);
      if (reply !== undefined && reply.type !== 'error') return fail(expected, after);
      if (!(await wire.end(trial.wait))) return fail(expected, `${after}, and no end`);
      return reply?.code === 'too_large' ? ok() : nonStrict(expected, after);
    },
  },
  {
    number: '6.3',
    title: 'endless white space',
    rule: 'A sender of nothing but white space is cut off, or what follows it is answered; nobody else waits for it.',
    needs: ['question'],
    alone: true,
    run: async (trial) => {
      const wire = await trial.dial();
      const space = Buffer.from(`${' '.repeat(63)}\n`.repeat(PIECE / 64));
      const { taken } = await wire.pour(space, { most: SPACE, stall: trial.wait, time: 4 * trial.wait });
      if ((await trial.served(1_000)) === undefined)
        return fail('an answer to somebody else within 1 s', 'none while it reads white space');
      if (wire.ended || wire.replies.length > 0) return ok();
      if (taken < SPACE) return fail(`${SPACE} bytes read within ${(4 * trial.wait) / 1_000} s, or an end`, `${taken}`);
      const question = trial.question();
      wire.send(`${question.text}\n\n`);
      await trial.mustAnswer(wire, question, trial.wait * 2);
      return ok();
    },
  },
  {
    number: '6.9',
    title: 'both ends send the maximum at once',
    rule: 'A node reads while it writes: the largest messages pass each other on one connection.',
    needs: ['echo'],
    alone: true,
    run: async (trial) => {
      const outcomes = [await echoesPass(trial)];
      if (trial.profile.abilities.has('gossip')) outcomes.push(await newsPasses(trial));
      return worst(outcomes);
    },
  },
];

async function echoesPass(trial: Trial): Promise<Outcome> {
  const question = frame({ message_type: 'echo', payload: 'x'.repeat(trial.target.maxMessage - 40) });
  const wanted = trial.profile.persistent ? 2 : 1;
  const wire = await trial.dial();
  for (let sent = 0; sent < wanted; sent++) wire.send(question);
  const replies = await wire.several(wanted, trial.wait * 3);
  const whole = replies.filter(({ bytes }) => bytes.length > trial.target.maxMessage - 50).length;
  return whole === wanted ? ok() : fail(`${wanted} echoes of the maximum`, `${whole} of them`);
}

/** Two peers give the target their largest news in the same moment, each on the link that it gets the other's by. */
async function newsPasses(trial: Trial): Promise<Outcome> {
  const [a, b] = await Promise.all([trial.link(), trial.link()]);
  const data = 'x'.repeat(trial.target.maxMessage - 200);
  const [fromA, fromB] = [freshId(), freshId()];
  a.say(frame({ message_type: 'gossip', payload: { id: fromA, data } }));
  b.say(frame({ message_type: 'gossip', payload: { id: fromB, data } }));
  // A target need not take gossip from the far end of its links; where it does, both have to arrive.
  await b.changes.until(() => copies(b, fromA).length > 0, trial.wait * 2);
  if (copies(b, fromA).length === 0 && copies(a, fromB).length === 0) return ok();
  await hears(trial, b, fromA);
  await hears(trial, a, fromB);
  return ok();
}
