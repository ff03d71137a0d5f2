import { type AddressInfo, createServer, type Server } from 'node:net';
import { setImmediate as afterIo, setTimeout as sleep } from 'node:timers/promises';
import type { SpecCase } from '../harness/spec-case.ts';
import { formatMessage } from '../harness/target-profile.ts';
import type { TestContext } from '../harness/test-context.ts';
import { type CaseOutcome, fail, info, nonStrict, ok } from '../harness/verdict.ts';
import { formatAddress } from '../transport/raw-connection.ts';
import { quoteReply } from '../transport/reply.ts';

const IDLE_CONNECTIONS = 200;
/** Longest time until others are answered, whatever one sender does. */
const MAX_REPLY_DELAY_MS = 1_000;
const POLL_INTERVAL_MS = 100;
const UNREAD_PAYLOAD_BYTES = 131_072;
/** Bytes sent to a node whose replies are not read: far more than the system's buffers hold. */
const UNREAD_BYTES = 32 * 1_048_576;
const FLOOD_BATCH_MESSAGES = 100;
const MAX_FLOOD_MESSAGES = 30_000;
const FLOOD_MS = 2_000;
const FLOOD_PEERS = 200;

/** Sends questions on new connections until `isOver`, and expects that each is answered in time. */
async function expectOthersServed(t: TestContext, isOver: () => boolean): Promise<CaseOutcome> {
  do {
    if (!(await t.isResponsive(MAX_REPLY_DELAY_MS)))
      return fail(`an answer on another connection within ${MAX_REPLY_DELAY_MS / 1_000} s`, 'none');
    await sleep(POLL_INTERVAL_MS);
  } while (!isOver());
  return ok();
}

/** Expects the same while `load` runs. */
async function expectOthersServedDuring(t: TestContext, load: Promise<void>): Promise<CaseOutcome> {
  let isOver = false;
  const ended = load.finally(() => {
    isOver = true;
  });
  const [outcome] = await Promise.all([expectOthersServed(t, () => isOver), ended]);
  return outcome;
}

/** Cases about load that one sender puts on a node that others depend on. */
export const loadCases: readonly SpecCase[] = [
  {
    number: '6.5',
    title: '200 idle connections, a new one is served',
    rule: 'Idle connections lock nobody out.',
    requires: ['question'],
    severalConnections: true,
    exclusive: true,
    run: async (t) => {
      for (let open = 0; open < IDLE_CONNECTIONS; open += 50)
        await Promise.allSettled(Array.from({ length: 50 }, () => t.dial()));
      return expectOthersServed(t, () => true);
    },
  },
  {
    number: '6.8',
    title: 'a peer that never reads',
    rule: 'A node buffers a bounded amount for a peer that does not read: it stops reading too, or closes.',
    requires: ['echo'],
    severalConnections: true,
    exclusive: true,
    run: async (t) => {
      const connection = await t.dial();
      connection.pause();
      const message = Buffer.from(formatMessage({ message_type: 'echo', payload: 'x'.repeat(UNREAD_PAYLOAD_BYTES) }));
      const timeoutMs = 6 * t.timeoutMs;
      const { acceptedBytes, stalled } = await connection.sendUntilStalled(message, {
        maxBytes: UNREAD_BYTES,
        stallMs: 1_200,
        timeoutMs,
      });
      if (stalled || connection.ended) return expectOthersServed(t, () => true);
      if (acceptedBytes < UNREAD_BYTES / 2)
        return info(`too slow to tell: it read ${acceptedBytes} bytes in ${timeoutMs / 1_000} s`);
      // A node that dropped its replies instead of keeping them has bounded them, too.
      connection.resume();
      await sleep(t.quietMs);
      const kept = connection.replyCount * message.length;
      const expected = 'a node that stops reading, or closes';
      return kept < acceptedBytes / 2
        ? nonStrict(expected, `${acceptedBytes} bytes read, and ${kept} answered`)
        : fail(expected, `${acceptedBytes} bytes read, and ${kept} kept`);
    },
  },
  {
    number: '6.10',
    title: 'a flood: others are answered within a second',
    rule: 'A sender that never pauses is served at a pace that leaves room for others.',
    requires: ['question'],
    severalConnections: true,
    exclusive: true,
    run: async (t) => {
      const connection = await t.dial();
      const batch = `${t.createQuestion().text}\n\n`.repeat(FLOOD_BATCH_MESSAGES);
      const end = performance.now() + FLOOD_MS;
      const flood = async () => {
        for (let sent = 0; sent < MAX_FLOOD_MESSAGES; sent += FLOOD_BATCH_MESSAGES) {
          if (performance.now() >= end || connection.ended) return;
          connection.send(batch);
          await connection.waitForDrain(end - performance.now());
          await afterIo();
        }
      };
      return expectOthersServedDuring(t, flood());
    },
  },
  {
    number: '6.11',
    title: 'a flood of add_peer',
    rule: 'Peers added without a pause are accepted or refused with rate_limited, and others are served meanwhile.',
    requires: ['add_peer', 'question'],
    severalConnections: true,
    exclusive: true,
    run: async (t) => {
      const { listenHost, otherAddress } = t.target;
      const ports = await findClosedPorts(listenHost, FLOOD_PEERS);
      const peers = ports.map((port) => formatAddress({ host: listenHost, port }));
      for (const peer of peers) t.removeAtEnd(peer);
      // From another address if there is one, so that a limit for this one does not outlast the case.
      const connection = await t.dial(otherAddress === undefined ? {} : { localAddress: otherAddress });
      const flood = async () => {
        for (const payload of peers) connection.send(formatMessage({ message_type: 'add_peer', payload }));
        const isDone = () => connection.replyCount >= peers.length || connection.ended;
        await connection.changed.waitUntil(isDone, t.timeoutMs);
      };
      const outcome = await expectOthersServedDuring(t, flood());
      if (outcome.verdict !== 'OK') return outcome;
      const refused = connection.replies.filter((reply) => reply.type === 'error');
      const other = refused.find(({ code }) => code !== 'rate_limited');
      return other === undefined ? ok() : nonStrict('peers, or error rate_limited', quoteReply(other));
    },
  },
];

/** Finds ports of the suite's own host where nobody listens, so that a dial there is refused. */
async function findClosedPorts(host: string, count: number): Promise<number[]> {
  const listen = () =>
    new Promise<Server>((resolve, reject) => {
      const server = createServer();
      server.once('error', reject);
      server.listen({ host, port: 0 }, () => resolve(server));
    });
  const servers = await Promise.all(Array.from({ length: count }, listen));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
