import { randomBytes } from 'node:crypto';
import { createServer } from 'node:net';

/** `::1`, where this machine has it. */
export async function findLoopbackIPv6(): Promise<string | undefined> {
  return (await canBind('::1')) ? '::1' : undefined;
}

/** A second loopback address, where this machine answers to all of 127.0.0.0/8 as Linux does. */
export async function findSecondLoopback(): Promise<string | undefined> {
  return (await canBind('127.0.0.2')) ? '127.0.0.2' : undefined;
}

/**
 * An address on loopback that nothing has used before, where this machine answers to all of 127.0.0.0/8; undefined
 * elsewhere. To a target, a suite at such an address is a new host: nothing that it remembers of an earlier run (peers,
 * limits for each address) bears on this one.
 */
export async function pickUnusedLoopback(): Promise<string | undefined> {
  const [a, b, c] = randomBytes(3) as unknown as [number, number, number];
  const address = `127.${64 + (a % 64)}.${b}.${1 + (c % 254)}`;
  return (await canBind(address)) ? address : undefined;
}

function canBind(host: string): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen({ host, port: 0 }, () => server.close(() => resolve(true)));
  });
}
