import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { MessageFault } from '../../../../src/agents/netem/state/link-state.ts';
import { until } from '../../../support/until.ts';
import { measureShareOfRate } from '../measured-rate.ts';
import { between, Testbed, type TestbedHost } from '../testbed.ts';

let testbed: Testbed;
let a: TestbedHost;
let b: TestbedHost;

async function setUp(filtered: boolean): Promise<void> {
  testbed = await Testbed.make(2, { filtered });
  [a, b] = testbed.hosts as [TestbedHost, TestbedHost];
  for (const end of [a, b]) await end.send({ op: 'listen', port: 3000 });
  await testbed.serve();
}

const write = (end: TestbedHost, connection: string, text: string) =>
  end.send<{ at: number }>({ op: 'write', connection, text });

/** Dials from `a`; returns the connection's name at `b`. */
async function linked(connection = 'c'): Promise<string> {
  const { failed, localPort } = await a.dial(connection, b);
  expect(failed).toBeUndefined();
  const name = `${a.node.address}:${localPort}`;
  await until(() => b.eventsOf('accepted').some((one) => one.connection === name), 'the connection to arrive');
  return name;
}

describe.each([
  ['seen by iptables too', true],
  ['not seen by iptables', false],
])('an intercepted connection, bridged packets %s', (_, filtered) => {
  beforeEach(() => setUp(filtered));
  afterEach(() => testbed.close());

  it('is delayed in each direction as declared, while both ends see the real addresses', async () => {
    await testbed.apply({ shaping: 'relay', conditions: [between(a, b, { delay: 50 }), between(b, a, { delay: 20 })] });
    const { remote, localPort } = await a.dial('c', b);
    expect(remote).toBe('10.64.0.3:3000');
    const seen = await until(() => b.eventsOf('accepted')[0], 'the connection to arrive');
    expect(seen).toMatchObject({ address: a.node.address, port: localPort });
    const there: number[] = [];
    const back: number[] = [];
    for (let round = 0; round < 21; round++) {
      const { at: left } = await write(a, 'c', 'x');
      const { at: arrived } = await until(() => b.eventsOf('data')[round], 'the way there');
      there.push(arrived - left);
      const { at: returned } = await write(b, seen.connection, 'y');
      const { at: ended } = await until(() => a.eventsOf('data')[round], 'the way back');
      back.push(ended - returned);
    }
    // The shortest: the others also waited on a busy machine.
    expect(Math.abs(Math.min(...there) - 50)).toBeLessThan(2.5);
    expect(Math.abs(Math.min(...back) - 20)).toBeLessThan(1);
  });

  it('is opened when the server has answered, after the delays of both directions', async () => {
    await testbed.apply({ shaping: 'relay', conditions: [between(a, b, { delay: 80 }), between(b, a, { delay: 40 })] });
    const times: number[] = [];
    for (let round = 0; round < 5; round++) {
      const began = performance.now();
      await a.dial(`c${round}`, b);
      times.push(performance.now() - began);
    }
    // The shortest: the others also waited on a busy machine.
    expect(Math.min(...times)).toBeGreaterThanOrEqual(120);
    expect(Math.min(...times)).toBeLessThan(140);
    // What the server says first has the whole way to go: the client's answer to it, and then its own.
    const [first] = await until(() => b.eventsOf('accepted').length === 5 && b.eventsOf('accepted'), 'all');
    await write(b, first?.connection as string, 'welcome');
    await until(() => a.text('c0') === 'welcome', 'the welcome');
  });

  it('is refused where the server refuses it, as late as its answer would come', async () => {
    await testbed.apply({ shaping: 'relay', conditions: [between(a, b, { delay: 80 }), between(b, a, { delay: 40 })] });
    const times: number[] = [];
    for (let round = 0; round < 5; round++) {
      const began = performance.now();
      const dialed = await a.send({
        op: 'dial',
        connection: `r${round}`,
        host: b.node.address,
        port: 3999,
        wait: 3_000,
      });
      times.push(performance.now() - began);
      expect(dialed).toEqual({ failed: 'ECONNREFUSED' });
    }
    expect(Math.min(...times)).toBeGreaterThanOrEqual(120);
    expect(Math.min(...times)).toBeLessThan(140);
    expect((await testbed.runCommand('show')).relayed).toEqual([]);
  });

  it('times out where the server does not answer, and opens once it does', async () => {
    await testbed.apply({ shaping: 'relay', conditions: [between(a, b, { delay: 5 })] });
    const drop = (rule: string) => testbed.sh(`nsenter -t ${b.child.pid} -n nft ${rule}`);
    await drop(
      "'add table ip mute; add chain ip mute in { type filter hook input priority 0; }; add rule ip mute in tcp dport 3000 drop'",
    );
    expect(await a.dial('x', b, 500)).toEqual({ failed: 'timeout' });
    expect(b.eventsOf('accepted')).toEqual([]);
    const patient = a.dial('y', b, 10_000);
    await drop('delete table ip mute');
    expect(await patient).not.toHaveProperty('failed');
  });

  it('on another port of the server is delayed too', async () => {
    await b.send({ op: 'listen', port: 4100, echo: true });
    await testbed.apply({ shaping: 'relay', conditions: [between(a, b, { delay: 60 })] });
    for (const connection of ['one', 'two']) {
      const began = performance.now();
      const dialed = await a.send({ op: 'dial', connection, host: b.node.address, port: 4100, wait: 3_000 });
      expect(dialed).toMatchObject({ remote: '10.64.0.3:4100' });
      expect(performance.now() - began).toBeGreaterThanOrEqual(60);
      const { at } = await write(a, connection, 'x');
      const back = await until(() => a.eventsOf('data', connection)[0], 'the echo');
      expect(back.at - at).toBeGreaterThanOrEqual(59);
    }
    // The rules keep the new port when they are replaced.
    await testbed.apply({ shaping: 'relay', conditions: [between(a, b, { delay: 1 })] });
    await write(a, 'one', 'y');
    await until(() => a.text('one') === 'xy', 'the echo through new rules');
  });

  it('replaces one that was open before, which is reset whoever sends first', async () => {
    await a.dial('old1', b);
    await a.dial('old2', b);
    const [, old2] = await until(() => (b.eventsOf('accepted').length === 2 ? b.eventsOf('accepted') : false), 'both');
    await testbed.apply({ shaping: 'relay', conditions: [between(a, b, { delay: 5 })] });
    await write(a, 'old1', 'x');
    await until(() => a.eventsOf('close', 'old1').some(({ error }) => error === 'ECONNRESET'), 'a reset for a');
    await write(b, old2?.connection as string, 'x');
    await until(
      () => b.eventsOf('close', old2?.connection).some(({ error }) => error === 'ECONNRESET'),
      'a reset for b',
    );
    const name = await linked();
    await write(a, 'c', 'new');
    await until(() => b.text(name) === 'new', 'the new one to carry');
  });

  it('stays open when its conditions are removed', async () => {
    await testbed.apply({ shaping: 'relay', conditions: [between(a, b, { delay: 200 })] });
    const name = await linked();
    await write(a, 'c', 'slow ');
    await testbed.apply({});
    const { at } = await write(a, 'c', 'fast');
    await until(() => b.text(name) === 'slow fast', 'all in order');
    const last = await write(a, 'c', '!');
    const arrived = await until(() => b.eventsOf('data', name).find(({ text }) => text === '!'), 'the rest');
    expect(arrived.at - last.at).toBeLessThan(200);
    expect(at).toBeLessThan(last.at);
    expect(a.eventsOf('close')).toEqual([]);
  });

  it('is reset when the agent stops, and leaves nothing behind', async () => {
    await testbed.apply({ shaping: 'relay', conditions: [between(a, b, { delay: 5 })] });
    await linked();
    expect(await testbed.sh('nft list tables')).toBe('table bridge devnet-lab\ntable ip devnet-lab\n');
    expect((await testbed.runCommand('clear')).ok).toBe(true);
    expect(await testbed.sh('nft list tables')).toBe('');
    await until(() => a.eventsOf('close', 'c').some(({ error }) => error === 'ECONNRESET'), 'the reset');
    await linked('d');
  });
});

