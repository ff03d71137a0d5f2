import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { chooseSeederName, SEEDER_SCRIPT, seederArguments } from '../../src/export/seeder.ts';
import { topologyOf } from './fixtures.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** Answers one message with the text it returns, or with none; the connection lasts only behind an object. */
type Manners = (type: string, peers: string[]) => string | undefined;

const reply = (type: string, payload: unknown) => `${JSON.stringify({ message_type: type, payload })}\n\n`;
const wellBehaved: Manners = (_, peers) => reply('peers', peers);

interface Fake {
  address: string;
  /** Payloads of add_peer, in the order they came. */
  told: unknown[];
}

async function fake(manners: Manners = wellBehaved, port = 0): Promise<Fake> {
  const told: unknown[] = [];
  const server = createServer((socket: Socket) => {
    let text = '';
    socket.setEncoding('utf8').on('data', (part) => {
      text += part;
      if (!text.endsWith('\n\n')) return;
      const { message_type, payload } = JSON.parse(text) as { message_type: string; payload: unknown };
      if (message_type === 'add_peer') told.push(payload);
      const answer = manners(message_type, told as string[]);
      if (answer === undefined) socket.end();
      else if (answer.startsWith('{')) socket.write(answer);
      else socket.end(answer);
    });
    socket.on('error', () => {});
  });
  servers.push(server);
  await once(server.listen(port, '127.0.0.1'), 'listening');
  return { address: `127.0.0.1:${(server.address() as AddressInfo).port}`, told };
}

