import type { Case } from '../case.ts';
import { sleep } from '../changes.ts';
import { show } from '../reply.ts';
import type { Trial } from '../trial.ts';
import { fail, nonStrict, type Outcome, ok, skipped } from '../verdict.ts';

/** Cases about `remove_peer`. */
export const removing: readonly Case[] = [
  {
    number: '4.13',
    title: 'remove_peer closes the link',
    rule: 'A peer that has itself removed is listed no more, its link is closed, and it is not dialed again.',
    about: 'remove_peer',
    needs: ['dial', 'list'],
    run: async (trial) => {
      const peer = await trial.link();
      const reply = await trial.ask({ message_type: 'remove_peer', payload: peer.address });
      const link = peer.links[0];
      if (!(await link?.end(trial.wait))) return fail('the end of the link', `none within ${trial.wait / 1_000} s`);
      const dials = peer.links.length;
      const listed = await trial.peers();
      if (listed.includes(peer.address)) return fail(`peers without ${peer.address}`, JSON.stringify(listed));
      // Longer than a first redial would take.
      await sleep(2 * trial.quiet);
      if (peer.links.length > dials) return fail('no dial after the removal', `${peer.links.length - dials}`);
      return reply?.type === 'peers' ? ok() : nonStrict('peers in reply to remove_peer', show(reply));
    },
  },
  {
    number: '4.14',
    title: 'remove_peer by a third party',
    rule: 'A peer is removed for itself and for admin addresses only.',
    needs: ['remove_peer', 'dial', 'list'],
    run: thirdParty,
  },
];

async function thirdParty(trial: Trial): Promise<Outcome> {
  const { otherAddress } = trial.target;
  if (otherAddress === undefined) return skipped('the suite has no second address, to be a third party from');
  const peer = await trial.link();
  const message = { message_type: 'remove_peer', payload: peer.address };
  const reply = await trial.ask(message, { localAddress: otherAddress });
  const ended = await peer.links[0]?.end(trial.quiet);
  const listed = await trial.peers();
  if (ended || !listed.includes(peer.address)) {
    return fail(`${peer.address} to stay a peer, whatever ${otherAddress} says`, show(reply));
  }
  return reply?.type === 'error' ? ok() : nonStrict('an error', show(reply));
}
