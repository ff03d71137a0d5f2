import { setTimeout as sleep } from 'node:timers/promises';
import type { SpecCase } from '../harness/spec-case.ts';
import { fail, nonStrict, ok, skipped } from '../harness/verdict.ts';
import { quoteReply } from '../transport/reply.ts';

/** Cases about `remove_peer`. */
export const removePeerCases: readonly SpecCase[] = [
  {
    number: '4.13',
    title: 'remove_peer closes the link',
    rule: 'A peer that has itself removed is no longer listed, its link is closed, and it is not dialed again.',
    tests: 'remove_peer',
    requires: ['dial', 'list'],
    run: async (t) => {
      const peer = await t.createDialedPeer();
      const reply = await t.request({ message_type: 'remove_peer', payload: peer.address });
      if (!(await peer.connections[0]?.waitForEnd(t.timeoutMs)))
        return fail('the end of the link', `none within ${t.timeoutMs / 1_000} s`);
      const dials = peer.connections.length;
      const listed = await t.getPeers();
      if (listed.includes(peer.address)) return fail(`peers without ${peer.address}`, JSON.stringify(listed));
      // Longer than the first wait before a redial.
      await sleep(2 * t.quietMs);
      if (peer.connections.length > dials)
        return fail('no dial after the removal', `${peer.connections.length - dials}`);
      return reply?.type === 'peers' ? ok() : nonStrict('peers in reply to remove_peer', quoteReply(reply));
    },
  },
  {
    number: '4.14',
    title: 'remove_peer by a third party',
    rule: 'Only the peer itself and admin addresses may remove a peer.',
    requires: ['remove_peer', 'dial', 'list'],
    run: async (t) => {
      const { otherAddress } = t.target;
      if (otherAddress === undefined) return skipped('the suite has no second address, to be a third party from');
      const peer = await t.createDialedPeer();
      const message = { message_type: 'remove_peer', payload: peer.address };
      const reply = await t.request(message, { localAddress: otherAddress });
      const ended = await peer.connections[0]?.waitForEnd(t.quietMs);
      const listed = await t.getPeers();
      if (ended || !listed.includes(peer.address))
        return fail(`${peer.address} to stay a peer, whatever ${otherAddress} says`, quoteReply(reply));
      return reply?.type === 'error' ? ok() : nonStrict('an error', quoteReply(reply));
    },
  },
];
