import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { NetemError } from './shared/reporting.ts';

/**
 * A request to the serving agent. `state` is the JSON text of a LinkState; with `revision`, it is applied only if that one is
 * in force, and otherwise the reply has what is, as `conflict`.
 */
export type ControlRequest =
  | { command: 'apply'; state: string; revision?: string }
  | { command: 'read' }
  | { command: 'show' }
  | { command: 'clear' };

export type ControlReply = ({ ok: true } & Record<string, unknown>) | { ok: false; error: string; hint?: string };

/** Returns the reply for a request that failed. */
export function toErrorReply(error: unknown): ControlReply {
  const { message } = error as Error;
  const hint = error instanceof NetemError ? error.hint : undefined;
  return { ok: false, error: message, ...(hint === undefined ? {} : { hint }) };
}

/** Time without a sign of the serving agent after which it does not answer: its process is stopped, or gets no processor time. */
export const REPLY_TIMEOUT_MS = 30_000;
const KEEP_ALIVE_INTERVAL_MS = 1_000;

/**
 * Listens for requests: one a connection, as JSON until the sender half-closes. The reply comes the same way, after a line feed
 * for each second that it took: a change of many links takes long, as does waiting for one.
 */
export function serveControlSocket(
  path: string,
  handle: (request: ControlRequest) => Promise<ControlReply>,
): Promise<Server> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    // A client that went away misses its reply, nothing else.
    socket.on('error', () => socket.destroy());
    // Not by an async iterator: that would close the socket before the reply.
    const chunks: Buffer[] = [];
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('end', async () => {
      const request = async () => await handle(JSON.parse(Buffer.concat(chunks).toString()) as ControlRequest);
      const keepAlive = setInterval(() => socket.write('\n'), KEEP_ALIVE_INTERVAL_MS);
      const reply = await request().catch(toErrorReply);
      clearInterval(keepAlive);
      socket.end(JSON.stringify(reply));
    });
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => {
      server.off('error', reject);
      resolve(server);
    });
  });
}

const CONNECT_INTERVAL_MS = 20;
/** No socket yet, or that of a killed agent. */
const NOT_LISTENING = ['ENOENT', 'ECONNREFUSED'];

/**
 * Sends a request to the agent that listens at `path`.
 * @param startTimeoutMs time for an agent that is only starting to listen: another command may have started it a moment ago
 * @param onSign called when something of the reply arrives
 * @throws NetemError when there is none, or it does not reply
 */
export async function sendControlRequest(
  path: string,
  request: ControlRequest,
  startTimeoutMs: number,
  onSign: () => void = () => {},
): Promise<ControlReply> {
  const socket = await connectToAgent(path, Date.now() + startTimeoutMs);
  socket.setTimeout(REPLY_TIMEOUT_MS, () => socket.destroy(new Error(`silent for ${REPLY_TIMEOUT_MS / 1_000} s`)));
  socket.setEncoding('utf8').end(JSON.stringify(request));
  let reply = '';
  try {
    for await (const chunk of socket) {
      reply += chunk;
      onSign();
    }
  } catch (cause) {
    throw new NetemError(`${path} closed without a reply: ${(cause as Error).message}`, { cause });
  }
  if (reply.trim() === '') throw new NetemError(`${path} closed without a reply`);
  return JSON.parse(reply) as ControlReply;
}

async function connectToAgent(path: string, deadline: number): Promise<Socket> {
  for (;;) {
    const socket = connect({ path, allowHalfOpen: true });
    try {
      await once(socket, 'connect');
      return socket;
    } catch (cause) {
      const { code = '', message } = cause as NodeJS.ErrnoException;
      if (!NOT_LISTENING.includes(code) || Date.now() >= deadline) {
        throw new NetemError(`no agent listens at ${path}: ${message}`, { hint: 'start it with: serve', cause });
      }
    }
    await wait(CONNECT_INTERVAL_MS);
  }
}
