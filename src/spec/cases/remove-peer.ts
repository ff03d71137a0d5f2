import type { SpecCase } from '../harness/spec-case.ts';
import type { TestContext } from '../harness/test-context.ts';
import { type CaseOutcome, fail, nonStrict, ok, skipped } from '../harness/verdict.ts';
import { sleep } from '../transport/condition-variable.ts';
import { quoteReply } from '../transport/reply.ts';

/** Cases about `remove_peer`. */
export const removePeerCases: readonly SpecCase[] = [
  {
    number: '4.13',
    title: 'remove_peer closes the link',
    rule: 'A peer that has itself removed is listed no more, its link is closed, and it is not dialed again.',
    tests: 'remove_peer',
    requires: ['dial', 'list'],
    run: async (trial) => {
      const peer = await trial.createDialedPeer();
      const reply = await trial.request({ message_type: 'remove_peer', payload: peer.address });
      const link = peer.connections[0];
      if (!(await link?.waitForEnd(trial.timeoutMs)))
        return fail('the end of the link', `none within ${trial.timeoutMs / 1_000} s`);
      const dials = peer.connections.length;
      const listed = await trial.getPeers();
      if (listed.includes(peer.address)) return fail(`peers without ${peer.address}`, JSON.stringify(listed));
      // Longer than a first redial would take.
      await sleep(2 * trial.quietMs);
      if (peer.connections.length > dials)
        return fail('no dial after the removal', `${peer.connections.length - dials}`);
      return reply?.type === 'peers' ? ok() : nonStrict('peers in reply to remove_peer', quoteReply(reply));
    },
  },
  {
    number: '4.14',
    title: 'remove_peer by a third party',
    rule: 'A peer is removed for itself and for admin addresses only.',
    requires: ['remove_peer', 'dial', 'list'],
    run: removeByThirdParty,
  },
];

async function removeByThirdParty(trial: TestContext): Promise<CaseOutcome> {
  const { otherAddress } = trial.target;
  if (otherAddress === undefined) return skipped('the suite has no second address, to be a third party from');
  const peer = await trial.createDialedPeer();
  const message = { message_type: 'remove_peer', payload: peer.address };
  const reply = await trial.request(message, { localAddress: otherAddress });
  const ended = await peer.connections[0]?.waitForEnd(trial.quietMs);
  const listed = await trial.getPeers();
  if (ended || !listed.includes(peer.address)) {
    return fail(`${peer.address} to stay a peer, whatever ${otherAddress} says`, quoteReply(reply));
  }
  return reply?.type === 'error' ? ok() : nonStrict('an error', quoteReply(reply));
}
