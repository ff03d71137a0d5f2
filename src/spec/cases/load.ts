import { type AddressInfo, createServer, type Server } from 'node:net';
import type { SpecCase } from '../harness/spec-case.ts';
import { formatMessage } from '../harness/target-profile.ts';
import type { TestContext } from '../harness/test-context.ts';
import { type CaseOutcome, fail, info, nonStrict, ok } from '../harness/verdict.ts';
import { sleep } from '../transport/condition-variable.ts';
import type { RawConnection } from '../transport/raw-connection.ts';
import { quoteReply } from '../transport/reply.ts';

const IDLE_CONNECTIONS = 200;
/** Milliseconds within which others are answered, whatever somebody does. */
const MAX_REPLY_DELAY_MS = 1_000;
const PIECE_BYTES = 65_536;
/** Bytes sent to a node whose replies are not read: far more than the system's buffers take. */
const UNREAD_BYTES = 32 * 1_048_576;
/** The flood: messages at a time, and at most. */
const BATCH_MESSAGES = 100;
const MAX_FLOOD_MESSAGES = 30_000;
const FLOOD_TIME_MS = 2_000;
const FLOOD_PEERS = 200;

/** Asks as somebody else, again and again until `over`; what was wrong the first time that nobody answered in time. */
async function expectOthersServed(trial: TestContext, over: () => boolean): Promise<CaseOutcome> {
  do {
    if ((await trial.measureResponseMs(MAX_REPLY_DELAY_MS)) === undefined)
      return fail(`an answer to somebody else within ${MAX_REPLY_DELAY_MS / 1_000} s`, 'none');
    await sleep(100);
  } while (!over());
  return ok();
}

/** Cases about what somebody does to a node that others depend on. */
export const loadCases: readonly SpecCase[] = [
  {
    number: '6.5',
    title: '200 idle connections, a new one is served',
    rule: 'Connections that say nothing lock nobody out.',
    requires: ['question'],
    exclusive: true,
    run: async (trial) => {
      for (let open = 0; open < IDLE_CONNECTIONS; open += 50) {
        await Promise.allSettled(Array.from({ length: 50 }, () => trial.dial()));
      }
      return expectOthersServed(trial, () => true);
    },
  },
  {
    number: '6.8',
    title: 'a peer that never reads',
    rule: 'What a node holds for somebody who does not read is bounded: it stops reading too, or closes.',
    requires: ['echo'],
    exclusive: true,
    run: async (trial) => {
      const wire = await trial.dial();
      wire.pause();
      const message = Buffer.from(formatMessage({ message_type: 'echo', payload: 'x'.repeat(2 * PIECE_BYTES) }));
      const { acceptedBytes: taken, stalled } = await wire.sendUntilStalled(message, {
        most: UNREAD_BYTES,
        stall: 1_200,
        time: 6 * trial.timeoutMs,
      });
      if (stalled || wire.ended) return expectOthersServed(trial, () => true);
      if (taken < UNREAD_BYTES / 2)
        return info(`too slow to tell: it read ${taken} bytes in ${(6 * trial.timeoutMs) / 1_000} s`);
      // One that gave its replies up instead of keeping them has bounded them, too.
      wire.resume();
      await sleep(trial.quietMs);
      const kept = wire.replyCount * message.length;
      return kept < taken / 2
        ? nonStrict('a node that stops reading, or closes', `${taken} bytes read, and ${kept} answered`)
        : fail('a node that stops reading, or closes', `${taken} bytes read, and ${kept} kept`);
    },
  },
  {
    number: '6.10',
    title: 'a flood: others are answered within a second',
    rule: 'Whoever sends without a pause is served at a pace that leaves room for others.',
    requires: ['question'],
    exclusive: true,
    run: async (trial) => {
      const wire = await trial.dial();
      const { text } = trial.createQuestion();
      const batch = `${text}\n\n`.repeat(BATCH_MESSAGES);
      const end = performance.now() + FLOOD_TIME_MS;
      let sent = 0;
      let flooding = true;
      const flood = async () => {
        while (performance.now() < end && sent < MAX_FLOOD_MESSAGES && !wire.ended) {
          wire.send(batch);
          sent += BATCH_MESSAGES;
          await wire.waitForDrain(end - performance.now());
          await new Promise((resolve) => setImmediate(resolve));
        }
        flooding = false;
      };
      const [outcome] = await Promise.all([expectOthersServed(trial, () => !flooding), flood()]);
      return outcome;
    },
  },
  {
    number: '6.11',
    title: 'a flood of add_peer',
    rule: 'Peers added without a pause are taken or refused with rate_limited, and others are served meanwhile.',
    requires: ['add_peer', 'question'],
    exclusive: true,
    run: floodOfAddPeer,
  },
];

async function floodOfAddPeer(trial: TestContext): Promise<CaseOutcome> {
  const { listenHost, otherAddress } = trial.target;
  const host = listenHost.includes(':') ? `[${listenHost}]` : listenHost;
  const peers = (await findClosedPorts(listenHost, FLOOD_PEERS)).map((port) => `${host}:${port}`);
  for (const peer of peers) trial.removeAtEnd(peer);
  // From another address where there is one, so that a limit on this one does not outlast the case.
  const wire = await trial.dial(otherAddress === undefined ? {} : { localAddress: otherAddress });
  let over = false;
  const [outcome] = await Promise.all([
    expectOthersServed(trial, () => over),
    sendAddPeers(wire, peers, trial).finally(() => {
      over = true;
    }),
  ]);
  if (outcome.verdict !== 'OK') return outcome;
  const refused = wire.replies.filter((reply) => reply.type === 'error');
  const other = refused.find(({ code }) => code !== 'rate_limited');
  return other === undefined ? ok() : nonStrict('peers, or error rate_limited', quoteReply(other));
}

async function sendAddPeers(wire: RawConnection, peers: readonly string[], trial: TestContext): Promise<void> {
  for (const payload of peers) wire.send(formatMessage({ message_type: 'add_peer', payload }));
  await wire.changed.waitUntil(() => wire.replyCount >= peers.length || wire.ended, trial.timeoutMs);
}

/** Ports of the suite's own host where nobody listens: a dial there is refused. */
async function findClosedPorts(host: string, count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise<Server>((resolve, reject) => {
          const server = createServer();
          server.once('error', reject);
          server.listen({ host, port: 0 }, () => resolve(server));
        }),
    ),
  );
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
