import type { Case } from '../case.ts';
import { sleep } from '../changes.ts';
import type { Peer } from '../peer.ts';
import { judgeRefusal } from '../refusal.ts';
import { show } from '../reply.ts';
import type { Trial } from '../trial.ts';
import { fail, nonStrict, type Outcome, ok, worst } from '../verdict.ts';

/** Milliseconds within which something happens at once, on a machine that may be busy. */
const AT_ONCE = 1_000;

/** What is no address of a peer, in every form. */
const MALFORMED: readonly unknown[] = [
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
function added(form: (peer: Peer) => unknown, judge = fail) {
  return async (trial: Trial): Promise<Outcome> => {
    const peer = await trial.listen();
    const payload = form(peer);
    const reply = await trial.addPeer(payload, peer.address);
    if (!(await peer.dialed(trial.wait))) {
      const expected = `a dial to ${peer.address} after add_peer ${JSON.stringify(payload)}`;
      return judge(expected, `none within ${trial.wait / 1_000} s, and ${show(reply)}`);
    }
    if (!trial.profile.abilities.has('list')) return ok();
    const listed = await trial.peersUntil((peers) => peers.includes(peer.address));
    if (!listed.includes(peer.address)) return fail(`${peer.address} among the peers`, JSON.stringify(listed));
    return reply?.type === 'peers' ? ok() : nonStrict('peers in reply to add_peer', show(reply));
  };
}

/** Cases about `add_peer`. */
export const adding: readonly Case[] = [
  {
    number: '4.5',
    title: 'add_peer with "host:port"',
    rule: 'A peer that is added is listed and dialed.',
    about: 'add_peer',
    run: added(({ address }) => address),
  },
  {
    number: '4.6',
    title: 'add_peer with a port',
    rule: "A port alone means the sender's address.",
    needs: ['dial'],
    run: async (trial) =>
      worst([
        await added(({ port }) => port, nonStrict)(trial),
        await added(({ port }) => String(port), nonStrict)(trial),
      ]),
  },
  {
    number: '4.7',
    title: 'add_peer with {host, port}',
    rule: "An object names the host and the port, or the port alone, which means the sender's address.",
    needs: ['dial'],
    run: async (trial) =>
      worst([
        await added(({ host, port }) => ({ host, port }), nonStrict)(trial),
        await added(({ port }) => ({ port }), nonStrict)(trial),
      ]),
  },
  {
    number: '4.8',
    title: 'add_peer twice',
    rule: 'A second add_peer for the same peer changes nothing: one entry, one dial.',
    needs: ['dial'],
    run: async (trial) => {
      const peer = await trial.link();
      await trial.addPeer(peer.address);
      await trial.addPeer({ host: peer.host, port: peer.port }, peer.address);
      await sleep(trial.quiet);
      if (peer.links.length !== 1) return fail('one dial', `${peer.links.length} dials`);
      if (!trial.profile.abilities.has('list')) return ok();
      const entries = (await trial.peers()).filter((one) => one === peer.address).length;
      return entries === 1 ? ok() : fail('one entry in the list', `${entries} entries`);
    },
  },
  {
    number: '4.9',
    title: 'add_peer with its own address',
    rule: "A node's own address is not a peer.",
    needs: ['add_peer', 'list'],
    run: async (trial) => {
      const { host, port } = trial.target;
      const own = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
      await trial.addPeer(own);
      await sleep(trial.quiet);
      const listed = await trial.peers();
      return listed.includes(own) ? fail(`peers without ${own}`, JSON.stringify(listed)) : ok();
    },
  },
  {
    number: '4.10',
    title: 'malformed addresses, ports 0 and 65536',
    rule: 'What is no address is answered with invalid_payload, and not listed.',
    needs: ['add_peer', 'list'],
    run: async (trial) => {
      const before = new Set(await trial.peers());
      const replies = await Promise.all(
        MALFORMED.map(async (payload) => ({ payload, reply: await trial.addPeer(payload) })),
      );
      const ours = new Set(MALFORMED.map(String));
      const listed = (await trial.peers()).filter((peer) => !before.has(peer) && looksMade(peer, ours));
      if (listed.length > 0) return fail('none of these among the peers', JSON.stringify(listed));
      return worst(
        replies.map(({ payload, reply }) => {
          // `peers` without the new one says the same, if less clearly.
          const outcome = judgeRefusal(reply, ['invalid_payload'], `${show(reply)} for ${JSON.stringify(payload)}`);
          return reply?.type === 'peers' ? { ...outcome, verdict: 'NON-STRICT' } : outcome;
        }),
      );
    },
  },
  {
    number: '4.11',
    title: 'a dead peer: the reply comes at once',
    rule: 'The reply to add_peer does not await the dial, and a peer that is not there is remembered all the same.',
    needs: ['add_peer', 'question'],
    run: async (trial) => {
      const dead = await trial.listen();
      dead.hide();
      // Nobody may tell it either: this one takes the connection and is silent for ever.
      const mute = await trial.listen({ polite: false });
      for (const { address } of [dead, mute]) {
        const reply = await trial.addPeer(address);
        if (reply === undefined) return nonStrict('peers at once', 'no reply to add_peer');
        const { took } = trial;
        if (took > AT_ONCE) return fail(`a reply within ${AT_ONCE / 1_000} s`, `one after ${Math.round(took)} ms`);
      }
      if (!trial.profile.abilities.has('list')) return ok();
      const listed = await trial.peers();
      return listed.includes(dead.address)
        ? ok()
        : nonStrict(`${dead.address} among the peers`, JSON.stringify(listed));
    },
  },
  {
    number: '4.12',
    title: 'add_peer by IPv6',
    rule: 'An IPv6 address is written "[address]:port", and dialed.',
    needs: ['dial'],
    run: ipv6,
  },
];

/** Whether a listed peer can have come from one of the malformed addresses, not from a case running meanwhile. */
function looksMade(peer: string, ours: ReadonlySet<string>): boolean {
  const port = Number(peer.slice(peer.lastIndexOf(':') + 1));
  return ours.has(peer) || !(port >= 1 && port <= 65_535) || /^(::1|127\.0\.0\.1|localhost|):?1$/.test(peer);
}

async function ipv6(trial: Trial): Promise<Outcome> {
  const { listenHost6 } = trial.target;
  if (listenHost6 === undefined)
    return { verdict: 'SKIPPED', reason: 'the suite has no IPv6 address that the target could dial' };
  const peer = await trial.listen({}, listenHost6);
  const reply = await trial.addPeer(peer.address);
  if (!(await peer.dialed(trial.wait))) return fail(`a dial to ${peer.address}`, `none, and ${show(reply)}`);
  if (!trial.profile.abilities.has('list')) return ok();
  const listed = await trial.peersUntil((peers) => peers.includes(peer.address));
  return listed.includes(peer.address) ? ok() : fail(`${peer.address} among the peers`, JSON.stringify(listed));
}
