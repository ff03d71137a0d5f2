import { DevnetError } from '../../shared/errors.ts';

/** A Ctrl-C in a terminal may arrive twice, from the terminal and from npm: within this time it is one. Milliseconds. */
const DUPLICATE_SIGNAL_WINDOW_MS = 250;

export interface Interrupt {
  /** Aborts at the first Ctrl-C (or SIGTERM, or when the terminal is closed) with an `interrupted` error. */
  signal: AbortSignal;
  /** Gives the signals back. */
  release: () => void;
}

/**
 * Takes over Ctrl-C: once, to end in order; twice, to leave at once.
 * @param leave called at the second; it should not return
 */
export function handleInterrupt(leave: () => void): Interrupt {
  const controller = new AbortController();
  let first = 0;
  const pressed = () => {
    const now = Date.now();
    if (first === 0) {
      first = now;
      controller.abort(new DevnetError('interrupted', 'interrupted'));
    } else if (now - first > DUPLICATE_SIGNAL_WINDOW_MS) leave();
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const name of signals) process.on(name, pressed);
  // Nobody reads on: `devnet logs | head` has its lines, and a foreground `up` is not to outlive its reader.
  const unread = () => controller.abort(new DevnetError('interrupted', 'nobody reads the output any more'));
  // With `2>&1 |` the first to notice may be standard error.
  for (const stream of [process.stdout, process.stderr]) stream.once('error', unread);
  return {
    signal: controller.signal,
    release: () => {
      for (const name of signals) process.off(name, pressed);
      for (const stream of [process.stdout, process.stderr]) stream.off('error', unread);
    },
  };
}
