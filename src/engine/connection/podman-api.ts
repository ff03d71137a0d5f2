import type { Engine } from './engine.ts';

/** Version of Podman's own API, which has been served since Podman 4. */
const LIBPOD_VERSION = 'v4.0.0';

/** Reads from Podman's own API, for what its Docker API leaves out. @throws what docker-modem rejects with */
export function callPodman<T>(engine: Engine, path: string): Promise<T> {
  const { modem } = engine.docker;
  const request = {
    path: `${path}?`,
    method: 'GET',
    statusCodes: { 200: true, 404: 'not found', 500: 'server error' },
  };
  return new Promise((resolve, reject) => {
    // The modem puts its version in front of the path.
    const libpod = Object.create(modem, { version: { value: `${LIBPOD_VERSION}/libpod` } }) as typeof modem;
    libpod.dial(request, (cause: unknown, reply: unknown) => (cause ? reject(cause) : resolve(reply as T)));
  });
}

/** Returns the path that Podman listens at on its machine; undefined where it says none, and for Docker. */
export async function readPodmanSocket(engine: Engine): Promise<string | undefined> {
  if (engine.flavour !== 'podman') return undefined;
  const { host } = await callPodman<{ host: { remoteSocket?: { path?: string } } }>(engine, '/info');
  return host.remoteSocket?.path?.replace(/^unix:\/\//, '');
}
