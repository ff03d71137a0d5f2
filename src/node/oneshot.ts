import type { Socket } from 'node:net';
import { afterReading } from '../after-reading.ts';

/** What sending one message needs. */
export interface Shot {
  /** Starts a connection. */
  dial(): Socket;
  /** Milliseconds until it must have left. */
  timeout: number;
  /** Milliseconds the other end has for an answer, which is not looked at, and for closing. */
  linger: number;
  /** The connection is gone; whether the message had left before. Called once. */
  done(sent: boolean): void;
}

/** Sends one message on a connection of its own: says it, says that nothing follows, and lets the other end close. */
export function sendAlone(frame: Buffer, { dial, timeout, linger, done }: Shot): Socket {
  const socket = dial();
  let sent = false;
  // With a reset, the system keeps nothing of what was not taken.
  let cancel = afterReading(timeout, () => socket.resetAndDestroy());
  socket.on('connect', () => socket.end(frame));
  socket.on('finish', () => {
    sent = true;
    cancel();
    cancel = afterReading(linger, () => socket.destroy());
  });
  socket.on('error', () => {});
  socket.on('close', () => {
    cancel();
    done(sent);
  });
  socket.resume();
  return socket;
}
