import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { judgeRefusal } from '../harness/expect-refusal.ts';
import type { SpecSection } from '../harness/spec-case.ts';
import { formatMessage } from '../harness/target-profile.ts';
import type { TestContext } from '../harness/test-context.ts';
import { type CaseOutcome, fail, nonStrict, ok, worstOutcome } from '../harness/verdict.ts';
import type { FakePeer } from '../transport/fake-peer.ts';
import type { RawConnection } from '../transport/raw-connection.ts';
import { hasGossipId, quoteReply } from '../transport/reply.ts';
import { copiesOf, createGossipId, expectGossip, expectGossipAtAll, sendGossip } from './gossip-helpers.ts';

/** Gossip that fills every buffer on the way to a peer that does not read: 16 MiB. */
const SLOW_PEER_MESSAGES = 128;
const SLOW_PEER_MESSAGE_BYTES = 131_072;
/** Messages that are sent before the quick peer must have them: it is the slow peer that may hold them up, not the suite. */
const SLOW_PEER_WINDOW = 4;
/** Time in which the slow peer still reads, so that it can answer the hello. */
const SLOW_PEER_READ_MS = 100;

export const gossip: SpecSection = {
  number: 5,
  title: 'Gossip',
  cases: [
    {
      number: '5.1',
      title: 'each peer once',
      rule: 'Gossip with an id not seen before is forwarded to every peer, once.',
      tests: 'gossip',
      run: async (t) => {
        const peers = await t.createDialedPeers([{}, {}, {}]);
        const id = createGossipId();
        await expectGossipAtAll(t, peers, id, await sendGossip(t, { id, data: 'spec' }));
        await sleep(t.quietMs);
        return worstOutcome(peers.map((peer) => judgeCopies(peer, id, 1)));
      },
    },
    {
      number: '5.2',
      title: 'not back to the sender',
      rule: 'Gossip is not forwarded to the peer it came from.',
      requires: ['gossip', 'hello'],
      run: async (t) => {
        const [sender, other] = (await t.createDialedPeers([{}, {}])) as [FakePeer, FakePeer];
        const id = createGossipId();
        const connection = await t.dial();
        connection.send(sender.helloText());
        if (!t.profile.needsHalfClose) await connection.reply(t.timeoutMs);
        t.send(connection, formatMessage({ message_type: 'gossip', payload: { id } }));
        await expectGossip(t, other, id, connection);
        await sleep(t.quietMs);
        // The same from the sender's end of the link that the target made, if the target reads that.
        const second = createGossipId();
        sender.sendToAll(formatMessage({ message_type: 'gossip', payload: { id: second } }));
        await sleep(t.quietMs);
        return worstOutcome([judgeCopies(sender, id, 0), judgeCopies(sender, second, 0)]);
      },
    },
    {
      number: '5.3',
      title: 'a duplicate is dropped',
      rule: 'Gossip with an id seen before is counted, and not forwarded.',
      requires: ['gossip'],
      run: async (t) => {
        const peer = await t.createDialedPeer();
        const id = createGossipId();
        const connection = await sendGossip(t, { id });
        await expectGossip(t, peer, id, connection);
        connection.send(formatMessage({ message_type: 'gossip', payload: { id } }));
        await sendGossip(t, { id });
        await sendGossip(t, { id, data: 'other' });
        await sleep(t.quietMs);
        return judgeCopies(peer, id, 1);
      },
    },
    {
      number: '5.4',
      title: 'a ring ends',
      rule: 'Gossip that has gone round a ring of nodes stops where it began.',
      requires: ['gossip'],
      run: async (t) => {
        const peer = await t.createDialedPeer();
        const id = createGossipId();
        const first = await expectGossip(t, peer, id, await sendGossip(t, { id, data: 'round' }));
        // The suite is the rest of the ring: it forwards as the node before the target would, some hops later.
        const { hops = 1 } = first.payload as { hops?: number };
        for (let round = 1; round <= 3; round++) {
          await sendGossip(t, { ...(first.payload as object), hops: hops + 2 * round });
          await sleep(t.quietMs / 2);
        }
        return judgeCopies(peer, id, 1);
      },
    },
    {
      number: '5.5',
      title: 'hops + 1',
      rule: 'Forwarded gossip has one hop more and is otherwise the same; without hops it counts as starting here.',
      requires: ['gossip'],
      run: async (t) => {
        const peer = await t.createDialedPeer();
        const data = { text: 'é\n\n', list: [1, null] };
        return worstOutcome([await expectHops(t, peer, { data }, 1), await expectHops(t, peer, { data, hops: 3 }, 4)]);
      },
    },
    {
      number: '5.6',
      title: 'no id',
      rule: 'Gossip without an id is answered with invalid_payload, and not forwarded.',
      requires: ['gossip'],
      run: async (t) => {
        const peer = await t.createDialedPeer();
        const data = createGossipId();
        const payloads = [{ data }, { id: 7, data }, { id: '', data }, { id: null, data }, [data], data];
        const replies = await t.forEach(payloads, (payload) => t.request({ message_type: 'gossip', payload }));
        const forwarded = peer.received.find(({ message }) => message.bytes.includes(data));
        if (forwarded !== undefined) return fail('nothing forwarded', quoteReply(forwarded.message));
        return worstOutcome(replies.map((reply) => judgeRefusal(reply, ['invalid_payload'], quoteReply(reply))));
      },
    },
    {
      number: '5.7',
      title: 'a slow peer delays no other',
      rule: 'A peer that does not read loses messages, and the others get theirs.',
      requires: ['gossip'],
      exclusive: true,
      run: expectOthersNotDelayed,
    },
    {
      number: '5.8',
      title: 'no echo loop',
      rule: 'An echo that arrives on a link the node dialed is not answered: two nodes would echo for ever.',
      requires: ['echo', 'dial'],
      run: async (t) => {
        const peer = await t.createDialedPeer();
        const payload = createGossipId();
        peer.sendToAll(formatMessage({ message_type: 'echo', payload }));
        const isAnswer = (message: { type: unknown; payload: unknown }) =>
          message.type === 'echo' && message.payload === payload;
        const answer = await peer.waitForMessage(isAnswer, t.quietMs);
        return answer === undefined ? ok() : fail('no answer', quoteReply(answer.message));
      },
    },
  ],
};

