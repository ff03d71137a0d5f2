import type { Readable } from 'node:stream';
import type { Engine } from './engine.ts';
import { httpStatusOf, toEngineError } from './engine-error.ts';
import { type ContainerLogLine, LogDemuxer } from './log-demuxer.ts';

export interface ContainerLogOptions {
  /** Go on as lines are written, until the container ends or `signal` aborts. */
  follow: boolean;
  /** Only lines from this time on: seconds since the epoch, with a fraction. */
  since?: number;
  /** Only this many lines from the end of what is there. */
  tail?: number;
  signal?: AbortSignal;
}

/**
 * A container's lines in batches as they arrive, with backpressure: the engine waits while the reader is busy.
 * Ends without an error when the container is gone or the signal aborts.
 */
export async function* readContainerLogs(
  engine: Engine,
  id: string,
  options: ContainerLogOptions,
): AsyncGenerator<ContainerLogLine[]> {
  if (options.signal?.aborted) return;
  const demuxer = new LogDemuxer();
  let stream: Readable | undefined;
  const stop = () => stream?.destroy();
  options.signal?.addEventListener('abort', stop, { once: true });
  try {
    stream = await openLogStream(engine, id, options);
    if (options.signal?.aborted) return;
    for await (const chunk of stream) {
      const lines = demuxer.push(chunk as Buffer);
      if (lines.length > 0) yield lines;
    }
    const last = demuxer.end();
    if (last.length > 0) yield last;
  } catch (cause) {
    if (options.signal?.aborted || httpStatusOf(cause) === 404 || httpStatusOf(cause) === 409) return;
    throw toEngineError(cause, `read the log of the container ${id.slice(0, 12)}`);
  } finally {
    options.signal?.removeEventListener('abort', stop);
    stream?.destroy();
  }
}

/** Always as a stream: dockerode's own call returns a whole log as one buffer when it does not follow. */
function openLogStream(engine: Engine, id: string, { follow, since, tail }: ContainerLogOptions): Promise<Readable> {
  const query = {
    stdout: true,
    stderr: true,
    timestamps: true,
    follow,
    ...(since === undefined ? {} : { since: since.toFixed(9) }),
    ...(tail === undefined ? {} : { tail }),
  };
  const request = {
    path: `/containers/${id}/logs?`,
    method: 'GET',
    isStream: true,
    statusCodes: { 200: true, 404: 'no such container', 409: 'conflict', 500: 'server error' },
    options: query,
  };
  return new Promise((resolve, reject) => {
    engine.docker.modem.dial(request, (cause: unknown, reply: unknown) =>
      cause ? reject(cause) : resolve(reply as Readable),
    );
  });
}
