import type { Readable } from 'node:stream';
import type { Engine } from './engine.ts';
import { engineFailure } from './failure.ts';

/** Something that happened to a container. */
export interface ContainerEvent {
  /** Docker's word: `start`, `die`, `oom`, `pause`, `destroy`, … */
  action: string;
  id: string;
  labels: Record<string, string>;
  /** Of a `die`. */
  exitCode?: number;
}

/**
 * Calls `seen` for each event of the containers that carry `label`, until `signal` aborts. It resolves once the engine
 * listens, so that nothing which happens afterwards is missed.
 * @param lost called when the engine's stream ends by itself: the engine is gone
 */
export async function watchContainers(
  engine: Engine,
  label: string,
  signal: AbortSignal,
  seen: (event: ContainerEvent) => void,
  lost: (failure: Error) => void,
): Promise<void> {
  let stream: Readable;
  try {
    stream = (await engine.docker.getEvents({ filters: { type: ['container'], label: [label] } })) as Readable;
  } catch (cause) {
    throw engineFailure(cause, "watch the engine's events");
  }
  const stop = () => stream.destroy();
  if (signal.aborted) {
    stop();
    return;
  }
  signal.addEventListener('abort', stop, { once: true });
  let rest = '';
  stream.setEncoding('utf8');
  stream.on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() as string;
    for (const line of lines) if (line.trim() !== '') seen(parse(line));
  });
  const ended = (cause?: Error) => {
    signal.removeEventListener('abort', stop);
    if (!signal.aborted) {
      const reset = Object.assign(cause ?? new Error('its event stream ended'), { code: 'ECONNRESET' });
      lost(engineFailure(reset, "watch the engine's events"));
    }
  };
  stream.once('error', ended);
  stream.once('close', () => ended());
}

function parse(line: string): ContainerEvent {
  const event = JSON.parse(line) as { Action: string; Actor: { ID: string; Attributes: Record<string, string> } };
  const { exitCode, ...labels } = event.Actor.Attributes;
  return {
    action: event.Action,
    id: event.Actor.ID,
    labels,
    ...(exitCode === undefined ? {} : { exitCode: Number(exitCode) }),
  };
}
