import type { Readable } from 'node:stream';
import type { Engine } from './engine.ts';
import { toEngineError } from './engine-error.ts';

/** Something that happened to a container. */
export interface ContainerEvent {
  /** Docker's word: `start`, `die`, `oom`, `pause`, `destroy`, … */
  action: string;
  id: string;
  labels: Record<string, string>;
  /** Of a `die`. */
  exitCode?: number;
}

/** A container that came onto a network or left it. */
export interface NetworkEvent {
  /** Docker's word: `connect`, `disconnect`. */
  action: string;
  /** Its id. */
  containerId: string;
}

/**
 * Calls `seen` for each event of the containers that carry `label`, until `signal` aborts. It resolves once the engine
 * listens, so that nothing which happens afterwards is missed.
 * @param lost called when the engine's stream ends by itself: the engine is gone
 */
export function watchContainers(
  engine: Engine,
  label: string,
  signal: AbortSignal,
  seen: (event: ContainerEvent) => void,
  lost: (failure: Error) => void,
): Promise<void> {
  return watchEngineEvents(engine, { type: ['container'], label: [label] }, signal, lost, ({ Action, Actor }) => {
    const { exitCode, ...labels } = Actor.Attributes;
    const action = Action === 'remove' ? 'destroy' : Action; // As Podman calls it.
    seen({ action, id: Actor.ID, labels, ...(exitCode === undefined ? {} : { exitCode: Number(exitCode) }) });
  });
}

/** As `watchContainers`, for those that come onto a network or leave it. */
export function watchNetwork(
  engine: Engine,
  networkId: string,
  signal: AbortSignal,
  seen: (event: NetworkEvent) => void,
  lost: (failure: Error) => void,
): Promise<void> {
  return watchEngineEvents(engine, { type: ['network'], network: [networkId] }, signal, lost, ({ Action, Actor }) => {
    seen({ action: Action, containerId: Actor.Attributes.container ?? '' });
  });
}

/** An event in the engine's own words. */
interface EngineEvent {
  Action: string;
  Actor: { ID: string; Attributes: Record<string, string> };
}

async function watchEngineEvents(
  engine: Engine,
  filters: Record<string, string[]>,
  signal: AbortSignal,
  lost: (failure: Error) => void,
  seen: (event: EngineEvent) => void,
): Promise<void> {
  let stream: Readable;
  try {
    stream = (await engine.docker.getEvents({ filters })) as Readable;
  } catch (cause) {
    throw toEngineError(cause, "watch the engine's events");
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
    for (const line of lines) if (line.trim() !== '') seen(JSON.parse(line) as EngineEvent);
  });
  const ended = (cause?: Error) => {
    signal.removeEventListener('abort', stop);
    if (!signal.aborted) {
      const reset = Object.assign(cause ?? new Error('its event stream ended'), { code: 'ECONNRESET' });
      lost(toEngineError(reset, "watch the engine's events"));
    }
  };
  stream.once('error', ended);
  stream.once('close', () => ended());
}
