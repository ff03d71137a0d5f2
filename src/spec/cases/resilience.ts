import { setTimeout as sleep } from 'node:timers/promises';
import type { SpecCase, SpecSection } from '../harness/spec-case.ts';
import type { TestContext } from '../harness/test-context.ts';
import { type CaseOutcome, fail, nonStrict, ok, skipped } from '../harness/verdict.ts';
import { loadCases } from './load.ts';
import { sizeCases } from './sizes.ts';

/** Time between the bytes of a slow sender. */
const DRIP_INTERVAL_MS = 500;
/** Time between checks that others are served meanwhile. */
const SERVED_CHECK_INTERVAL_MS = 2_000;
const BROKEN_CONNECTIONS = 20;
/** The second of the close rule, and some more for a busy machine. */
const MAX_CLOSE_DELAY_MS = 2_500;
/** Pause before the second message of a connection, and how often it is tried again where this machine made it twice as long. */
const SECOND_MESSAGE_PAUSE_MS = 200;
const MAX_LATE_ATTEMPTS = 5;
/** Time for which dials are counted, and how many a node that backs off makes in it at most. */
const BACKOFF_WATCH_MS = 8_000;
const MAX_BACKOFF_DIALS = 12;
/** Longest wait of a case that does not need `slow`. */
const MAX_WAIT_WITHOUT_SLOW_MS = 15_000;

const connectionCases: readonly SpecCase[] = [
  {
    number: '6.4',
    title: 'a slow sender is cut off, others are served',
    rule: 'A message must be complete some time after its first byte, however often another byte comes.',
    requires: ['question'],
    severalConnections: true,
    longRunning: true,
    run: expectSlowSenderCutOff,
  },
  {
    number: '6.6',
    title: 'a reset in the middle of a message',
    rule: 'A connection that is reset affects no other.',
    requires: ['question'],
    run: async (t) => {
      for (let broken = 0; broken < BROKEN_CONNECTIONS; broken++) {
        const connection = await t.dial();
        connection.send(t.createQuestion().text.slice(0, -5));
        if (broken % 2 === 0) await sleep(5);
        connection.reset();
      }
      return ok();
    },
  },
  {
    number: '6.7',
    title: 'the sender is gone before the reply',
    rule: 'A reply to a sender that has gone is dropped.',
    requires: ['question'],
    run: async (t) => {
      const text = `${t.createQuestion('x'.repeat(10_000)).text}\n\n`.repeat(10);
      for (let broken = 0; broken < BROKEN_CONNECTIONS; broken++) {
        const connection = await t.dial();
        connection.send(text);
        await connection.waitForDrain(t.timeoutMs);
        if (broken % 2 === 0) connection.close();
        else connection.reset();
      }
      return ok();
    },
  },
  {
    number: '6.12',
    title: 'a client that reads to the end gets its end',
    rule: 'On a connection that never said hello, the node closes a second after its last reply.',
    requires: ['question'],
    run: async (t) => {
      const question = t.createQuestion();
      const connection = await t.dial();
      t.send(connection, `${question.text}\n\n`);
      await t.expectAnswer(connection, question);
      return (await connection.waitForEnd(MAX_CLOSE_DELAY_MS))
        ? ok()
        : fail('the end of the connection about 1 s after the reply', `none within ${MAX_CLOSE_DELAY_MS / 1_000} s`);
    },
  },
  {
    number: '6.13',
    title: 'a second message on one connection',
    rule: 'A connection stays open for a moment after a reply, so that the sender can send more.',
    requires: ['question'],
    run: async (t) => {
      for (let attempts = 1; ; attempts++) {
        const [first, second] = [t.createQuestion(), t.createQuestion()];
        const connection = await t.dial();
        t.send(connection, `${first.text}\n\n`);
        await t.expectAnswer(connection, first);
        const repliedAt = performance.now();
        await sleep(SECOND_MESSAGE_PAUSE_MS);
        const pauseMs = performance.now() - repliedAt;
        connection.send(`${second.text}\n\n`);
        const reply = await connection.reply(t.timeoutMs);
        if (reply !== undefined && second.isAnsweredBy(reply)) return ok();
        // A machine that is busy sends it too late, which says nothing of the target.
        if (pauseMs > 2 * SECOND_MESSAGE_PAUSE_MS && attempts < MAX_LATE_ATTEMPTS) continue;
        const judge = reply === undefined && !t.profile.persistent ? nonStrict : fail;
        return judge(`the answer to ${second.text}`, t.describeReply(reply, connection));
      }
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
    rule: 'A peer whose link does not last is dialed again and again, after ever longer waits.',
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

async function expectSlowSenderCutOff(t: TestContext): Promise<CaseOutcome> {
  const { messageTimeoutMs } = t.target;
  const watchMs = messageTimeoutMs * 1.2 + 1_000;
  const connection = await t.dial();
  connection.send(t.createQuestion().text.slice(0, 20));
  const start = performance.now();
  let lastCheck = start;
  // The message ends inside a string, which any number of letters continue.
  while (performance.now() - start < watchMs) {
    if (await connection.waitForEnd(Math.min(DRIP_INTERVAL_MS, messageTimeoutMs / 4))) return ok();
    connection.send('x');
    if (performance.now() - lastCheck < SERVED_CHECK_INTERVAL_MS) continue;
    lastCheck = performance.now();
    if (!(await t.isResponsive())) return fail('an answer on another connection meanwhile', 'none');
  }
  return fail(
    `the end of the connection ${messageTimeoutMs / 1_000} s after the first byte`,
    `none within ${watchMs / 1_000} s`,
  );
}

async function expectHalfOpenNoticed(t: TestContext): Promise<CaseOutcome> {
  const { deadAfterMs, slow } = t.target;
  if (deadAfterMs > MAX_WAIT_WITHOUT_SLOW_MS && !slow)
    return skipped(`takes as long as a silent link may last, ${deadAfterMs / 1_000} s: only run with --slow`);
  const peer = await t.createPeer({ answersHello: false });
  await t.addPeer(peer.address);
  if (!(await peer.waitForDials(t.timeoutMs))) return fail(`a dial to ${peer.address}`, 'none');
  const link = peer.connections[0];
  // It introduces itself as a node does, and then falls silent.
  link?.send(peer.helloText());
  const watchMs = deadAfterMs * 1.2 + 1_000;
  if (!(await link?.waitForEnd(watchMs))) return fail(`the end of a link silent for ${deadAfterMs / 1_000} s`, 'none');
  return (await peer.waitForDials(watchMs, 2)) ? ok() : nonStrict('another dial', 'none');
}

async function expectBackoff(t: TestContext): Promise<CaseOutcome> {
  // 60 ms are enough to see what a connection is for, and too few to count as a link that worked.
  const peer = await t.createPeer({
    answersHello: false,
    onDial: (link) => void sleep(60).then(() => link.reset()),
  });
  await t.addPeer(peer.address);
  await sleep(BACKOFF_WATCH_MS);
  // A target that sends each gossip on a connection of its own dials for that, too.
  const gossipConnections = new Set(
    peer.received.filter(({ message }) => message.type === 'gossip').map(({ connection }) => connection),
  );
  const dials = peer.connections.filter((link) => !gossipConnections.has(link)).length;
  if (dials < 2) return fail('a peer that is dialed again after its link was lost', `${dials} dials in all`);
  const expected = `at most ${MAX_BACKOFF_DIALS} dials within ${BACKOFF_WATCH_MS / 1_000} s`;
  return dials <= MAX_BACKOFF_DIALS ? ok() : fail(expected, `${dials}`);
}
