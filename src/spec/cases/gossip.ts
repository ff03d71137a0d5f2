import { isDeepStrictEqual } from 'node:util';
import { judgeRefusal } from '../harness/expect-refusal.ts';
import type { SpecSection } from '../harness/spec-case.ts';
import { formatMessage } from '../harness/target-profile.ts';
import type { TestContext } from '../harness/test-context.ts';
import { type CaseOutcome, fail, nonStrict, ok, worstOutcome } from '../harness/verdict.ts';
import { sleep } from '../transport/condition-variable.ts';
import type { FakePeer } from '../transport/fake-peer.ts';
import { quoteReply } from '../transport/reply.ts';
import { copiesOf, createGossipId, expectGossip, sendGossip } from './gossip-helpers.ts';
import { slowPeerCase } from './slow-peer.ts';

/** Wants exactly so many copies at a peer, once there has been time for more. */
function expectCopies(peer: FakePeer, id: string, wanted: number): CaseOutcome {
  const { length } = copiesOf(peer, id);
  return length === wanted ? ok() : fail(`gossip ${id} ${formatTimes(wanted)} at ${peer.name}`, formatTimes(length));
}

function formatTimes(number: number): string {
  return number === 1 ? 'once' : number === 0 ? 'never' : `${number} times`;
}

export const gossip: SpecSection = {
  number: 5,
  title: 'Gossip',
  cases: [
    {
      number: '5.1',
      title: 'each peer once',
      rule: 'Gossip with an id not seen before is forwarded to every peer, once.',
      tests: 'gossip',
      run: async (trial) => {
        const peers = await Promise.all([trial.createDialedPeer(), trial.createDialedPeer(), trial.createDialedPeer()]);
        const id = createGossipId();
        await sendGossip(trial, { id, data: 'spec' });
        await Promise.all(peers.map((peer) => expectGossip(trial, peer, id)));
        await sleep(trial.quietMs);
        return worstOutcome(peers.map((peer) => expectCopies(peer, id, 1)));
      },
    },
    {
      number: '5.2',
      title: 'not back',
      rule: 'Gossip is not forwarded to the peer it came from.',
      requires: ['gossip', 'hello'],
      run: async (trial) => {
        const [sender, other] = await Promise.all([trial.createDialedPeer(), trial.createDialedPeer()]);
        const id = createGossipId();
        const wire = await trial.dial();
        wire.send(sender.helloText());
        await wire.reply(trial.timeoutMs);
        wire.send(formatMessage({ message_type: 'gossip', payload: { id } }));
        await expectGossip(trial, other, id);
        await sleep(trial.quietMs);
        // The same from the sender's end of the link that the target made, where the target reads that.
        const second = createGossipId();
        sender.sendToAll(formatMessage({ message_type: 'gossip', payload: { id: second } }));
        await sleep(trial.quietMs);
        return worstOutcome([expectCopies(sender, id, 0), expectCopies(sender, second, 0)]);
      },
    },
    {
      number: '5.3',
      title: 'a duplicate is dropped',
      rule: 'Gossip with an id seen before is counted, and not forwarded.',
      requires: ['gossip'],
      run: async (trial) => {
        const peer = await trial.createDialedPeer();
        const id = createGossipId();
        const wire = await sendGossip(trial, { id });
        await expectGossip(trial, peer, id);
        wire.send(formatMessage({ message_type: 'gossip', payload: { id } }));
        await sendGossip(trial, { id });
        await sendGossip(trial, { id, data: 'other' });
        await sleep(trial.quietMs);
        return expectCopies(peer, id, 1);
      },
    },
    {
      number: '5.4',
      title: 'a ring ends',
      rule: 'News that has gone round a ring of nodes stops where it began.',
      requires: ['gossip'],
      run: async (trial) => {
        const peer = await trial.createDialedPeer();
        const id = createGossipId();
        await sendGossip(trial, { id, data: 'round' });
        const first = await expectGossip(trial, peer, id);
        // The suite is the rest of the ring: it hands the news on as the node before the target would, some hops later.
        const { hops } = first.payload as { hops?: number };
        for (let round = 1; round <= 3; round++) {
          await sendGossip(trial, { ...(first.payload as object), hops: (hops ?? 1) + 2 * round });
          await sleep(trial.quietMs / 2);
        }
        return expectCopies(peer, id, 1);
      },
    },
    {
      number: '5.5',
      title: 'hops + 1',
      rule: 'What is forwarded has one hop more and is otherwise the same; without hops it began here.',
      requires: ['gossip'],
      run: async (trial) => {
        const peer = await trial.createDialedPeer();
        const data = { text: 'é\n\n', list: [1, null] };
        return worstOutcome([
          await expectHops(trial, peer, { data }, 1),
          await expectHops(trial, peer, { data, hops: 3 }, 4),
        ]);
      },
    },
    {
      number: '5.6',
      title: 'no id',
      rule: 'Gossip without an id is answered with invalid_payload, and not forwarded.',
      requires: ['gossip'],
      run: async (trial) => {
        const peer = await trial.createDialedPeer();
        const data = createGossipId();
        const payloads = [{ data }, { id: 7, data }, { id: '', data }, { id: null, data }, [data], data];
        const replies = await Promise.all(
          payloads.map((payload) => trial.request({ message_type: 'gossip', payload })),
        );
        const forwarded = peer.received.find(({ message }) => message.bytes.includes(data));
        if (forwarded !== undefined) return fail('nothing forwarded', quoteReply(forwarded.message));
        return worstOutcome(replies.map((reply) => judgeRefusal(reply, ['invalid_payload'], quoteReply(reply))));
      },
    },
    slowPeerCase,
    {
      number: '5.8',
      title: 'no echo loop',
      rule: 'An echo that arrives on a link the node dialed is not answered: two nodes would echo for ever.',
      requires: ['echo', 'dial'],
      run: async (trial) => {
        const peer = await trial.createDialedPeer();
        const payload = createGossipId();
        peer.sendToAll(formatMessage({ message_type: 'echo', payload }));
        const answer = await peer.waitForMessage(
          (message) => message.type === 'echo' && message.payload === payload,
          trial.quietMs,
        );
        return answer === undefined ? ok() : fail('no answer', quoteReply(answer.message));
      },
    },
  ],
};

async function expectHops(trial: TestContext, peer: FakePeer, news: object, hops: number): Promise<CaseOutcome> {
  const id = createGossipId();
  await sendGossip(trial, { id, ...news });
  const { payload } = await expectGossip(trial, peer, id);
  const wanted = { id, ...news, hops };
  if (isDeepStrictEqual(payload, wanted)) return ok();
  const rest = { ...(payload as object), hops };
  const judge = isDeepStrictEqual(rest, wanted) || (payload as { hops?: unknown }).hops !== hops ? fail : nonStrict;
  return judge(JSON.stringify(wanted), JSON.stringify(payload));
}
