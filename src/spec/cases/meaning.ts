import { isDeepStrictEqual } from 'node:util';
import type { Case, Section } from '../case.ts';
import { sleep } from '../changes.ts';
import { frame, isList } from '../profile.ts';
import { type Reply, show } from '../reply.ts';
import type { Trial } from '../trial.ts';
import { fail, nonStrict, type Outcome, ok, worst } from '../verdict.ts';
import { adding } from './adding.ts';
import { removing } from './removing.ts';

/** One payload of every JSON type, and of the sizes and characters that tend to get lost. */
const PAYLOADS: readonly unknown[] = [
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
const CLOSE_RULE = 1_500;

async function sameBack(trial: Trial, type: string, answer: string, payload: unknown): Promise<Outcome> {
  const wire = await trial.dial();
  trial.put(wire, frame({ message_type: type, payload }));
  const reply = await wire.reply(trial.wait);
  const wanted = { message_type: answer, payload };
  // The round trip through text takes away what JSON has none of, an object's prototype above all.
  if (reply?.isJson && isDeepStrictEqual(reply.value, JSON.parse(JSON.stringify(wanted)))) return ok();
  return fail(JSON.stringify(wanted), trial.describe(reply, wire));
}

/** Judges a list of peers by its looks. */
function judgePeers(trial: Trial, reply: Reply | undefined): Outcome {
  const expected = 'peers with an array of "host:port"';
  if (reply?.type !== 'peers') return fail(expected, show(reply));
  if (!isList(reply.payload) || !reply.payload.every((peer) => /^.+:\d{1,5}$/.test(peer)))
    return fail(expected, show(reply));
  const own = `${trial.target.host}:${trial.target.port}`;
  return reply.payload.includes(own) ? fail('no peers that are the node itself', show(reply)) : ok();
}

const asking: readonly Case[] = [
  {
    number: '4.1',
    title: 'echo of every JSON type, exact',
    rule: 'An echo comes back with the same payload and no further key.',
    about: 'echo',
    run: async (trial) => worst(await Promise.all(PAYLOADS.map((payload) => sameBack(trial, 'echo', 'echo', payload)))),
  },
  {
    number: '4.2',
    title: 'ping with an integer, with an object',
    rule: 'A ping is answered with a pong that has the same payload.',
    about: 'ping',
    run: async (trial) =>
      worst(
        await Promise.all(
          [0, 42, '', { id: 1, nested: [null] }].map((payload) => sameBack(trial, 'ping', 'pong', payload)),
        ),
      ),
  },
  {
    number: '4.3',
    title: 'get_peers of a fresh node',
    rule: 'get_peers is answered with peers, an array of "host:port" that is empty on a fresh node.',
    about: 'get_peers',
    run: async (trial) => {
      const outcome = judgePeers(trial, await trial.ask({ message_type: 'get_peers' }));
      const { peers = [] } = trial.profile;
      if (outcome.verdict !== 'OK' || peers.length === 0) return outcome;
      return ok(`not a fresh node: it had ${peers.length} ${peers.length === 1 ? 'peer' : 'peers'} before the suite`);
    },
  },
  {
    number: '4.4',
    title: 'list_peers',
    rule: 'list_peers is another name for get_peers.',
    about: 'list_peers',
    optional: true,
    needs: ['list'],
    run: async (trial) => judgePeers(trial, await trial.ask({ message_type: 'list_peers' })),
  },
];

const speaking: readonly Case[] = [
  {
    number: '4.15',
    title: 'hello',
    rule: 'hello is answered with hello, is the first thing said on a dialed link, and makes the connection last.',
    about: 'hello',
    optional: true,
    needs: ['question'],
    run: async (trial) => {
      const link = trial.profile.abilities.has('dial') ? await firstWord(trial) : ok();
      return worst([link, await helloLasts(trial)]);
    },
  },
  {
    number: '4.16',
    title: 'unsolicited pong, peers, error',
    rule: 'pong, peers, status and error are never answered.',
    needs: ['question'],
    run: async (trial) => {
      const replies = [
        { message_type: 'pong', payload: 1 },
        { message_type: 'peers', payload: ['127.0.0.1:1'] },
        { message_type: 'status', payload: {} },
        { message_type: 'error', payload: { code: 'unknown_type', message: 'spec' } },
        { message_type: 'error' },
      ];
      return worst(await Promise.all(replies.map((reply) => unanswered(trial, reply))));
    },
  },
];

export const meaning: Section = {
  number: 4,
  title: 'Meaning',
  cases: [...asking, ...adding, ...removing, ...speaking],
};

async function firstWord(trial: Trial): Promise<Outcome> {
  const peer = await trial.link();
  const first = (await peer.hears(() => true, trial.wait))?.message;
  return first?.type === 'hello' ? ok() : nonStrict('hello, first on a link that the node dialed', show(first));
}

async function helloLasts(trial: Trial): Promise<Outcome> {
  const wire = await trial.dial();
  wire.send(frame({ message_type: 'hello', payload: { name: 'spec', version: '1' } }));
  const reply = await wire.reply(trial.wait);
  const { name } = (reply?.payload ?? {}) as { name?: unknown };
  if (reply?.type !== 'hello' || typeof name !== 'string')
    return fail('hello with a name', trial.describe(reply, wire));
  await sleep(CLOSE_RULE);
  const question = trial.question();
  wire.send(`${question.text}\n\n`);
  const later = await wire.reply(trial.wait);
  if (later !== undefined && question.isAnsweredBy(later)) return ok();
  const expected = `the answer to ${question.text}, ${CLOSE_RULE / 1_000} s after hello`;
  const outcome = trial.profile.persistent ? fail : nonStrict;
  return outcome(expected, trial.describe(later, wire));
}

async function unanswered(trial: Trial, message: { message_type: string }): Promise<Outcome> {
  const wire = await trial.dial();
  wire.send(frame(message));
  const reply = await wire.reply(trial.quiet);
  if (reply !== undefined) {
    const known = reply.type !== 'error';
    // To refuse a type that it does not know is no harm once; to answer a reply with a reply never stops.
    return (known || message.message_type === 'error' ? fail : nonStrict)(
      `no answer to ${message.message_type}`,
      show(reply),
    );
  }
  if (wire.ended || !trial.profile.persistent) return ok();
  const question = trial.question();
  wire.send(`${question.text}\n\n`);
  await trial.mustAnswer(wire, question);
  return ok();
}
