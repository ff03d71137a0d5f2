import { setTimeout as sleep } from 'node:timers/promises';
import { judgeRefusal } from '../harness/expect-refusal.ts';
import type { SpecCase } from '../harness/spec-case.ts';
import type { TestContext } from '../harness/test-context.ts';
import { type CaseOutcome, fail, nonStrict, ok, skipped, worstOutcome } from '../harness/verdict.ts';
import type { FakePeer } from '../transport/fake-peer.ts';
import { formatAddress } from '../transport/raw-connection.ts';
import { quoteReply } from '../transport/reply.ts';

/** Longest time until a reply that does not wait for anything, on a machine that may be busy. */
const MAX_REPLY_DELAY_MS = 1_000;

/** Payloads that are not the address of a peer in any form. */
const MALFORMED_ADDRESSES: readonly unknown[] = [
  '127.0.0.1',
  '127.0.0.1:0',
  '127.0.0.1:65536',
  '127.0.0.1:port',
  '127.0.0.1:-1',
  ':1',
  '',
  '::1:1',
  0,
  65_536,
  1.5,
  null,
  ['127.0.0.1', 1],
  { host: '127.0.0.1' },
  { host: '', port: 1 },
];

/** Adds a peer by the payload that `form` makes of it, and expects that the target lists and dials it. */
function expectPeerAdded(form: (peer: FakePeer) => unknown, judge = fail) {
  return async (t: TestContext): Promise<CaseOutcome> => {
    const peer = await t.createPeer();
    const payload = form(peer);
    const reply = await t.addPeer(payload, peer.address);
    if (!(await peer.waitForDials(t.timeoutMs))) {
      const expected = `a dial to ${peer.address} after add_peer ${JSON.stringify(payload)}`;
      return judge(expected, `none within ${t.timeoutMs / 1_000} s, and ${quoteReply(reply)}`);
    }
    if (!t.profile.capabilities.has('list')) return ok();
    const listed = await expectListed(t, peer);
    if (listed.verdict !== 'OK') return listed;
    return reply?.type === 'peers' ? ok() : nonStrict('peers in reply to add_peer', quoteReply(reply));
  };
}

async function expectListed(t: TestContext, { address }: FakePeer): Promise<CaseOutcome> {
  if (!t.profile.capabilities.has('list')) return ok();
  const listed = await t.waitForPeer(address);
  return listed.includes(address) ? ok() : fail(`${address} among the peers`, JSON.stringify(listed));
}

