import { setMaxListeners } from 'node:events';
import type { Readable } from 'node:stream';
import { readJsonLines } from '../shared/files/json-lines.ts';
import type { Engine, EngineHost } from './connection/engine.ts';
import { toEngineError } from './connection/engine-error.ts';
import { loseHost, reachableEngines } from './connection/engine-hosts.ts';

/** Something that happened to a container. */
export interface ContainerEvent {
  /** Docker's word: `start`, `die`, `oom`, `pause`, `destroy`, … */
  action: string;
  id: string;
  labels: Record<string, string>;
  /** Engine's time: ISO 8601, UTC, with microseconds. */
  time: string;
  /** Exit code; only for a `die`. */
  exitCode?: number;
}

/** A container that was connected to a network or disconnected from it. */
export interface NetworkEvent {
  /** Docker's word: `connect`, `disconnect`. */
  action: string;
  containerId: string;
}

/**
 * Calls `onEvent` for each event of the containers that carry `label`, until `signal` aborts. Resolves once the engine
 * listens: no later event is missed.
 * @param onLost called when the engine ends the stream: it is gone. Of a swarm, that is the manager's
 * @param onHostLost called when a host of a swarm is gone. @default as `onLost`
 * @throws DevnetError `engine_gone`, `engine_failed`
 */
export function watchContainers(
  engine: Engine,
  label: string,
  signal: AbortSignal,
  onEvent: (event: ContainerEvent) => void,
  onLost: (failure: Error) => void,
  onHostLost?: (host: string, reason: string) => void,
): Promise<void> {
  const onEnd = (failure: Error, host?: EngineHost) => {
    const reason = host && onHostLost && loseHost(engine, host, failure);
    if (reason === undefined) onLost(failure);
    else onHostLost?.(host!.name, reason);
  };
  return watchEngineEvents(
    engine,
    { type: ['container'], label: [label] },
    signal,
    onEnd,
    ({ Action, Actor, timeNano }, host) => {
      if (host) engine.hosts?.note(Actor.ID, host);
      const { exitCode, ...labels } = Actor.Attributes;
      const action = Action === 'remove' ? 'destroy' : Action; // Podman's word.
      const time = isoTime(timeNano / 1_000);
      onEvent({
        action,
        id: Actor.ID,
        labels,
        time,
        ...(exitCode === undefined ? {} : { exitCode: Number(exitCode) }),
      });
    },
  );
}

/** As {@link watchContainers}, for the containers that are connected to a network or disconnected from it. */
export function watchNetwork(
  engine: Engine,
  networkId: string,
  signal: AbortSignal,
  onEvent: (event: NetworkEvent) => void,
  onLost: (failure: Error) => void,
): Promise<void> {
  return watchEngineEvents(engine, { type: ['network'], network: [networkId] }, signal, onLost, ({ Action, Actor }) => {
    onEvent({ action: Action, containerId: Actor.Attributes.container ?? '' });
  });
}

/** An event as the engine sends it. */
interface EngineEvent {
  Action: string;
  Actor: { ID: string; Attributes: Record<string, string> };
  /** Nanoseconds since the epoch, as exact as a double is: to a quarter of a microsecond. */
  timeNano: number;
}

function isoTime(microseconds: number): string {
  const fraction = String(Math.floor(microseconds % 1_000)).padStart(3, '0');
  return `${new Date(microseconds / 1_000).toISOString().slice(0, -1)}${fraction}Z`;
}

async function watchEngineEvents(
  engine: Engine,
  filters: Record<string, string[]>,
  signal: AbortSignal,
  onLost: (failure: Error, host?: EngineHost) => void,
  onEvent: (event: EngineEvent, host?: EngineHost) => void,
): Promise<void> {
  setMaxListeners(0, signal); // One for each host.
  await Promise.all(
    reachableEngines(engine).map(({ engine: one, host }) =>
      watchOneEngine(
        one,
        filters,
        signal,
        (failure) => onLost(failure, host),
        (event) => onEvent(event, host),
      ),
    ),
  );
}

async function watchOneEngine(
  engine: Engine,
  filters: Record<string, string[]>,
  signal: AbortSignal,
  onLost: (failure: Error) => void,
  onEvent: (event: EngineEvent) => void,
): Promise<void> {
  const task = "watch the engine's events";
  let stream: Readable;
  try {
    stream = (await engine.docker.getEvents({ filters })) as Readable;
  } catch (cause) {
    throw toEngineError(cause, task);
  }
  const stop = () => stream.destroy();
  if (signal.aborted) return void stop();
  signal.addEventListener('abort', stop, { once: true });
  void (async () => {
    let failure = new Error('its event stream ended');
    try {
      for await (const event of readJsonLines<EngineEvent>(stream)) onEvent(event);
    } catch (cause) {
      failure = cause as Error;
    }
    signal.removeEventListener('abort', stop);
    if (!signal.aborted) onLost(toEngineError(Object.assign(failure, { code: 'ECONNRESET' }), task));
  })();
}