describe('an intercepted connection', () => {
  beforeEach(() => setUp(true));
  afterEach(() => testbed.close());

  it('varies delays without reordering', async () => {
    await testbed.apply({ shaping: 'relay', conditions: [between(a, b, { delay: 20, jitter: 20 })] });
    const name = await linked();
    const lines = Array.from({ length: 200 }, (_, index) => `${index}\n`);
    for (const line of lines) await write(a, 'c', line);
    await until(() => b.text(name).length >= lines.join('').length, 'all');
    expect(b.text(name)).toBe(lines.join(''));
  });

  it('is limited to a rate', async () => {
    const rate = 10e6;
    await testbed.apply({ shaping: 'relay', conditions: [between(a, b, { rate, delay: 10 })] });
    expect(await measureShareOfRate(a, b, rate, linked)).toBeCloseTo(1, 1);
  });

  it('holds no more than a queue of the rate does', async () => {
    const rate = 1e6;
    await testbed.apply({ shaping: 'relay', conditions: [between(a, b, { rate, delay: 10 })] });
    const name = await linked();
    // Without a congestion window that grows far beyond the link, as some kernels have it, what is sent would wait in a's socket.
    void a.send({ op: 'blast', connection: 'c', bytes: 8_000_000 });
    const arrived = () => b.eventsOf('data', name).reduce((sum, one) => sum + one.bytes, 0);
    await until(() => arrived() > 200_000, 'some of it', { timeoutMs: 30_000 });
    const held = async () => {
      const sockets = await testbed.sh('ss -Htn state established');
      return sockets
        .trim()
        .split('\n')
        .reduce((sum, line) => sum + Number(line.trim().split(/\s+/)[0]), 0);
    };
    // In the socket that the proxy reads; what the proxy itself has is 65,536 bytes and what is on its way.
    expect(await held()).toBeLessThan(150_000);
    await a.send({ op: 'reset', connection: 'c' });
  });

  it('shares the rate of its link with the other connections on it', async () => {
    const rate = 8e6;
    const bytes = 400_000;
    await testbed.apply({ shaping: 'relay', conditions: [between(a, b, { rate })] });
    await linked('c');
    await linked('d');
    for (const connection of ['c', 'd']) void a.send({ op: 'blast', connection, bytes });
    const total = () => b.eventsOf('data').reduce((sum, one) => sum + one.bytes, 0);
    await until(() => total() >= 2 * bytes, 'all bytes', { timeoutMs: 20_000 });
    const first = b.eventsOf('data')[0] as { at: number; bytes: number };
    const seconds = ((b.eventsOf('data').at(-1)?.at as number) - first.at) / 1_000;
    expect(((total() - first.bytes) * 8 * (1_514 / 1_448)) / seconds / rate).toBeLessThan(1.05);
  });

  it('passes on half-closes and resets, after the bytes before them', async () => {
    await testbed.apply({ shaping: 'relay', conditions: [between(a, b, { delay: 100 })] });
    const name = await linked();
    await write(a, 'c', 'question');
    await a.send({ op: 'end', connection: 'c' });
    await until(() => b.eventsOf('end', name).length === 1, 'the end at b');
    expect(b.text(name)).toBe('question');
    await write(b, name, 'answer');
    await until(() => a.text('c') === 'answer', 'the answer');
    await b.send({ op: 'end', connection: name });
    await until(() => a.eventsOf('close', 'c')[0] && b.eventsOf('close', name)[0], 'both ends to be closed');
    expect([...a.eventsOf('close', 'c'), ...b.eventsOf('close', name)].map(({ error }) => error)).toEqual([
      undefined,
      undefined,
    ]);
    expect((await testbed.runCommand('show')).relayed).toEqual([]);

    const other = await linked('d');
    await b.send({ op: 'reset', connection: other });
    await until(() => a.eventsOf('close', 'd').some(({ error }) => error === 'ECONNRESET'), 'the reset at a');
  });

  it('reads the sender no faster than the receiver reads', async () => {
    // Some machines allow 33 MB of kernel buffer for a socket, which would hold everything sent here.
    const limits = 'net.ipv4.tcp_rmem="4096 131072 6291456" net.ipv4.tcp_wmem="4096 16384 4194304"';
    await testbed.sh(`sysctl -qw ${limits} && nsenter -t ${b.child.pid} -n sysctl -qw ${limits}`);
    await testbed.apply({ shaping: 'relay', conditions: [between(a, b, { delay: 1 })] });
    const name = await linked();
    await b.send({ op: 'pause', connection: name });
    const bytes = 40_000_000;
    let sent = false;
    const blast = a.send({ op: 'blast', connection: 'c', bytes }).then(() => {
      sent = true;
    });
    const arrived = () => b.eventsOf('data', name).reduce((sum, one) => sum + one.bytes, 0);
    // The kernel buffers some megabytes for each socket, the proxy a few more; the sender must wait with the rest.
    await expect(until(() => sent, 'a sender that is never held up', { timeoutMs: 1_500 })).rejects.toThrow(
      'timed out',
    );
    await b.send({ op: 'resume', connection: name });
    await blast;
    await until(() => arrived() >= bytes, 'all bytes', { timeoutMs: 20_000 });
  });

  it('is silent while cut, and continues when healed', async () => {
    const conditions = [between(a, b, { delay: 5 })];
    await testbed.apply({ shaping: 'relay', conditions });
    const name = await linked();
    const way = (from: TestbedHost, to: TestbedHost) => ({
      fault: 'f',
      from: [from.node.address],
      to: [to.node.address],
    });
    // A cut drops keep-alive probes too: those of the proxy's two sockets come after hours.
    const timers = async () => (await testbed.sh('ss -Htno state established')).match(/keepalive,\d{2,}min,/g) ?? [];
    await until(timers, 'timers of hours', { accept: ({ length }) => length === 2 });
    await testbed.apply({ shaping: 'relay', conditions, cuts: [way(a, b)] });
    expect(await a.dial('x', b, 400)).toEqual({ failed: 'timeout' });
    await write(a, 'c', 'held up');
    await write(b, name, 'open');
    await until(() => a.text('c') === 'open', 'the way that is open');
    expect(b.text(name)).toBe('');
    await testbed.apply({ shaping: 'relay', conditions });
    await until(() => b.text(name) === 'held up', 'what was held up');
  });

  it('is unreachable where the server is gone, and times out where its firewall says so', async () => {
    await testbed.apply({ shaping: 'relay', conditions: [between(a, b, { delay: 5 })] });
    const inside = ({ child }: TestbedHost, command: string) => testbed.sh(`nsenter -t ${child.pid} -n ${command}`);
    const firewall = 'add table ip wall; add chain ip wall in { type filter hook input priority 0; }';
    await inside(b, `nft '${firewall}; add rule ip wall in tcp dport 3000 reject with icmp host-unreachable'`);
    expect(await a.dial('x', b, 400)).toEqual({ failed: 'timeout' });
    // The client's own kernel finds nobody at the address; faster than after the usual three seconds.
    await inside(a, 'sysctl -qw net.ipv4.neigh.eth0.retrans_time_ms=50');
    await inside(a, 'ip neigh flush dev eth0');
    await inside(b, 'ip link set eth0 down');
    expect(await a.dial('y', b, 10_000)).toEqual({ failed: 'EHOSTUNREACH' });
  });

  it('is used automatically where the kernel lacks netem, and logged', async () => {
    const { netem } = await testbed.runCommand('probe');
    const applied = await testbed.apply({ conditions: [between(a, b, { delay: 5 })] });
    expect(applied).toMatchObject(netem ? { kernel: 1, relay: 0 } : { kernel: 0, relay: 1 });
    const said = testbed.log.filter(({ event }) => event === 'shaping_by_relay');
    expect(said).toHaveLength(netem ? 0 : 1);
  });

  describe('with a message fault', () => {
    const message = (type: string, payload: unknown) => `${JSON.stringify({ message_type: type, payload })}\n\n`;
    const fault = (action: MessageFault['action'], changes: Partial<MessageFault> = {}): MessageFault => ({
      fault: 'f',
      from: a.node.address,
      to: b.node.address,
      type: 'gossip',
      action,
      probability: 1,
      ...changes,
    });
    const others = ['ping', 'echo', 'gossips', 'Gossip'].map((type, index) => message(type, index));

    /** Sends gossip among messages of other types; returns what arrives of the gossip, after all others arrived unchanged. */
    async function sent(...faults: MessageFault[]): Promise<string> {
      await testbed.apply({ messageFaults: faults });
      const name = await linked();
      const [ping, echo, ...rest] = others as [string, string, ...string[]];
      await write(a, 'c', [ping, message('gossip', 'news'), echo, ...rest].join(''));
      await a.send({ op: 'end', connection: 'c' });
      await until(() => b.eventsOf('end', name).length === 1, 'the end');
      let text = b.text(name);
      for (const other of others) {
        expect(text).toContain(other);
        text = text.replace(other, '');
      }
      return text;
    }

    it('drops messages of that type only', async () => {
      expect(await sent(fault('drop'))).toBe('');
    });

    it('passes everything at probability 0, and in the other direction', async () => {
      const back = { from: b.node.address, to: a.node.address };
      expect(await sent(fault('drop', { probability: 0 }), fault('drop', back))).toBe(message('gossip', 'news'));
    });

    it('applies to messages of the node that was dialed, too', async () => {
      await testbed.apply({ messageFaults: [fault('drop', { from: b.node.address, to: a.node.address })] });
      const name = await linked();
      await write(b, name, message('gossip', 'news') + message('pong', 1));
      await until(() => a.text('c') === message('pong', 1), 'the other message');
    });

    it('duplicates messages of that type', async () => {
      expect(await sent(fault('duplicate'))).toBe(message('gossip', 'news').repeat(2));
    });

    it('flips one bit of messages of that type', async () => {
      const text = await sent(fault('corrupt'));
      const original = message('gossip', 'news');
      const bits = [...Buffer.from(text)].map((byte, at) => byte ^ (original.charCodeAt(at) as number));
      expect(text).toHaveLength(original.length);
      expect(bits.filter((bit) => bit !== 0)).toHaveLength(1);
    });

    it('reorders messages', async () => {
      await sent(fault('reorder'));
      expect(b.text()).toBe([others[0], others[1], message('gossip', 'news'), ...others.slice(2)].join(''));
    });

    it('delays messages of that type only', async () => {
      await testbed.apply({ messageFaults: [fault('delay', { delay: 200 })] });
      const name = await linked();
      const { at } = await write(a, 'c', message('gossip', 1) + message('ping', 2));
      const ping = await until(() => b.eventsOf('data', name).find(({ text }) => text?.includes('ping')), 'ping');
      const gossip = await until(() => b.eventsOf('data', name).find(({ text }) => text?.includes('gossip')), 'gossip');
      expect(ping.at - at).toBeLessThan(200);
      expect(gossip.at - at).toBeGreaterThan(199);
    });
  });
});