/** Cases about `add_peer`. */
export const addPeerCases: readonly SpecCase[] = [
  {
    number: '4.5',
    title: 'add_peer with "host:port"',
    rule: 'A peer that is added is listed and dialed.',
    tests: 'add_peer',
    run: expectPeerAdded(({ address }) => address),
  },
  {
    number: '4.6',
    title: 'add_peer with a port',
    rule: "A port alone means the sender's address.",
    requires: ['dial'],
    run: async (t) =>
      worstOutcome([
        await expectPeerAdded(({ port }) => port, nonStrict)(t),
        await expectPeerAdded(({ port }) => String(port), nonStrict)(t),
      ]),
  },
  {
    number: '4.7',
    title: 'add_peer with {host, port}',
    rule: "An object names the host and the port, or the port alone, which means the sender's address.",
    requires: ['dial'],
    run: async (t) =>
      worstOutcome([
        await expectPeerAdded(({ host, port }) => ({ host, port }), nonStrict)(t),
        await expectPeerAdded(({ port }) => ({ port }), nonStrict)(t),
      ]),
  },
  {
    number: '4.8',
    title: 'add_peer twice',
    rule: 'A second add_peer for the same peer changes nothing: one entry, one dial.',
    requires: ['dial'],
    run: async (t) => {
      const peer = await t.createDialedPeer();
      await t.addPeer(peer.address);
      await t.addPeer({ host: peer.host, port: peer.port }, peer.address);
      await sleep(t.quietMs);
      if (peer.connections.length !== 1) return fail('one dial', `${peer.connections.length} dials`);
      if (!t.profile.capabilities.has('list')) return ok();
      const entries = (await t.getPeers()).filter((one) => one === peer.address).length;
      return entries === 1 ? ok() : fail('one entry in the list', `${entries} entries`);
    },
  },
  {
    number: '4.9',
    title: 'add_peer with its own address',
    rule: "A node's own address is not a peer.",
    requires: ['add_peer', 'list'],
    run: async (t) => {
      const own = formatAddress(t.target);
      await t.addPeer(own);
      await sleep(t.quietMs);
      const listed = await t.getPeers();
      return listed.includes(own) ? fail(`peers without ${own}`, JSON.stringify(listed)) : ok();
    },
  },
  {
    number: '4.10',
    title: 'malformed addresses, ports 0 and 65536',
    rule: 'An invalid address is answered with invalid_payload, and not listed.',
    requires: ['add_peer', 'list'],
    run: async (t) => {
      const before = new Set(await t.getPeers());
      const replies = await t.forEach(MALFORMED_ADDRESSES, async (payload) => ({
        payload,
        reply: await t.addPeer(payload),
      }));
      const listed = (await t.getPeers()).filter((peer) => !before.has(peer) && isFromMalformedAddress(peer));
      if (listed.length > 0) return fail('none of these among the peers', JSON.stringify(listed));
      return worstOutcome(
        replies.map(({ payload, reply }) => {
          const got = `${quoteReply(reply)} for ${JSON.stringify(payload)}`;
          const outcome = judgeRefusal(reply, ['invalid_payload'], got);
          // `peers` without the new one refuses as well, if less clearly.
          return reply?.type === 'peers' ? { ...outcome, verdict: 'NON-STRICT' } : outcome;
        }),
      );
    },
  },
  {
    number: '4.11',
    title: 'a dead peer: the reply comes at once',
    rule: 'The reply to add_peer does not wait for the dial, and a peer that cannot be dialed is kept all the same.',
    requires: ['add_peer', 'question'],
    run: async (t) => {
      const dead = await t.createPeer();
      dead.stopListening();
      // This one accepts the connection and never says anything.
      const silent = await t.createPeer({ answersHello: false });
      for (const { address } of [dead, silent]) {
        const reply = await t.addPeer(address);
        if (reply === undefined) return nonStrict('peers at once', 'no reply to add_peer');
        if (t.lastReplyMs > MAX_REPLY_DELAY_MS)
          return fail(`a reply within ${MAX_REPLY_DELAY_MS / 1_000} s`, `one after ${Math.round(t.lastReplyMs)} ms`);
      }
      if (!t.profile.capabilities.has('list')) return ok();
      const listed = await t.getPeers();
      return listed.includes(dead.address)
        ? ok()
        : nonStrict(`${dead.address} among the peers`, JSON.stringify(listed));
    },
  },
  {
    number: '4.12',
    title: 'add_peer by IPv6',
    rule: 'An IPv6 address is written "[address]:port", and dialed.',
    requires: ['dial'],
    run: async (t) => {
      const { listenHost6 } = t.target;
      if (listenHost6 === undefined) return skipped('the suite has no IPv6 address that the target could dial');
      const peer = await t.createPeer({}, listenHost6);
      const reply = await t.addPeer(peer.address);
      if (!(await peer.waitForDials(t.timeoutMs)))
        return fail(`a dial to ${peer.address}`, `none, and ${quoteReply(reply)}`);
      return expectListed(t, peer);
    },
  },
];

/** True if a listed peer can come from one of the malformed addresses, and not from a case that runs at the same time. */
function isFromMalformedAddress(peer: string): boolean {
  const port = Number(peer.slice(peer.lastIndexOf(':') + 1));
  return (
    MALFORMED_ADDRESSES.some((address) => String(address) === peer) ||
    !(port >= 1 && port <= 65_535) ||
    /^(::1|127\.0\.0\.1|localhost|):?1$/.test(peer)
  );
}
