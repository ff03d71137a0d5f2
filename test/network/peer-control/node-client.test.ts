import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Dialer } from '../../../src/network/dialer.ts';
import { NodeClient } from '../../../src/network/peer-control/node-client.ts';

const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

/** Time that each dial was given, milliseconds. */
const dialTimes: number[] = [];
const route: Dialer = {
  connect: async (host, port, timeoutMs) => {
    dialTimes.push(timeoutMs);
    const socket = connect(port, host);
    await once(socket, 'connect');
    return socket;
  },
  close: () => {},
};

/** Starts a server. @returns a client of it, and what it received on each connection */
async function listening(answer: (text: string, socket: Socket) => void) {
  const heard: string[] = [];
  const server = createServer((socket) => {
    const place = heard.push('') - 1;
    socket.on('error', () => {});
    socket.setEncoding('utf8').on('data', (text: string) => {
      heard[place] += text;
      answer(text, socket);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = new NodeClient({ host: '127.0.0.1', port: (server.address() as AddressInfo).port, dialer: route });
  ends.push(() => {
    client.close();
    server.close();
  });
  return { client, heard };
}

const say = (payload: number) => JSON.stringify({ message_type: 'pong', payload });
const asked = (text: string) => [...text.matchAll(/"payload":(\d+)/g)].map(([, number]) => Number(number));
const pings = (...numbers: number[]) => numbers.map((payload) => ({ message_type: 'ping', payload }));

describe('messages sent in one go', () => {
  it('get their replies in order, on one connection, which is reused', async () => {
    const { client, heard } = await listening((text, socket) => {
      for (const number of asked(text)) socket.write(`${say(number)}\n`);
    });
    const replies = await Promise.all([client.requestAll(pings(1, 2, 3), 2_000), client.requestAll(pings(4), 2_000)]);
    expect(replies.map((some) => some.map(({ payload }) => payload))).toEqual([[1, 2, 3], [4]]);
    expect(heard.map(asked)).toEqual([[1, 2, 3, 4]]);
  });

  it('are all sent again when a reused connection turns out to be closed', async () => {
    const { client, heard } = await listening((text, socket) => {
      if (heard.length === 1 && asked(text).includes(2)) socket.destroy();
      else for (const number of asked(text)) socket.write(say(number));
    });
    await client.requestAll(pings(1), 2_000);
    expect((await client.requestAll(pings(2, 3), 2_000)).map(({ payload }) => payload)).toEqual([2, 3]);
    expect(heard.map(asked)).toEqual([
      [1, 2, 3],
      [2, 3],
    ]);
  });

  it('are sent again with the time that is left, also where the clock of the machine is set meanwhile', async () => {
    const { client, heard } = await listening((text, socket) => {
      if (heard.length === 1 && asked(text).includes(2)) socket.destroy();
      else for (const number of asked(text)) socket.write(say(number));
    });
    await client.requestAll(pings(1), 60_000);
    let hours = 0;
    const wall = vi.spyOn(Date, 'now').mockImplementation(() => ++hours * 3_600_000);
    const replies = await client.requestAll(pings(2), 60_000).finally(() => wall.mockRestore());
    expect(replies).toMatchObject([{ payload: 2 }]);
    expect(dialTimes.at(-1)).toBeGreaterThan(1_000);
    expect(dialTimes.at(-1)).toBeLessThanOrEqual(60_000);
  });

  it('fail when a reply is missing, and the error names the first message without one', async () => {
    const one = await listening((text, socket) => socket.end(say(asked(text)[0] as number)));
    await expect(one.client.requestAll(pings(1, 2), 2_000)).rejects.toMatchObject({ reason: 'closed' });
    const mute = await listening((_, socket) => socket.write(say(1)));
    await expect(mute.client.requestAll([...pings(1), { message_type: 'echo' }], 100)).rejects.toMatchObject({
      reason: 'timeout',
      message: expect.stringContaining('did not answer echo within 100 ms'),
    });
  });
});
