import { type AddressInfo, createServer, type Server } from 'node:net';
import type { Case } from '../case.ts';
import { sleep } from '../changes.ts';
import { frame } from '../profile.ts';
import { show } from '../reply.ts';
import type { Trial } from '../trial.ts';
import { fail, info, nonStrict, type Outcome, ok } from '../verdict.ts';
import type { Wire } from '../wire.ts';

const IDLE = 200;
/** Milliseconds within which others are answered, whatever somebody does. */
const SOON = 1_000;
const PIECE = 65_536;
/** Bytes sent to a node whose replies are not read: far more than the system's buffers take. */
const UNREAD = 32 * 1_048_576;
/** The flood: messages at a time, and at most. */
const BATCH = 100;
const FLOOD = 30_000;
const FLOOD_TIME = 2_000;
const PEERS = 200;

/** Asks as somebody else, again and again until `over`; what was wrong the first time that nobody answered in time. */
async function othersAreServed(trial: Trial, over: () => boolean): Promise<Outcome> {
  do {
    if ((await trial.served(SOON)) === undefined)
      return fail(`an answer to somebody else within ${SOON / 1_000} s`, 'none');
    await sleep(100);
  } while (!over());
  return ok();
}

/** Cases about what somebody does to a node that others depend on. */
export const crowds: readonly Case[] = [
  {
    number: '6.5',
    title: '200 idle connections, a new one is served',
    rule: 'Connections that say nothing lock nobody out.',
    needs: ['question'],
    alone: true,
    run: async (trial) => {
      for (let open = 0; open < IDLE; open += 50) {
        await Promise.allSettled(Array.from({ length: 50 }, () => trial.dial()));
      }
      return othersAreServed(trial, () => true);
    },
  },
  {
    number: '6.8',
    title: 'a peer that never reads',
    rule: 'What a node holds for somebody who does not read is bounded: it stops reading too, or closes.',
    needs: ['echo'],
    alone: true,
    run: async (trial) => {
      const wire = await trial.dial();
      wire.pause();
      const message = Buffer.from(frame({ message_type: 'echo', payload: 'x'.repeat(2 * PIECE) }));
      const { taken, stalled } = await wire.pour(message, { most: UNREAD, stall: 1_200, time: 6 * trial.wait });
      if (stalled || wire.ended) return othersAreServed(trial, () => true);
      if (taken < UNREAD / 2) return info(`too slow to tell: it read ${taken} bytes in ${(6 * trial.wait) / 1_000} s`);
      // One that gave its replies up instead of keeping them has bounded them, too.
      wire.resume();
      await sleep(trial.quiet);
      const kept = wire.count * message.length;
      return kept < taken / 2
        ? nonStrict('a node that stops reading, or closes', `${taken} bytes read, and ${kept} answered`)
        : fail('a node that stops reading, or closes', `${taken} bytes read, and ${kept} kept`);
    },
  },
  {
    number: '6.10',
    title: 'a flood: others are answered within a second',
    rule: 'Whoever sends without a pause is served at a pace that leaves room for others.',
    needs: ['question'],
    alone: true,
    run: async (trial) => {
      const wire = await trial.dial();
      const { text } = trial.question();
      const batch = `${text}\n\n`.repeat(BATCH);
      const end = performance.now() + FLOOD_TIME;
      let sent = 0;
      let flooding = true;
      const flood = async () => {
        while (performance.now() < end && sent < FLOOD && !wire.ended) {
          wire.send(batch);
          sent += BATCH;
          await wire.drained(end - performance.now());
          await new Promise((resolve) => setImmediate(resolve));
        }
        flooding = false;
      };
      const [outcome] = await Promise.all([othersAreServed(trial, () => !flooding), flood()]);
      return outcome;
    },
  },
  {
    number: '6.11',
    title: 'a flood of add_peer',
    rule: 'Peers added without a pause are taken or refused with rate_limited, and others are served meanwhile.',
    needs: ['add_peer', 'question'],
    alone: true,
    run: peerFlood,
  },
];

async function peerFlood(trial: Trial): Promise<Outcome> {
  const { listenHost, otherAddress } = trial.target;
  const host = listenHost.includes(':') ? `[${listenHost}]` : listenHost;
  const peers = (await closedPorts(listenHost, PEERS)).map((port) => `${host}:${port}`);
  for (const peer of peers) trial.undo(peer);
  // From another address where there is one, so that a limit on this one does not outlast the case.
  const wire = await trial.dial(otherAddress === undefined ? {} : { localAddress: otherAddress });
  let over = false;
  const [outcome] = await Promise.all([
    othersAreServed(trial, () => over),
    flood(wire, peers, trial).finally(() => {
      over = true;
    }),
  ]);
  if (outcome.verdict !== 'OK') return outcome;
  const refused = wire.replies.filter((reply) => reply.type === 'error');
  const other = refused.find(({ code }) => code !== 'rate_limited');
  return other === undefined ? ok() : nonStrict('peers, or error rate_limited', show(other));
}

async function flood(wire: Wire, peers: readonly string[], trial: Trial): Promise<void> {
  for (const payload of peers) wire.send(frame({ message_type: 'add_peer', payload }));
  await wire.changes.until(() => wire.count >= peers.length || wire.ended, trial.wait);
}

/** Ports of the suite's own host where nobody listens: a dial there is refused. */
async function closedPorts(host: string, count: number): Promise<number[]> {
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
