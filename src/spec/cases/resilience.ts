import type { Case, Section } from '../case.ts';
import { sleep } from '../changes.ts';
import type { Trial } from '../trial.ts';
import { fail, nonStrict, type Outcome, ok, skipped } from '../verdict.ts';
import { crowds } from './crowds.ts';
import { sizes } from './sizes.ts';

/** Milliseconds between the bytes of a sender that never gets done. */
const DRIP = 500;
/** Connections that are broken off. */
const BROKEN = 20;
/** The close rule's second, and some to spare. */
const CLOSE_RULE = 2_500;
/** How long dials are watched (ms), and how many of them a node that backs off makes meanwhile, at most. */
const WATCH = 8_000;
const DIALS = 12;
/** A wait (ms) that a run does not get noticeably longer by. */
const BEARABLE = 15_000;

const connections: readonly Case[] = [
  {
    number: '6.4',
    title: 'a slow sender is cut off, others are served',
    rule: 'A message must be complete some time after its first byte, however often another byte comes.',
    needs: ['question'],
    long: true,
    run: slowSender,
  },
  {
    number: '6.6',
    title: 'a reset in the middle of a message',
    rule: 'A connection that is reset ends itself and nothing else.',
    needs: ['question'],
    run: async (trial) => {
      for (let broken = 0; broken < BROKEN; broken++) {
        const wire = await trial.dial();
        wire.send(trial.question().text.slice(0, -5));
        if (broken % 2 === 0) await sleep(5);
        wire.reset();
      }
      return ok();
    },
  },
  {
    number: '6.7',
    title: 'the sender is gone before the reply',
    rule: 'A reply that nobody is left to take is dropped.',
    needs: ['question'],
    run: async (trial) => {
      const text = `${trial.question('x'.repeat(10_000)).text}\n\n`.repeat(10);
      for (let broken = 0; broken < BROKEN; broken++) {
        const wire = await trial.dial();
        wire.send(text);
        await wire.drained(trial.wait);
        if (broken % 2 === 0) wire.close();
        else wire.reset();
      }
      return ok();
    },
  },
  {
    number: '6.12',
    title: 'a client that reads to the end gets its end',
    rule: 'On a connection that never said hello, the node closes a second after its last reply.',
    needs: ['question'],
    run: async (trial) => {
      const question = trial.question();
      const wire = await trial.dial();
      wire.send(`${question.text}\n\n`);
      if (trial.profile.readsToEnd) wire.halfClose();
      await trial.mustAnswer(wire, question);
      return (await wire.end(CLOSE_RULE))
        ? ok()
        : fail('the end of the connection about 1 s after the reply', `none within ${CLOSE_RULE / 1_000} s`);
    },
  },
  {
    number: '6.13',
    title: 'a second message on one connection',
    rule: 'A connection stays open for a moment after a reply, for whoever has more to say.',
    needs: ['question'],
    run: async (trial) => {
      const [first, second] = [trial.question(), trial.question()];
      const wire = await trial.dial();
      trial.put(wire, `${first.text}\n\n`);
      await trial.mustAnswer(wire, first);
      await sleep(200);
      wire.send(`${second.text}\n\n`);
      const reply = await wire.reply(trial.wait);
      if (reply !== undefined && second.isAnsweredBy(reply)) return ok();
      const judge = reply === undefined && !trial.profile.persistent ? nonStrict : fail;
      return judge(`the answer to ${second.text}`, trial.describe(reply, wire));
    },
  },
  {
    number: '6.14',
    title: 'a half-open link is noticed',
    rule: 'A link whose other end has fallen silent is given up, and dialed again.',
    needs: ['dial', 'hello'],
    long: true,
    run: halfOpen,
  },
  {
    number: '6.15',
    title: 'redialing backs off',
    rule: 'A peer that cannot be kept is dialed again and again, after ever longer waits.',
    needs: ['dial'],
    long: true,
    run: backsOff,
  },
];

export const resilience: Section = {
  number: 6,
  title: 'Resilience',
  cases: [...sizes, ...connections, ...crowds].sort((a, b) => Number(a.number.slice(2)) - Number(b.number.slice(2))),
};

async function slowSender(trial: Trial): Promise<Outcome> {
  const { messageTimeout } = trial.target;
  const patience = messageTimeout * 1.2 + 1_000;
  const wire = await trial.dial();
  wire.send(trial.question().text.slice(0, 20));
  const start = performance.now();
  let served = start;
  // A string goes on for as long as anybody likes; a letter in it is always one more byte of the same message.
  while (performance.now() - start < patience) {
    if (await wire.end(Math.min(DRIP, messageTimeout / 4))) return ok();
    wire.send('x');
    if (performance.now() - served < 2_000) continue;
    served = performance.now();
    if ((await trial.served()) === undefined) return fail('an answer to somebody else meanwhile', 'none');
  }
  return fail(
    `the end of the connection ${messageTimeout / 1_000} s after the first byte`,
    `none within ${patience / 1_000} s`,
  );
}

async function halfOpen(trial: Trial): Promise<Outcome> {
  const { deadAfter, slow } = trial.target;
  if (deadAfter > BEARABLE && !slow)
    return skipped(
      `takes as long as a silent link may last, ${deadAfter / 1_000} s; not unless slow cases are asked for`,
    );
  const peer = await trial.listen({ polite: false });
  await trial.addPeer(peer.address);
  if (!(await peer.dialed(trial.wait))) return fail(`a dial to ${peer.address}`, 'none');
  const link = peer.links[0];
  // It introduces itself as a node does, and is never heard of again.
  link?.send(peer.hello());
  const patience = deadAfter * 1.2 + 1_000;
  if (!(await link?.end(patience))) return fail(`the end of a link silent for ${deadAfter / 1_000} s`, 'none');
  return (await peer.dialed(patience, 2)) ? ok() : nonStrict('another dial', 'none');
}

async function backsOff(trial: Trial): Promise<Outcome> {
  // Long enough to see what the link is for, too short to be one.
  const peer = await trial.listen({ polite: false, onDial: (link) => void sleep(60).then(() => link.reset()) });
  await trial.addPeer(peer.address);
  await sleep(WATCH);
  const carriers = new Set(peer.heard.filter(({ message }) => message.type === 'gossip').map(({ link }) => link));
  const dials = peer.links.filter((link) => !carriers.has(link)).length;
  if (dials < 2) return fail('a peer that is dialed again after its link was lost', `${dials} dials in all`);
  const expected = `at most ${DIALS} dials within ${WATCH / 1_000} s`;
  return dials <= DIALS ? ok() : fail(expected, `${dials}`);
}
