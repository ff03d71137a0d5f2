import { PassThrough } from 'node:stream';
import type { CapturedPart, CaptureSource } from '../../network/running-network.ts';

/** Interval of parts without bytes: they let a reader go on that waits for the packets of other hosts. */
const TICK_MS = 500;

/** The capture of one host. */
export interface HostCapture {
  source: CaptureSource;
  parts: AsyncIterable<CapturedPart>;
}

/**
 * Merges the captures of several hosts, as their parts come. The last part has the packets that were dropped on all of them.
 * @param end ends the captures
 */
export async function* mergeCaptures(captures: readonly HostCapture[], end: () => void): AsyncGenerator<CapturedPart> {
  const output = new PassThrough({ objectMode: true });
  let blocked: Promise<void> | undefined;
  let unblock = () => {};
  const write = (part: CapturedPart): Promise<void> | undefined => {
    // What comes after the reader has gone is read all the same, so that each capture ends.
    if (output.destroyed || output.write(part)) return undefined;
    blocked ??= new Promise((resolve) => {
      unblock = () => {
        blocked = undefined;
        resolve();
      };
    });
    return blocked;
  };
  output.on('drain', () => unblock()).on('close', () => unblock());
  let dropped = 0;
  const readers = captures.map(async ({ source, parts }) => {
    for await (const part of parts) {
      if ('dropped' in part) dropped += part.dropped;
      else await write({ ...part, source });
    }
  });
  Promise.all(readers).then(
    () => {
      void write({ dropped });
      output.end();
    },
    (cause: Error) => output.destroy(cause),
  );
  const [first] = captures;
  const ticks = setInterval(() => first && void write({ bytes: Buffer.alloc(0), source: first.source }), TICK_MS);
  try {
    yield* output as AsyncIterable<CapturedPart>;
  } finally {
    clearInterval(ticks);
    end();
  }
}
