import { randomBytes } from 'node:crypto';
import { createServer } from 'node:net';

/** Returns `::1` if this machine has it. */
export function findLoopbackIPv6(): Promise<string | undefined> {
  return ifBindable('::1');
}

/** Returns a second loopback address if this machine has all of 127.0.0.0/8, as Linux does. */
export function findSecondLoopback(): Promise<string | undefined> {
  return ifBindable('127.0.0.2');
}

/**
 * Returns a loopback address that nothing has used before, if this machine has all of 127.0.0.0/8. To the target, a suite
 * at such an address is a new host, so that nothing it remembers of an earlier run (peers, limits) affects this one.
 */
export function pickUnusedLoopback(): Promise<string | undefined> {
  const [a, b, c] = randomBytes(3) as unknown as [number, number, number];
  return ifBindable(`127.${64 + (a % 64)}.${b}.${1 + (c % 254)}`);
}

function ifBindable(host: string): Promise<string | undefined> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(undefined));
    server.listen({ host, port: 0 }, () => server.close(() => resolve(host)));
  });
}
