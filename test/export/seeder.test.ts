import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { chooseSeederName, SEEDER_SCRIPT, seederArguments } from '../../src/export/seeder.ts';
import { closedPort } from '../support/closed-port.ts';
import { topologyOf } from './fixtures.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** Returns the reply to a message, if any. A node that replies with anything but an object closes the connection. */
type Behaviour = (type: string, peers: string[]) => string | undefined;

const reply = (type: string, payload: unknown) => `${JSON.stringify({ message_type: type, payload })}\n\n`;
const wellBehaved: Behaviour = (_, peers) => reply('peers', peers);

interface FakeNode {
  address: string;
  /** Payloads of add_peer, in the order they came. */
  added: unknown[];
}

async function startNode(behaviour: Behaviour = wellBehaved, port = 0): Promise<FakeNode> {
  const added: unknown[] = [];
  const server = createServer((socket: Socket) => {
    let text = '';
    socket.setEncoding('utf8').on('data', (part) => {
      text += part;
      if (!text.endsWith('\n\n')) return;
      const { message_type, payload } = JSON.parse(text) as { message_type: string; payload: unknown };
      if (message_type === 'add_peer') added.push(payload);
      const answer = behaviour(message_type, added as string[]);
      if (answer === undefined) socket.end();
      else if (answer.startsWith('{')) socket.write(answer);
      else socket.end(answer);
    });
    socket.on('error', () => {});
  });
  servers.push(server);
  await once(server.listen(port, '127.0.0.1'), 'listening');
  return { address: `127.0.0.1:${(server.address() as AddressInfo).port}`, added };
}

function seed(links: string[], seconds = 5): Promise<{ status: number; lines: string[]; errors: string }> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      ['-e', SEEDER_SCRIPT, ...links],
      { env: { SEED_TIMEOUT: String(seconds) } },
      (_, stdout, stderr) =>
        resolve({ status: child.exitCode as number, lines: stdout.trim().split('\n'), errors: stderr }),
    );
  });
}

