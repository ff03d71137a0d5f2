import { once } from 'node:events';
import type { Socket } from 'node:net';

const NEWLINE = 0x0a;

/** Sends and receives lines of JSON over a socket. */
export class JsonLineConnection {
  readonly socket: Socket;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('error', () => {}); // `close` follows, which is what ends a wait.
  }

  /** Sends a line; returns when there is room for another one, or the connection is closed. */
  async send(message: unknown): Promise<void> {
    const { socket } = this;
    if (!socket.writable || socket.write(`${JSON.stringify(message)}\n`)) return;
    const settled = new AbortController();
    const { signal } = settled;
    await Promise.race([once(socket, 'drain', { signal }), once(socket, 'close', { signal })]).catch(() => {});
    settled.abort();
  }

  /** Receives the next line; undefined at the end. What follows the line stays in the socket. @throws SyntaxError */
  async receive(): Promise<unknown> {
    const chunks: Buffer[] = [];
    for (;;) {
      const chunk = this.socket.read() as Buffer | null;
      if (chunk === null) {
        if (this.socket.readableEnded || this.socket.destroyed) return undefined;
        await this.#readable();
        continue;
      }
      const end = chunk.indexOf(NEWLINE);
      if (end < 0) {
        chunks.push(chunk);
        continue;
      }
      if (end + 1 < chunk.length) this.socket.unshift(chunk.subarray(end + 1));
      return JSON.parse(Buffer.concat([...chunks, chunk.subarray(0, end)]).toString());
    }
  }

  #readable(): Promise<void> {
    const { socket } = this;
    return new Promise((resolve) => {
      const events = ['readable', 'end', 'close'] as const;
      const onEvent = () => {
        for (const event of events) socket.off(event, onEvent);
        resolve();
      };
      for (const event of events) socket.on(event, onEvent);
    });
  }
}
