import type { SpecCase, SpecSection } from '../harness/spec-case.ts';
import type { TestContext } from '../harness/test-context.ts';
import { type CaseOutcome, fail, nonStrict, ok, skipped } from '../harness/verdict.ts';
import { sleep } from '../transport/condition-variable.ts';
import { loadCases } from './load.ts';
import { sizeCases } from './sizes.ts';

/** Milliseconds between the bytes of a sender that never gets done. */
const DRIP_INTERVAL_MS = 500;
/** Connections that are broken off. */
const BROKEN_CONNECTIONS = 20;
/** The close rule's second, and some to spare. */
const MAX_CLOSE_DELAY_MS = 2_500;
/** How long dials are watched (ms), and how many of them a node that backs off makes meanwhile, at most. */
const WATCH_MS = 8_000;
const MAX_DIALS = 12;
/** A wait (ms) that a run does not get noticeably longer by. */
const MAX_UNASKED_WAIT_MS = 15_000;

const connectionCases: readonly SpecCase[] = [
  {
    number: '6.4',
    title: 'a slow sender is cut off, others are served',
    rule: 'A message must be complete some time after its first byte, however often another byte comes.',
    requires: ['question'],
    longRunning: true,
    run: expectSlowSenderCutOff,
  },
  {
    number: '6.6',
    title: 'a reset in the middle of a message',
    rule: 'A connection that is reset ends itself and nothing else.',
    requires: ['question'],
    run: async (trial) => {
      for (let broken = 0; broken < BROKEN_CONNECTIONS; broken++) {
        const wire = await trial.dial();
        wire.send(trial.createQuestion().text.slice(0, -5));
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
    requires: ['question'],
    run: async (trial) => {
      const text = `${trial.createQuestion('x'.repeat(10_000)).text}\n\n`.repeat(10);
      for (let broken = 0; broken < BROKEN_CONNECTIONS; broken++) {
        const wire = await trial.dial();
        wire.send(text);
        await wire.waitForDrain(trial.timeoutMs);
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
    requires: ['question'],
    run: async (trial) => {
      const question = trial.createQuestion();
      const wire = await trial.dial();
      wire.send(`${question.text}\n\n`);
      if (trial.profile.needsHalfClose) wire.halfClose();
      await trial.expectAnswer(wire, question);
      return (await wire.waitForEnd(MAX_CLOSE_DELAY_MS))
        ? ok()
        : fail('the end of the connection about 1 s after the reply', `none within ${MAX_CLOSE_DELAY_MS / 1_000} s`);
    },
  },
  {
    number: '6.13',
    title: 'a second message on one connection',
    rule: 'A connection stays open for a moment after a reply, for whoever has more to say.',
    requires: ['question'],
    run: async (trial) => {
      const [first, second] = [trial.createQuestion(), trial.createQuestion()];
      const wire = await trial.dial();
      trial.send(wire, `${first.text}\n\n`);
      await trial.expectAnswer(wire, first);
      await sleep(200);
      wire.send(`${second.text}\n\n`);
      const reply = await wire.reply(trial.timeoutMs);
      if (reply !== undefined && second.isAnsweredBy(reply)) return ok();
      const judge = reply === undefined && !trial.profile.persistent ? nonStrict : fail;
      return judge(`the answer to ${second.text}`, trial.describeReply(reply, wire));
    },
  },
  {
    number: '6.14',
    title: 'a half-open link is noticed',
    rule: 'A link whose other end has fallen silent is given up, and dialed again.',
    requires: ['dial', 'hello'],
    longRunning: true,
    run: expectHalfOpenNoticed,
  },
  {
    number: '6.15',
    title: 'redialing backs off',
    rule: 'A peer that cannot be kept is dialed again and again, after ever longer waits.',
    requires: ['dial'],
    longRunning: true,
    run: expectBackoff,
  },
];

export const resilience: SpecSection = {
  number: 6,
  title: 'Resilience',
  cases: [...sizeCases, ...connectionCases, ...loadCases].sort(
    (a, b) => Number(a.number.slice(2)) - Number(b.number.slice(2)),
  ),
};

async function expectSlowSenderCutOff(trial: TestContext): Promise<CaseOutcome> {
  const { messageTimeoutMs: messageTimeout } = trial.target;
  const patience = messageTimeout * 1.2 + 1_000;
  const wire = await trial.dial();
  wire.send(trial.createQuestion().text.slice(0, 20));
  const start = performance.now();
  let served = start;
  // A string goes on for as long as anybody likes; a letter in it is always one more byte of the same message.
  while (performance.now() - start < patience) {
    if (await wire.waitForEnd(Math.min(DRIP_INTERVAL_MS, messageTimeout / 4))) return ok();
    wire.send('x');
    if (performance.now() - served < 2_000) continue;
    served = performance.now();
    if ((await trial.measureResponseMs()) === undefined) return fail('an answer to somebody else meanwhile', 'none');
  }
  return fail(
    `the end of the connection ${messageTimeout / 1_000} s after the first byte`,
    `none within ${patience / 1_000} s`,
  );
}

async function expectHalfOpenNoticed(trial: TestContext): Promise<CaseOutcome> {
  const { deadAfterMs: deadAfter, slow } = trial.target;
  if (deadAfter > MAX_UNASKED_WAIT_MS && !slow)
    return skipped(
      `takes as long as a silent link may last, ${deadAfter / 1_000} s; not unless slow cases are asked for`,
    );
  const peer = await trial.createPeer({ answersHello: false });
  await trial.addPeer(peer.address);
  if (!(await peer.waitForDials(trial.timeoutMs))) return fail(`a dial to ${peer.address}`, 'none');
  const link = peer.connections[0];
  // It introduces itself as a node does, and is never heard of again.
  link?.send(peer.helloText());
  const patience = deadAfter * 1.2 + 1_000;
  if (!(await link?.waitForEnd(patience))) return fail(`the end of a link silent for ${deadAfter / 1_000} s`, 'none');
  return (await peer.waitForDials(patience, 2)) ? ok() : nonStrict('another dial', 'none');
}

async function expectBackoff(trial: TestContext): Promise<CaseOutcome> {
  // Long enough to see what the link is for, too short to be one.
  const peer = await trial.createPeer({
    answersHello: false,
    onDial: (link) => void sleep(60).then(() => link.reset()),
  });
  await trial.addPeer(peer.address);
  await sleep(WATCH_MS);
  const carriers = new Set(
    peer.received.filter(({ message }) => message.type === 'gossip').map(({ connection: link }) => link),
  );
  const dials = peer.connections.filter((link) => !carriers.has(link)).length;
  if (dials < 2) return fail('a peer that is dialed again after its link was lost', `${dials} dials in all`);
  const expected = `at most ${MAX_DIALS} dials within ${WATCH_MS / 1_000} s`;
  return dials <= MAX_DIALS ? ok() : fail(expected, `${dials}`);
}
