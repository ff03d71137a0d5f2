import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** Longest wait for another process, milliseconds. One that is stopped, or whose engine hangs, holds nobody up for ever. */
const MAX_WAIT_MS = 30_000;
/** Time in which those that have waited go first, milliseconds. */
const YIELD_MS = 20;

/** Networks whose lock is not waited for any more: its holder has hung. */
const givenUp = new Set<string>();

/** Gives a lock back. Never throws. */
export type ReleaseLock = () => Promise<void>;

/** Returns the name of the abstract socket that whoever changes a network's endpoints listens on. */
export const lockName = (networkId: string): string => `\0devnet-network-${networkId}`;

/**
 * Waits until no other process of this machine changes the endpoints of a network, nor another part of this one. The kernel gives the
 * lock back with its process, however that ends. Where abstract sockets do not exist, and from another network namespace, nothing is locked.
 * @param maxWaitMs milliseconds, after which this process does without the lock of that network
 */
export async function lockNetwork(networkId: string, maxWaitMs = MAX_WAIT_MS): Promise<ReleaseLock> {
  const unlocked = async () => {};
  if (process.platform !== 'linux' || givenUp.has(networkId)) return unlocked;
  const name = lockName(networkId);
  const deadline = performance.now() + maxWaitMs;
  for (let leftMs = maxWaitMs; leftMs > 0; leftMs = deadline - performance.now()) {
    const waiting = new Set<Socket>();
    const server = createServer((socket) => {
      waiting.add(socket.on('error', () => {}).on('close', () => waiting.delete(socket)));
    });
    const outcome = await listen(server, name);
    if (outcome === 'listening') return () => release(server, waiting);
    if (outcome === 'failed') return unlocked;
    await untilReleased(name, leftMs);
  }
  givenUp.add(networkId);
  return unlocked;
}

async function listen(server: Server, name: string): Promise<'listening' | 'taken' | 'failed'> {
  try {
    await once(server.listen(name), 'listening');
    return 'listening';
  } catch (cause) {
    return (cause as NodeJS.ErrnoException).code === 'EADDRINUSE' ? 'taken' : 'failed';
  }
}

/** Whoever has the lock ends the connections of those that wait for it. */
function untilReleased(name: string, timeoutMs: number): Promise<void> {
  return new Promise((resolve) => {
    // An error, as where it is released just now, is followed by the close.
    const socket = connect(name)
      .on('error', () => {})
      .on('close', () => resolve());
    socket.setTimeout(timeoutMs, () => socket.destroy()).resume();
  });
}

async function release(server: Server, waiting: ReadonlySet<Socket>): Promise<void> {
  const mustYield = waiting.size > 0;
  server.close();
  for (const socket of waiting) socket.destroy();
  if (mustYield) await new Promise((resolve) => setTimeout(resolve, YIELD_MS));
}
