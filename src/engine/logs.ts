import type { Readable } from 'node:stream';
import type { Engine } from './engine.ts';
import { httpStatusOf, toEngineError } from './engine-error.ts';
import { type ContainerLogLine, LogDemuxer } from './log-demuxer.ts';

export interface ContainerLogOptions {
  /** Continue with new lines, until the container ends or `signal` aborts. */
  follow: boolean;
  /** Omit lines before this time: seconds since the epoch, with a fraction. @default none omitted */
  since?: number;
  /** Omit all but the last lines of what is there. @default none omitted */
  tail?: number;
  signal?: AbortSignal;
}

/**
 * Yields a container's lines in batches as they arrive, with backpressure: the engine waits while the reader is busy. Ends
 * without an error when the container is gone or the signal aborts.
 * @throws DevnetError `engine_gone`, `engine_failed`
 */
export async function* readContainerLogs(
  engine: Engine,
  id: string,
  { follow, since, tail, signal }: ContainerLogOptions,
): AsyncGenerator<ContainerLogLine[]> {
  if (signal?.aborted) return;
  const demuxer = new LogDemuxer();
  let stream: Readable | undefined;
  const stop = () => stream?.destroy();
  signal?.addEventListener('abort', stop, { once: true });
  try {
    stream = await openLogStream(engine, id, {
      stdout: true,
      stderr: true,
      timestamps: true,
      follow,
      ...(since === undefined ? {} : { since: since.toFixed(9) }),
      ...(tail === undefined ? {} : { tail }),
    });
    if (signal?.aborted) return;
    for await (const chunk of stream) {
      const lines = demuxer.push(chunk as Buffer);
      if (lines.length > 0) yield lines;
    }
    const last = demuxer.end();
    if (last.length > 0) yield last;
  } catch (cause) {
    if (signal?.aborted || httpStatusOf(cause) === 404 || httpStatusOf(cause) === 409) return;
    throw toEngineError(cause, `read the log of the container ${id.slice(0, 12)}`);
  } finally {
    signal?.removeEventListener('abort', stop);
    stream?.destroy();
  }
}

/** Opens a log as a stream. Dockerode's own call returns the whole log as one buffer when it does not follow. */
function openLogStream(engine: Engine, id: string, query: Record<string, unknown>): Promise<Readable> {
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
