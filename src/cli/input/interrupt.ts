import { DevnetError } from '../../shared/errors.ts';
import { isReaderGone } from '../../shared/files/file-error.ts';

/** A Ctrl-C in a terminal may arrive twice, from the terminal and from npm: two signals within this time are one. */
const DUPLICATE_SIGNAL_WINDOW_MS = 250;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export interface Interrupt {
  /** Aborts at the first Ctrl-C (or SIGTERM, or when the terminal is closed) with an `interrupted` error. */
  signal: AbortSignal;
  /** Restores the default handling of signals. */
  release: () => void;
}

/** Options of {@link handleInterrupt}. */
export interface InterruptOptions {
  /** Called at the second Ctrl-C; must not return. @default exits with status 130 */
  leave?: () => void;
  /**
   * Continue when the reader of the output goes away: what the command does outlives what it prints.
   * @default false
   */
  continueWithoutReader?: boolean;
}

/** Handles Ctrl-C: the first one aborts the signal, so that the command ends in order; the second one leaves at once. */
export function handleInterrupt({
  leave = () => process.exit(130),
  continueWithoutReader = false,
}: InterruptOptions = {}): Interrupt {
  const controller = new AbortController();
  let first = 0;
  const onSignal = () => {
    const now = Date.now();
    if (first === 0) {
      first = now;
      controller.abort(new DevnetError('interrupted', 'interrupted'));
    } else if (now - first > DUPLICATE_SIGNAL_WINDOW_MS) leave();
  };
  for (const name of SIGNALS) process.on(name, onSignal);
  // `devnet logs | head` has its lines, and a foreground `up` must not outlive its reader. With `2>&1 |` the first stream to
  // notice may be standard error.
  const onStreamError = (cause: NodeJS.ErrnoException) => {
    if (!continueWithoutReader && isReaderGone(cause))
      controller.abort(new DevnetError('interrupted', 'output closed by its reader'));
  };
  for (const stream of [process.stdout, process.stderr]) stream.on('error', onStreamError);
  return {
    signal: controller.signal,
    release: () => {
      for (const name of SIGNALS) process.off(name, onSignal);
      for (const stream of [process.stdout, process.stderr]) stream.off('error', onStreamError);
    },
  };
}
