import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/** Ports below those that the kernel gives to whoever asks for any: one of those would soon be somebody else's. */
const [MIN_PORT, MAX_PORT] = [20_000, 30_000];
const MAX_TRIES = 100;

/** Returns a loopback port that nothing listens on, and that nothing is given by chance. */
export async function closedPort(): Promise<number> {
  for (let tries = 1; ; tries++) {
    const port = randomInt(MIN_PORT, MAX_PORT);
    const server = createServer().listen(port, '127.0.0.1');
    try {
      await once(server, 'listening');
    } catch (error) {
      if (tries < MAX_TRIES) continue;
      throw error;
    }
    server.close();
    await once(server, 'close');
    return port;
  }
}
