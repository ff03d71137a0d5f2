import { connect, createServer, type Server } from 'node:net';
import { NetemError } from './shared/netem-error.ts';

/** What the program is asked over its socket; `state` is the JSON text of a LinkState. */
export type ControlRequest = { command: 'apply'; state: string } | { command: 'show' } | { command: 'clear' };

/** What it answers. */
export type ControlReply = ({ ok: true } & Record<string, unknown>) | { ok: false; error: string; hint?: string };

/** Turns what went wrong into a reply. */
export function toErrorReply(error: unknown): ControlReply {
  const { message } = error as Error;
  const hint = error instanceof NetemError ? error.hint : undefined;
  return { ok: false, error: message, ...(hint === undefined ? {} : { hint }) };
}

/** Listens for requests: one a connection, JSON until the sender half-closes; the reply likewise. */
export function serveControlSocket(
  path: string,
  handle: (request: ControlRequest) => Promise<ControlReply>,
): Promise<Server> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    const chunks: Buffer[] = [];
    socket.on('data', (chunk) => chunks.push(chunk));
    // Who asked and went away misses the reply, nothing else.
    socket.on('error', () => socket.destroy());
    socket.on('end', async () => {
      const reply = await answer(Buffer.concat(chunks).toString());
      socket.end(JSON.stringify(reply));
    });
  });
  async function answer(text: string): Promise<ControlReply> {
    try {
      return await handle(JSON.parse(text) as ControlRequest);
    } catch (error) {
      return toErrorReply(error);
    }
  }
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => {
      server.off('error', reject);
      resolve(server);
    });
  });
}

/** Asks the program that listens at `path`. @throws LinksError when nobody does */
export function sendControlRequest(path: string, request: ControlRequest): Promise<ControlReply> {
  return new Promise((resolve, reject) => {
    const socket = connect({ path, allowHalfOpen: true });
    const chunks: Buffer[] = [];
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.once('error', (cause) => {
      reject(new NetemError(`nobody answers at ${path}: ${cause.message}`, { hint: 'start it with: serve', cause }));
    });
    socket.once('end', () => {
      const text = Buffer.concat(chunks).toString();
      if (text === '') reject(new NetemError(`${path} closed without an answer`));
      else resolve(JSON.parse(text) as ControlReply);
    });
    socket.end(JSON.stringify(request));
  });
}
