import { realpath } from 'node:fs/promises';
import type { Engine } from '../../../engine/connection/engine.ts';
import { readPodmanSocket } from '../../../engine/connection/podman-api.ts';

/** The engine's socket on its own machine, where nothing says otherwise. */
const DEFAULT_SOCKET = '/var/run/docker.sock';

/**
 * Lists the paths on the engine's machine where its socket may be, the likeliest first. Only trying tells: this process may see
 * the socket elsewhere, through a symbolic link, a virtual machine (Colima, Rancher Desktop) or a forwarding program.
 */
export async function findEngineSockets(engine: Engine): Promise<string[]> {
  const { host } = engine.endpoint;
  const local = /^unix:\/\/(\/.+)$/i.exec(host)?.[1];
  return socketCandidates(host, {
    realPath: local === undefined ? undefined : await realpath(local).catch(() => undefined),
    podmanSocket: await readPodmanSocket(engine),
  });
}

/**
 * @param host of the endpoint, as in DOCKER_HOST
 * @param found.realPath of a socket on this machine, without symbolic links
 * @param found.podmanSocket the path that Podman says it listens at
 */
export function socketCandidates(
  host: string,
  { realPath, podmanSocket }: { realPath: string | undefined; podmanSocket: string | undefined },
): string[] {
  const [, scheme = '', rest = ''] = /^(unix|ssh):\/\/(.*)$/i.exec(host) ?? [];
  // What follows the host in an ssh address is a path on the engine's machine.
  const path = scheme.toLowerCase() === 'ssh' ? /^[^/]*(\/.+)$/.exec(rest)?.[1] : rest;
  const paths = [path, realPath, podmanSocket, DEFAULT_SOCKET];
  return [...new Set(paths.filter((one): one is string => one?.startsWith('/') === true))];
}
