import { isDeepStrictEqual } from 'node:util';
import type { Section } from '../case.ts';
import { sleep } from '../changes.ts';
import type { Peer } from '../peer.ts';
import { frame } from '../profile.ts';
import { judgeRefusal } from '../refusal.ts';
import { show } from '../reply.ts';
import type { Trial } from '../trial.ts';
import { fail, nonStrict, type Outcome, ok, worst } from '../verdict.ts';
import { copies, freshId, hears, tell } from './news.ts';
import { slowPeer } from './slow-peer.ts';

/** Wants exactly so many copies at a peer, once there has been time for more. */
function exactly(peer: Peer, id: string, wanted: number): Outcome {
  const { length } = copies(peer, id);
  return length === wanted ? ok() : fail(`gossip ${id} ${times(wanted)} at ${peer.name}`, times(length));
}

function times(number: number): string {
  return number === 1 ? 'once' : number === 0 ? 'never' : `${number} times`;
}

export const gossip: Section = {
  number: 5,
  title: 'Gossip',
  cases: [
    {
      number: '5.1',
      title: 'each peer once',
      rule: 'Gossip with an id not seen before is forwarded to every peer, once.',
      about: 'gossip',
      run: async (trial) => {
        const peers = await Promise.all([trial.link(), trial.link(), trial.link()]);
        const id = freshId();
        await tell(trial, { id, data: 'spec' });
        await Promise.all(peers.map((peer) => hears(trial, peer, id)));
        await sleep(trial.quiet);
        return worst(peers.map((peer) => exactly(peer, id, 1)));
      },
    },
    {
      number: '5.2',
      title: 'not back',
      rule: 'Gossip is not forwarded to the peer it came from.',
      needs: ['gossip', 'hello'],
      run: async (trial) => {
        const [sender, other] = await Promise.all([trial.link(), trial.link()]);
        const id = freshId();
        const wire = await trial.dial();
        wire.send(sender.hello());
        await wire.reply(trial.wait);
        wire.send(frame({ message_type: 'gossip', payload: { id } }));
        await hears(trial, other, id);
        await sleep(trial.quiet);
        // The same from the sender's end of the link that the target made, where the target reads that.
        const second = freshId();
        sender.say(frame({ message_type: 'gossip', payload: { id: second } }));
        await sleep(trial.quiet);
        return worst([exactly(sender, id, 0), exactly(sender, second, 0)]);
      },
    },
    {
      number: '5.3',
      title: 'a duplicate is dropped',
      rule: 'Gossip with an id seen before is counted, and not forwarded.',
      needs: ['gossip'],
      run: async (trial) => {
        const peer = await trial.link();
        const id = freshId();
        const wire = await tell(trial, { id });
        await hears(trial, peer, id);
        wire.send(frame({ message_type: 'gossip', payload: { id } }));
        await tell(trial, { id });
        await tell(trial, { id, data: 'other' });
        await sleep(trial.quiet);
        return exactly(peer, id, 1);
      },
    },
    {
      number: '5.4',
      title: 'a ring ends',
      rule: 'News that has gone round a ring of nodes stops where it began.',
      needs: ['gossip'],
      run: async (trial) => {
        const peer = await trial.link();
        const id = freshId();
        await tell(trial, { id, data: 'round' });
        const first = await hears(trial, peer, id);
        // The suite is the rest of the ring: it hands the news on as the node before the target would, some hops later.
        const { hops } = first.payload as { hops?: number };
        for (let round = 1; round <= 3; round++) {
          await tell(trial, { ...(first.payload as object), hops: (hops ?? 1) + 2 * round });
          await sleep(trial.quiet / 2);
        }
        return exactly(peer, id, 1);
      },
    },
    {
      number: '5.5',
      title: 'hops + 1',
      rule: 'What is forwarded has one hop more and is otherwise the same; without hops it began here.',
      needs: ['gossip'],
      run: async (trial) => {
        const peer = await trial.link();
        const data = { text: 'é\n\n', list: [1, null] };
        return worst([await hop(trial, peer, { data }, 1), await hop(trial, peer, { data, hops: 3 }, 4)]);
      },
    },
    {
      number: '5.6',
      title: 'no id',
      rule: 'Gossip without an id is answered with invalid_payload, and not forwarded.',
      needs: ['gossip'],
      run: async (trial) => {
        const peer = await trial.link();
        const data = freshId();
        const payloads = [{ data }, { id: 7, data }, { id: '', data }, { id: null, data }, [data], data];
        const replies = await Promise.all(payloads.map((payload) => trial.ask({ message_type: 'gossip', payload })));
        const forwarded = peer.heard.find(({ message }) => message.bytes.includes(data));
        if (forwarded !== undefined) return fail('nothing forwarded', show(forwarded.message));
        return worst(replies.map((reply) => judgeRefusal(reply, ['invalid_payload'], show(reply))));
      },
    },
    slowPeer,
    {
      number: '5.8',
      title: 'no echo loop',
      rule: 'An echo that arrives on a link the node dialed is not answered: two nodes would echo for ever.',
      needs: ['echo', 'dial'],
      run: async (trial) => {
        const peer = await trial.link();
        const payload = freshId();
        peer.say(frame({ message_type: 'echo', payload }));
        const answer = await peer.hears(
          (message) => message.type === 'echo' && message.payload === payload,
          trial.quiet,
        );
        return answer === undefined ? ok() : fail('no answer', show(answer.message));
      },
    },
  ],
};

async function hop(trial: Trial, peer: Peer, news: object, hops: number): Promise<Outcome> {
  const id = freshId();
  await tell(trial, { id, ...news });
  const { payload } = await hears(trial, peer, id);
  const wanted = { id, ...news, hops };
  if (isDeepStrictEqual(payload, wanted)) return ok();
  const rest = { ...(payload as object), hops };
  const judge = isDeepStrictEqual(rest, wanted) || (payload as { hops?: unknown }).hops !== hops ? fail : nonStrict;
  return judge(JSON.stringify(wanted), JSON.stringify(payload));
}
