import type { Socket } from 'node:net';
import { setTimeoutAfterIo } from '../../shared/time/timeout-after-io.ts';

export interface SendOnceOptions {
  /** Starts a connection. */
  dial(): Socket;
  /** Milliseconds within which the message must have left. */
  timeoutMs: number;
  /** Milliseconds for the other end to reply, which is ignored, and to close. */
  lingerMs: number;
  /** Called once when the connection is closed, with whether the message had left. */
  onDone(sent: boolean): void;
}

/** Sends one message on a connection of its own, half-closes it and lets the other end close. */
export function sendOnce(message: Buffer, { dial, timeoutMs, lingerMs, onDone }: SendOnceOptions): Socket {
  const socket = dial();
  let sent = false;
  // With a reset, the system keeps nothing that was not taken.
  let cancel = setTimeoutAfterIo(timeoutMs, () => socket.resetAndDestroy());
  socket.on('connect', () => socket.end(message));
  socket.on('finish', () => {
    sent = true;
    cancel();
    cancel = setTimeoutAfterIo(lingerMs, () => socket.destroy());
  });
  socket.on('error', () => {});
  socket.on('close', () => {
    cancel();
    onDone(sent);
  });
  socket.resume();
  return socket;
}
