import type { Container as ContainerHandle } from 'dockerode';
import { DevnetError } from '../../shared/errors.ts';
import type { Engine, EngineHost } from './engine.ts';

/** Returns the engine that a container is on. */
export function engineOf(engine: Engine, containerId: string): Engine {
  const host = engine.hosts?.hostOf(containerId);
  return host ? engineOn(host) : engine;
}

/** Returns a container of the API, on the engine that it is on. */
export function containerHandle(engine: Engine, containerId: string): ContainerHandle {
  return engineOf(engine, containerId).docker.getContainer(containerId);
}

/** Returns a host's engine. @throws DevnetError `engine_gone` where that cannot be used */
export function engineOn({ name, engine }: EngineHost): Engine {
  if (isAvailable(engine)) return engine;
  throw new DevnetError('engine_gone', `the host ${name} cannot be used: ${engine.unavailable}`, {
    hint: `docker node ls shows the state of the hosts`,
  });
}

/** Returns the host of a swarm whose engine is the manager's; undefined where the engine is that of one machine. */
export function leadingHost({ hosts, docker }: Engine): EngineHost | undefined {
  return hosts?.list().find(({ engine }) => isAvailable(engine) && engine.docker === docker);
}

/** The part of docker-modem that sends a request and gets its reply. */
interface Modem {
  dial(options: unknown, callback: (failure: ModemFailure | null, data?: unknown) => void): void;
}

interface ModemFailure extends Error {
  statusCode?: number;
  json?: { message?: unknown };
}

/** Names the host in the failures of its engine. Returns the engine. */
export function nameHostInErrors(engine: Engine, host: string): Engine {
  const modem = engine.docker.modem as unknown as Modem;
  const dial = modem.dial.bind(modem);
  modem.dial = (options, callback) =>
    dial(options, (failure, data) => {
      if (typeof failure?.json?.message === 'string') failure.json.message = `${host}: ${failure.json.message}`;
      else if (failure && failure.statusCode === undefined) failure.message = `${host}: ${failure.message}`;
      callback(failure, data);
    });
  return engine;
}

const isAvailable = (engine: EngineHost['engine']): engine is Engine => !('unavailable' in engine);

/** Returns the hosts that answer, with their engines; without hosts, the engine itself. */
export function reachableEngines(engine: Engine): { engine: Engine; host?: EngineHost }[] {
  if (!engine.hosts) return [{ engine }];
  return engine.hosts.list().flatMap((host) => (isAvailable(host.engine) ? [{ engine: host.engine, host }] : []));
}

/**
 * Gives up the host of a container after a failure there. The manager's own engine is never given up.
 * @returns why it is gone; undefined for another failure
 */
export function loseHostOf(engine: Engine, containerId: string, failure: unknown): string | undefined {
  const host = engine.hosts?.hostOf(containerId);
  return host && loseHost(engine, host, failure);
}

/** Gives up a host if a failure is that its engine is gone. @returns why it is gone; undefined for another failure */
export function loseHost(engine: Engine, { name }: EngineHost, failure: unknown): string | undefined {
  const isGone = failure instanceof DevnetError && ['engine_gone', 'engine_missing'].includes(failure.code);
  const now = engine.hosts?.list().find((host) => host.name === name);
  if (!isGone || !now || name === leadingHost(engine)?.name) return undefined;
  if (!isAvailable(now.engine)) return now.engine.unavailable;
  engine.hosts?.lose(now, failure.message);
  return failure.message;
}

/** Returns the names of the hosts that cannot be used. */
export function unavailableHosts({ hosts }: Engine): string[] {
  return (hosts?.list() ?? []).flatMap(({ name, engine }) => (isAvailable(engine) ? [] : [name]));
}

/** Finds a host by name. @throws DevnetError `usage` with the names there are, `engine_gone` where it cannot be used */
export function findHost(engine: Engine, name: string): EngineHost {
  const hosts = engine.hosts?.list() ?? [];
  const found = hosts.find((host) => host.name === name);
  if (!found) {
    const names = hosts.map((host) => host.name).join(', ');
    throw new DevnetError('usage', `the swarm has no host "${name}"`, { hint: `those of docker node ls: ${names}` });
  }
  engineOn(found);
  return found;
}

/**
 * Asks the engine, or all of its hosts at once. A host that does not answer is given up, and does not keep the answers of the
 * others back; `docker` of the engine itself has to answer.
 */
export async function askEveryHost<T>(
  engine: Engine,
  ask: (engine: Engine, host?: EngineHost) => Promise<readonly T[]>,
): Promise<T[]> {
  const answers = await Promise.all(
    reachableEngines(engine).map(async ({ engine: one, host }) => {
      try {
        return await ask(one, host);
      } catch (cause) {
        if (host === undefined || loseHost(engine, host, cause) === undefined) throw cause;
        return [];
      }
    }),
  );
  return answers.flat();
}