function judgeCopies(peer: FakePeer, id: string, expected: number): CaseOutcome {
  const { length } = copiesOf(peer, id);
  return length === expected
    ? ok()
    : fail(`gossip ${id} ${formatTimes(expected)} at ${peer.name}`, formatTimes(length));
}

function formatTimes(number: number): string {
  return number === 1 ? 'once' : number === 0 ? 'never' : `${number} times`;
}

async function expectHops(t: TestContext, peer: FakePeer, content: object, hops: number): Promise<CaseOutcome> {
  const id = createGossipId();
  const { payload } = await expectGossip(t, peer, id, await sendGossip(t, { id, ...content }));
  const expected = { id, ...content, hops };
  if (isDeepStrictEqual(payload, expected)) return ok();
  const isSameButHops = isDeepStrictEqual({ ...(payload as object), hops }, expected);
  const judge = isSameButHops || (payload as { hops?: unknown }).hops !== hops ? fail : nonStrict;
  return judge(JSON.stringify(expected), JSON.stringify(payload));
}

async function expectOthersNotDelayed(t: TestContext): Promise<CaseOutcome> {
  const onDial = (link: RawConnection) => void sleep(SLOW_PEER_READ_MS).then(() => link.pause());
  const [, quick] = (await t.createDialedPeers([{ onDial }, {}])) as [FakePeer, FakePeer];
  await sleep(SLOW_PEER_READ_MS);
  const data = 'x'.repeat(SLOW_PEER_MESSAGE_BYTES);
  const connection = await t.dial();
  for (let number = 1; number <= SLOW_PEER_MESSAGES; number++) {
    const id = createGossipId();
    connection.send(formatMessage({ message_type: 'gossip', payload: { id, data } }));
    if (number % SLOW_PEER_WINDOW > 0) continue;
    const received = await quick.waitForMessage((message) => hasGossipId(message, id), t.timeoutMs);
    if (received === undefined)
      return fail(`gossip number ${number} at the peer that reads`, `none within ${t.timeoutMs / 1_000} s`);
  }
  return ok();
}
