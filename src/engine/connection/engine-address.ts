import { resolve } from 'node:path';
import { DevnetError } from '../../shared/errors.ts';
import { type EngineEndpoint, speaksTlsByDefault } from './engine-endpoint.ts';
import type { EngineTls } from './engine-tls.ts';
import { forwardEngineSocket } from './ssh-forward.ts';

/** How to connect to an engine. */
export type EngineAddress =
  | { socketPath: string }
  | { protocol: 'http'; host: string; port: number }
  | { protocol: 'https'; host: string; port: number; tls: EngineTls };

const DEFAULT_PORT = 2375;
const DEFAULT_TLS_PORT = 2376;
const DEFAULT_SOCKET = '/var/run/docker.sock';

/**
 * Resolves an endpoint; one behind ssh is forwarded to a socket of this machine.
 * @throws DevnetError `engine_missing` when the address has no form of an engine's, or ssh fails
 */
export async function resolveEngineAddress(endpoint: EngineEndpoint): Promise<EngineAddress> {
  const { host, origin, tls } = endpoint;
  const [, scheme, rest = ''] = /^([a-z][a-z0-9+.-]*):\/\/(.*)$/i.exec(host) ?? [];
  switch (scheme?.toLowerCase()) {
    case 'unix':
      if (rest !== '' && !rest.startsWith('/')) throw addressError(host, origin, 'is not an absolute path');
      return { socketPath: rest || DEFAULT_SOCKET };
    case 'npipe':
      return { socketPath: rest };
    case 'ssh':
      return { socketPath: await forwardEngineSocket(parseUrl(host, origin)) };
    case 'tcp':
    case 'http':
    case 'https': {
      const url = parseUrl(host, origin);
      const port = url.port === '' ? undefined : Number(url.port);
      const hostname = url.hostname.replace(/^\[(.*)\]$/, '$1');
      if (hostname === '') throw addressError(host, origin, 'names no host');
      if (!tls && !speaksTlsByDefault(host)) return { protocol: 'http', host: hostname, port: port ?? DEFAULT_PORT };
      return { protocol: 'https', host: hostname, port: port ?? DEFAULT_TLS_PORT, tls: tls ?? { verify: true } };
    }
    case undefined:
      throw addressError(host, origin, 'has no scheme');
    default:
      throw addressError(host, origin, `has the unknown scheme ${scheme}`);
  }
}

function parseUrl(host: string, origin: string): URL {
  try {
    return new URL(host);
  } catch (cause) {
    throw addressError(host, origin, 'is not a URL', cause);
  }
}

function addressError(host: string, origin: string, what: string, cause?: unknown): DevnetError {
  const path = /^(?:unix:(?:\/\/)?)?([^:]*\/.*)$/.exec(host)?.[1];
  const absolute = path?.startsWith('.') ? resolve(path) : path;
  const meant = absolute === undefined ? undefined : `unix:///${absolute.replace(/^\/+/, '')}`;
  const hint =
    meant === undefined
      ? 'unix:///var/run/docker.sock, tcp://HOST:PORT or ssh://USER@HOST'
      : origin === 'DOCKER_HOST'
        ? `export DOCKER_HOST=${meant}`
        : `did you mean ${meant}?`;
  return new DevnetError('engine_missing', `the engine's address "${host}" (${origin}) ${what}`, {
    hint,
    ...(cause === undefined ? {} : { cause }),
  });
}
