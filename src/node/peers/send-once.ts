import type { Socket } from 'node:net';
import { setTimeoutAfterIo } from '../../shared/timeout-after-io.ts';

/** What sending one message needs. */
export interface SendOnceOptions {
  /** Starts a connection. */
  dial(): Socket;
  /** Milliseconds until it must have left. */
  timeoutMs: number;
  /** Milliseconds the other end has for an answer, which is not looked at, and for closing. */
  lingerMs: number;
  /** The connection is gone; whether the message had left before. Called once. */
  onDone(sent: boolean): void;
}

/** Sends one message on a connection of its own: says it, says that nothing follows, and lets the other end close. */
export function sendOnce(
  frame: Buffer,
  { dial, timeoutMs: timeout, lingerMs: linger, onDone: done }: SendOnceOptions,
): Socket {
  const socket = dial();
  let sent = false;
  // With a reset, the system keeps nothing of what was not taken.
  let cancel = setTimeoutAfterIo(timeout, () => socket.resetAndDestroy());
  socket.on('connect', () => socket.end(frame));
  socket.on('finish', () => {
    sent = true;
    cancel();
    cancel = setTimeoutAfterIo(linger, () => socket.destroy());
  });
  socket.on('error', () => {});
  socket.on('close', () => {
    cancel();
    done(sent);
  });
  socket.resume();
  return socket;
}