describe('the seeder', () => {
  it('adds its peers to each node, and reports link by link', async () => {
    const [a, b, c] = await Promise.all([startNode(), startNode(), startNode()]);
    const { status, lines, errors } = await seed([`a ${a.address} b c`, `b ${b.address} a`, `c ${c.address}`]);
    expect(errors).toBe('');
    expect([a.added, b.added, c.added]).toEqual([[b.address, c.address], [a.address], []]);
    expect(lines.slice(0, -1).sort()).toEqual(['a -> b: seeded', 'a -> c: seeded', 'b -> a: seeded']);
    expect(lines.at(-1)).toBe('3 of 3 links seeded');
    expect(status).toBe(0);
  });

  it('does nothing for nodes without links', async () => {
    const { status, lines } = await seed([`a ${(await startNode()).address}`]);
    expect({ status, lines }).toEqual({ status: 0, lines: ['0 of 0 links seeded'] });
  });

  it('waits for a node that listens late', async () => {
    const port = await closedPort();
    const a = await startNode();
    const seeding = seed([`a ${a.address} b`, `b 127.0.0.1:${port} a`]);
    await new Promise((resolve) => setTimeout(resolve, 700));
    const b = await startNode(wellBehaved, port);
    expect((await seeding).status).toBe(0);
    expect([a.added, b.added]).toEqual([[b.address], [a.address]]);
  });

  it('names the links that cannot be seeded, seeds the others, and exits with 1', async () => {
    const gone = `127.0.0.1:${await closedPort()}`;
    const [a, b] = await Promise.all([startNode(), startNode()]);
    const { status, lines } = await seed([`a ${a.address} gone b`, `b ${b.address} a`, `gone ${gone} a`], 1);
    expect(status).toBe(1);
    expect([a.added, b.added]).toEqual([[b.address], [a.address]]);
    expect(lines).toContain(`a -> gone: FAILED, gone does not listen at ${gone}`);
    expect(lines).toContain(`gone -> a: FAILED, gone does not listen at ${gone}`);
    expect(lines.slice(-2)[0]).toBe('2 of 4 links seeded');
    expect(lines.at(-1)?.replace('not seeded: ', '').split(', ').sort()).toEqual(['a -> gone', 'gone -> a']);
  });

  it('names a node that refuses', async () => {
    const a = await startNode((type) => reply('error', { code: 'unknown_type', message: type }));
    const { status, lines } = await seed([`a ${a.address} b`, `b ${(await startNode()).address}`], 1);
    expect(status).toBe(1);
    expect(lines[0]).toBe('a -> b: FAILED, a refused: {"code":"unknown_type","message":"add_peer"}');
  });

  it('names a node that accepts the message and does not list the peer', async () => {
    const b = await startNode();
    const { status, lines } = await seed(
      [`a ${(await startNode(() => reply('peers', []))).address} b`, `b ${b.address}`],
      1,
    );
    expect(status).toBe(1);
    expect(lines[0]).toBe(`a -> b: FAILED, a does not list ${b.address}`);
  });

  it('retries when it is rate-limited', async () => {
    let refused = 0;
    const limited = await startNode((_, peers) => {
      if (refused++ < 2) return reply('error', { code: 'rate_limited', message: 'too fast' });
      return reply('peers', peers);
    });
    expect((await seed([`a ${limited.address} b`, `b ${(await startNode()).address}`])).status).toBe(0);
  });

  it.each<[string, Behaviour]>([
    ['closes without a reply', () => undefined],
    ['knows only add_peer', (type) => (type === 'add_peer' ? undefined : reply('error', { code: 'unknown_type' }))],
    ['replies with text that is not JSON', () => 'hello there\n\n'],
  ])('accepts a node that %s, and reports that it cannot verify the link', async (_, behaviour) => {
    const a = await startNode(behaviour);
    const b = await startNode();
    const { status, lines } = await seed([`a ${a.address} b`, `b ${b.address}`], 3);
    expect({ status, lines }).toEqual({
      status: 0,
      lines: ['a -> b: sent, but a does not report its peers', '1 of 1 links seeded'],
    });
    expect(a.added).toEqual([b.address]);
  });

  it.each<[string, Behaviour]>([
    ['with indented JSON', (_, peers) => JSON.stringify({ message_type: 'peers', payload: peers }, null, 2)],
    ['with another message after it', (_, peers) => `${reply('peers', peers)}${reply('ping', 1)}`],
    [
      'with IP addresses instead of names',
      (_, peers) =>
        reply(
          'peers',
          peers.map((peer) => peer.replace('localhost', '127.0.0.1')),
        ),
    ],
  ])('understands a node that replies %s', async (_, behaviour) => {
    const a = await startNode(behaviour);
    const b = await startNode();
    const named = b.address.replace('127.0.0.1', 'localhost');
    const { status, lines } = await seed([`a ${a.address} b`, `b ${named}`]);
    expect({ status, lines }).toEqual({ status: 0, lines: ['a -> b: seeded', '1 of 1 links seeded'] });
    expect(a.added).toEqual([named]);
  });

  it('contains nothing that Compose or Kubernetes would replace', () => {
    expect(SEEDER_SCRIPT).not.toContain('$');
  });
});

describe('the arguments of the seeder', () => {
  it('have a line for each node, with the peers it dials', () => {
    const topology = topologyOf('nodes: { a: { port: 4000 }, b: , c: }\nlinks: ["a -> b, c", c -> a]');
    const ports = new Map(topology.nodes.map(({ name, port }) => [name, port]));
    expect(seederArguments(topology, (name) => `${name}.test:${ports.get(name)}`)).toEqual([
      'a a.test:4000 b c',
      'b b.test:3000',
      'c c.test:3000 a',
    ]);
  });

  it('are refused if a program cannot take as many', () => {
    const topology = topologyOf('nodes: { count: 600 }\nlinks: mesh');
    expect(() => seederArguments(topology, (name) => name)).toThrow(
      '359400 links are too many for one seeding container',
    );
    const star = topologyOf(
      `nodes: { count: 4000, prefix: ${'long-'.repeat(7)} }\nlinks: { shape: star, directed: true }`,
    );
    expect(() => seederArguments(star, (name) => name)).toThrow('3999 links');
  });
});

describe('the name of the seeder', () => {
  it('is not the name of a node', () => {
    expect(chooseSeederName(topologyOf('nodes: [a]'))).toBe('seed');
    expect(chooseSeederName(topologyOf('nodes: [seed, seed-links]'))).toBe('seed-links-links');
  });
});
