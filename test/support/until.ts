import { poll } from '../../src/shared/time/poll.ts';

interface UntilOptions<T> {
  /** Decides which value ends the wait. @default any value other than `undefined` and `false` */
  accept?: (value: T) => boolean;
  /** @default 20_000 */
  timeoutMs?: number;
}

/**
 * Polls until `probe` returns a value that is accepted, and returns it.
 * @throws Error naming `description` and the last value when the time is up; whatever `probe` throws, at once
 */
export async function until<T>(
  probe: () => Promise<T> | T,
  description: string,
  { accept = (value) => value !== undefined && value !== false, timeoutMs = 20_000 }: UntilOptions<T> = {},
): Promise<Exclude<T, undefined | false>> {
  const result = await poll(probe, accept, {
    timeoutMs,
    intervalMs: 5,
    signal: new AbortController().signal,
    isFatal: () => true,
  });
  if (result.met) return result.value as Exclude<T, undefined | false>;
  const last = JSON.stringify(result.last)?.slice(0, 2_000);
  throw new Error(`timed out after ${timeoutMs} ms waiting for ${description}; last seen: ${last}`);
}
