import { judgeRefusal } from '../harness/expect-refusal.ts';
import type { SpecCase } from '../harness/spec-case.ts';
import type { TestContext } from '../harness/test-context.ts';
import { type CaseOutcome, fail, nonStrict, ok, worstOutcome } from '../harness/verdict.ts';
import { sleep } from '../transport/condition-variable.ts';
import type { FakePeer } from '../transport/fake-peer.ts';
import { quoteReply } from '../transport/reply.ts';

/** Milliseconds within which something happens at once, on a machine that may be busy. */
const MAX_REPLY_DELAY_MS = 1_000;

/** What is no address of a peer, in every form. */
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

/** Adds a peer in one of the forms, and wants it listed and dialed. */
function expectPeerAdded(form: (peer: FakePeer) => unknown, judge = fail) {
  return async (trial: TestContext): Promise<CaseOutcome> => {
    const peer = await trial.createPeer();
    const payload = form(peer);
    const reply = await trial.addPeer(payload, peer.address);
    if (!(await peer.waitForDials(trial.timeoutMs))) {
      const expected = `a dial to ${peer.address} after add_peer ${JSON.stringify(payload)}`;
      return judge(expected, `none within ${trial.timeoutMs / 1_000} s, and ${quoteReply(reply)}`);
    }
    if (!trial.profile.capabilities.has('list')) return ok();
    const listed = await trial.waitForPeers((peers) => peers.includes(peer.address));
    if (!listed.includes(peer.address)) return fail(`${peer.address} among the peers`, JSON.stringify(listed));
    return reply?.type === 'peers' ? ok() : nonStrict('peers in reply to add_peer', quoteReply(reply));
  };
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
    run: async (trial) =>
      worstOutcome([
        await expectPeerAdded(({ port }) => port, nonStrict)(trial),
        await expectPeerAdded(({ port }) => String(port), nonStrict)(trial),
      ]),
  },
  {
    number: '4.7',
    title: 'add_peer with {host, port}',
    rule: "An object names the host and the port, or the port alone, which means the sender's address.",
    requires: ['dial'],
    run: async (trial) =>
      worstOutcome([
        await expectPeerAdded(({ host, port }) => ({ host, port }), nonStrict)(trial),
        await expectPeerAdded(({ port }) => ({ port }), nonStrict)(trial),
      ]),
  },
  {
    number: '4.8',
    title: 'add_peer twice',
    rule: 'A second add_peer for the same peer changes nothing: one entry, one dial.',
    requires: ['dial'],
    run: async (trial) => {
      const peer = await trial.createDialedPeer();
      await trial.addPeer(peer.address);
      await trial.addPeer({ host: peer.host, port: peer.port }, peer.address);
      await sleep(trial.quietMs);
      if (peer.connections.length !== 1) return fail('one dial', `${peer.connections.length} dials`);
      if (!trial.profile.capabilities.has('list')) return ok();
      const entries = (await trial.getPeers()).filter((one) => one === peer.address).length;
      return entries === 1 ? ok() : fail('one entry in the list', `${entries} entries`);
    },
  },
  {
    number: '4.9',
    title: 'add_peer with its own address',
    rule: "A node's own address is not a peer.",
    requires: ['add_peer', 'list'],
    run: async (trial) => {
      const { host, port } = trial.target;
      const own = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
      await trial.addPeer(own);
      await sleep(trial.quietMs);
      const listed = await trial.getPeers();
      return listed.includes(own) ? fail(`peers without ${own}`, JSON.stringify(listed)) : ok();
    },
  },
  {
    number: '4.10',
    title: 'malformed addresses, ports 0 and 65536',
    rule: 'What is no address is answered with invalid_payload, and not listed.',
    requires: ['add_peer', 'list'],
    run: async (trial) => {
      const before = new Set(await trial.getPeers());
      const replies = await Promise.all(
        MALFORMED_ADDRESSES.map(async (payload) => ({ payload, reply: await trial.addPeer(payload) })),
      );
      const ours = new Set(MALFORMED_ADDRESSES.map(String));
      const listed = (await trial.getPeers()).filter((peer) => !before.has(peer) && isFromMalformedAddress(peer, ours));
      if (listed.length > 0) return fail('none of these among the peers', JSON.stringify(listed));
      return worstOutcome(
        replies.map(({ payload, reply }) => {
          // `peers` without the new one says the same, if less clearly.
          const outcome = judgeRefusal(
            reply,
            ['invalid_payload'],
            `${quoteReply(reply)} for ${JSON.stringify(payload)}`,
          );
          return reply?.type === 'peers' ? { ...outcome, verdict: 'NON-STRICT' } : outcome;
        }),
      );
    },
  },
  {
    number: '4.11',
    title: 'a dead peer: the reply comes at once',
    rule: 'The reply to add_peer does not await the dial, and a peer that is not there is remembered all the same.',
    requires: ['add_peer', 'question'],
    run: async (trial) => {
      const dead = await trial.createPeer();
      dead.stopListening();
      // Nobody may tell it either: this one takes the connection and is silent for ever.
      const mute = await trial.createPeer({ answersHello: false });
      for (const { address } of [dead, mute]) {
        const reply = await trial.addPeer(address);
        if (reply === undefined) return nonStrict('peers at once', 'no reply to add_peer');
        const { lastReplyMs: took } = trial;
        if (took > MAX_REPLY_DELAY_MS)
          return fail(`a reply within ${MAX_REPLY_DELAY_MS / 1_000} s`, `one after ${Math.round(took)} ms`);
      }
      if (!trial.profile.capabilities.has('list')) return ok();
      const listed = await trial.getPeers();
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
    run: addIPv6Peer,
  },
];

/** Whether a listed peer can have come from one of the malformed addresses, not from a case running meanwhile. */
function isFromMalformedAddress(peer: string, ours: ReadonlySet<string>): boolean {
  const port = Number(peer.slice(peer.lastIndexOf(':') + 1));
  return ours.has(peer) || !(port >= 1 && port <= 65_535) || /^(::1|127\.0\.0\.1|localhost|):?1$/.test(peer);
}

async function addIPv6Peer(trial: TestContext): Promise<CaseOutcome> {
  const { listenHost6 } = trial.target;
  if (listenHost6 === undefined)
    return { verdict: 'SKIPPED', reason: 'the suite has no IPv6 address that the target could dial' };
  const peer = await trial.createPeer({}, listenHost6);
  const reply = await trial.addPeer(peer.address);
  if (!(await peer.waitForDials(trial.timeoutMs)))
    return fail(`a dial to ${peer.address}`, `none, and ${quoteReply(reply)}`);
  if (!trial.profile.capabilities.has('list')) return ok();
  const listed = await trial.waitForPeers((peers) => peers.includes(peer.address));
  return listed.includes(peer.address) ? ok() : fail(`${peer.address} among the peers`, JSON.stringify(listed));
}