/** A port of this machine that nothing listens on. */
async function freePort(): Promise<number> {
  const server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
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
  it('tells each node of its peers, and no other, and says so link by link', async () => {
    const [a, b, c] = await Promise.all([fake(), fake(), fake()]);
    const { status, lines, errors } = await seed([`a ${a.address} b c`, `b ${b.address} a`, `c ${c.address}`]);
    expect(errors).toBe('');
    expect([a.told, b.told, c.told]).toEqual([[b.address, c.address], [a.address], []]);
    expect(lines.slice(0, -1).sort()).toEqual(['a -> b: seeded', 'a -> c: seeded', 'b -> a: seeded']);
    expect(lines.at(-1)).toBe('3 of 3 links seeded');
    expect(status).toBe(0);
  });

  it('has nothing to do for nodes without links', async () => {
    const { status, lines } = await seed([`a ${(await fake()).address}`]);
    expect({ status, lines }).toEqual({ status: 0, lines: ['0 of 0 links seeded'] });
  });

  it('waits for a node that comes to listen late', async () => {
    const port = await freePort();
    const a = await fake();
    const seeding = seed([`a ${a.address} b`, `b 127.0.0.1:${port} a`]);
    await new Promise((resolve) => setTimeout(resolve, 700));
    const b = await fake(wellBehaved, port);
    expect((await seeding).status).toBe(0);
    expect([a.told, b.told]).toEqual([[b.address], [a.address]]);
  });

  it('names the links that cannot be seeded, seeds the others, and exits with 1', async () => {
    const gone = `127.0.0.1:${await freePort()}`;
    const [a, b] = await Promise.all([fake(), fake()]);
    const { status, lines } = await seed([`a ${a.address} gone b`, `b ${b.address} a`, `gone ${gone} a`], 1);
    expect(status).toBe(1);
    expect([a.told, b.told]).toEqual([[b.address], [a.address]]);
    expect(lines).toContain(`a -> gone: FAILED, gone does not listen at ${gone}`);
    expect(lines).toContain(`gone -> a: FAILED, gone does not listen at ${gone}`);
    expect(lines.slice(-2)[0]).toBe('2 of 4 links seeded');
    expect(lines.at(-1)?.replace('not seeded: ', '').split(', ').sort()).toEqual(['a -> gone', 'gone -> a']);
  });

  it('names a node that refuses', async () => {
    const a = await fake((type) => reply('error', { code: 'unknown_type', message: type }));
    const { status, lines } = await seed([`a ${a.address} b`, `b ${(await fake()).address}`], 1);
    expect(status).toBe(1);
    expect(lines[0]).toBe('a -> b: FAILED, a refused: {"code":"unknown_type","message":"add_peer"}');
  });

  it('names a node that took the message and does not list the peer', async () => {
    const b = await fake();
    const { status, lines } = await seed(
      [`a ${(await fake(() => reply('peers', []))).address} b`, `b ${b.address}`],
      1,
    );
    expect(status).toBe(1);
    expect(lines[0]).toBe(`a -> b: FAILED, a does not list ${b.address}`);
  });

  it('tries again where it was too fast', async () => {
    let refused = 0;
    const hasty = await fake((_, peers) => {
      if (refused++ < 2) return reply('error', { code: 'rate_limited', message: 'slowly' });
      return reply('peers', peers);
    });
    expect((await seed([`a ${hasty.address} b`, `b ${(await fake()).address}`])).status).toBe(0);
  });

  it.each<[string, Manners]>([
    ['closes without a word', () => undefined],
    ['knows add_peer alone', (type) => (type === 'add_peer' ? undefined : reply('error', { code: 'unknown_type' }))],
    ['says something else and closes', () => 'hello there\n\n'],
  ])('believes a node that %s, and says that it has not seen it', async (_, manners) => {
    const a = await fake(manners);
    const b = await fake();
    const { status, lines } = await seed([`a ${a.address} b`, `b ${b.address}`], 3);
    expect({ status, lines }).toEqual({
      status: 0,
      lines: ['a -> b: told, though a does not say which peers it has', '1 of 1 links seeded'],
    });
    expect(a.told).toEqual([b.address]);
  });

  it.each<[string, Manners]>([
    ['in pieces of any spacing', (_, peers) => JSON.stringify({ message_type: 'peers', payload: peers }, null, 2)],
    ['and says more behind it', (_, peers) => `${reply('peers', peers)}${reply('ping', 1)}`],
    [
      'and writes names as addresses',
      (_, peers) =>
        reply(
          'peers',
          peers.map((peer) => peer.replace('localhost', '127.0.0.1')),
        ),
    ],
  ])('understands a node that replies %s', async (_, manners) => {
    const a = await fake(manners);
    const b = await fake();
    const named = b.address.replace('127.0.0.1', 'localhost');
    const { status, lines } = await seed([`a ${a.address} b`, `b ${named}`]);
    expect({ status, lines }).toEqual({ status: 0, lines: ['a -> b: seeded', '1 of 1 links seeded'] });
    expect(a.told).toEqual([named]);
  });

  it('holds nothing that Compose or Kubernetes would replace', () => {
    expect(SEEDER_SCRIPT).not.toContain('$');
  });
});

describe('its arguments', () => {
  it('are a line for each node, with the peers it dials', () => {
    const topology = topologyOf('nodes: { a: { port: 4000 }, b: , c: }\nlinks: ["a -> b, c", c -> a]');
    const ports = new Map(topology.nodes.map(({ name, port }) => [name, port]));
    expect(seederArguments(topology, (name) => `${name}.test:${ports.get(name)}`)).toEqual([
      'a a.test:4000 b c',
      'b b.test:3000',
      'c c.test:3000 a',
    ]);
  });

  it('are refused where no program can be given as many', () => {
    const topology = topologyOf('nodes: { count: 600 }\nlinks: mesh');
    expect(() => seederArguments(topology, (name) => name)).toThrow('359400 links are more than one seeding container');
    const star = topologyOf(
      `nodes: { count: 4000, prefix: ${'long-'.repeat(7)} }\nlinks: { shape: star, directed: true }`,
    );
    expect(() => seederArguments(star, (name) => name)).toThrow('3999 links');
  });
});

describe('its name', () => {
  it('is one that no node has', () => {
    expect(chooseSeederName(topologyOf('nodes: [a]'))).toBe('seed');
    expect(chooseSeederName(topologyOf('nodes: [seed, seed-links]'))).toBe('seed-links-links');
  });
});
