import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { Devnet, type DevnetOptions, hasNoDrift, shapes, type TopologyInput } from '../../../src/index.ts';

const up = (source: TopologyInput, options: DevnetOptions = {}) =>
  Devnet.up(source, { engine: 'process', artifacts: false, ...options });

const CONTAINERS = "the containers runtime does: --engine containers, or engine: 'containers' in a test";
const NAMESPACES = "the namespaces runtime does: --engine namespaces, or engine: 'namespaces' in a test";
const ALSO_NAMESPACES = `${CONTAINERS}; ${NAMESPACES}`;

describe('nodes in this process', () => {
  it.each<[string, Record<string, unknown>, (string | undefined)?]>([
    ['image', { image: 'my-node' }],
    ['command', { command: 'node main.js' }, NAMESPACES],
    ['cwd', { cwd: '/srv' }, NAMESPACES],
    ['memory', { memory: '64m' }, ALSO_NAMESPACES],
    ['cpus', { cpus: 0.5 }, ALSO_NAMESPACES],
    ['user', { user: 0 }],
    ['writable', { writable: true }],
    ['capabilities', { capabilities: ['NET_RAW'] }],
    ['pids', { pids: 8 }, ALSO_NAMESPACES],
  ])('refuse a setting: %s', async (what, settings, hint = CONTAINERS) => {
    await expect(up({ nodes: { a: {}, b: settings } })).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringMatching(
        new RegExp(`^the process runtime does not support: ${what}.* of b( without an image)?$`),
      ),
      hint,
    });
  });

  it("refuse a subnet, link conditions and onFailure: 'keep'", async () => {
    const all = up({ nodes: ['a', 'b'], links: { link: 'a -> b', delay: '5ms' }, subnet: '10.77.0.0/24' });
    await expect(all).rejects.toMatchObject({
      code: 'usage',
      message: 'the process runtime does not support: subnet 10.77.0.0/24, link conditions',
    });
    await expect(up(shapes.ring(3), { onFailure: 'keep' })).rejects.toMatchObject({ code: 'usage', message: /keep/ });
  });

  it('refuse pause and exec', async () => {
    await using net = await up(shapes.ring(3));
    await expect(net.node('n1').pause()).rejects.toMatchObject({ code: 'usage', message: /: pause$/ });
    await expect(net.node('n1').exec(['node', '-v'])).rejects.toMatchObject({ code: 'usage', message: /: exec$/ });
  });

  it('read the environment that the topology declares', async () => {
    await using net = await up({ nodes: { a: { env: { DEVNET_MAX_PEERS: 1 } }, b: {}, c: {} }, links: ['a -> b'] });
    const reply = await net.node('a').send('add_peer', net.node('c').address);
    expect(reply).toMatchObject({ message_type: 'error', payload: { code: 'rate_limited' } });
  });

  it('listen on the declared port, and explain who else may use it', async () => {
    const other = createServer().listen(0, '0.0.0.0');
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    await expect(up({ nodes: { count: 2, port } })).rejects.toMatchObject({
      code: 'host_limit',
      message: expect.stringMatching(new RegExp(`^n1 cannot listen on 127\\.\\d+\\.0\\.2:${port}: .*EADDRINUSE`)),
      hint: expect.stringContaining('another `port`'),
    });
    other.close();
    await once(other, 'close');
    await using net = await up({ nodes: { count: 2, port } });
    expect(net.node('n1').address).toMatch(new RegExp(`^127\\.\\d+\\.0\\.2:${port}$`));
  });

  it('come up and are verified in less than a second of CPU time for 50 nodes', async () => {
    // CPU time, since other processes share the machine.
    const before = process.cpuUsage();
    await using net = await up(shapes.regular(50, { degree: 4 }));
    const { user, system } = process.cpuUsage(before);
    expect(hasNoDrift((await net.graph()).drift)).toBe(true);
    expect((user + system) / 1e6).toBeLessThan(1);
  });
});
