import { execFile } from 'node:child_process';
import { describeError } from '../../shared/errors.ts';
import { type DockerConfig, readDockerConfig } from '../connection/docker-config.ts';

/** Credentials for a registry, in the words of Docker's API. */
export interface RegistryCredentials {
  serveraddress: string;
  username?: string;
  password?: string;
  /** In place of a password: what the registry gave at `docker login`. */
  identitytoken?: string;
  /** In place of all others: sent to the registry as it is. */
  registrytoken?: string;
}

/** Result of a search for credentials. */
export interface CredentialLookup {
  /** Undefined where there are none: the pull is anonymous then. */
  credentials?: RegistryCredentials;
  /** Why credentials that there may be could not be read. */
  problem?: string;
}

/** How a helper failed. */
interface HelperError extends NodeJS.ErrnoException {
  killed?: boolean;
  stdout?: string;
  stderr?: string;
}

/** A helper may have to ask the user, or a server. */
const HELPER_TIMEOUT_MS = 30_000;
/** Address that Docker Hub's credentials are stored under. */
const DOCKER_HUB_SERVER = 'https://index.docker.io/v1/';
/** Name that a helper gives a token in place of a user. */
const TOKEN_USERNAME = '<token>';

/**
 * Finds the credentials of `docker login` for a registry, as Docker's client does: those of the registry's own helper, of the
 * credential store, or of the configuration file itself.
 * @param registry host, with its port if it has one: `docker.io`, `localhost:5000`
 */
export async function findRegistryCredentials(
  registry: string,
  config: DockerConfig = readDockerConfig(),
): Promise<CredentialLookup> {
  const server = registry === 'docker.io' ? DOCKER_HUB_SERVER : registry;
  const helper = helperFor(config, server);
  if (helper !== undefined) return askHelper(helper, server);
  const entry = findAuth(config.auths, server);
  const credentials = entry === undefined ? undefined : credentialsFrom(entry, server);
  return {
    ...(credentials ? { credentials } : {}),
    ...(config.problem === undefined ? {} : { problem: config.problem }),
  };
}

function helperFor({ credHelpers, credsStore }: DockerConfig, server: string): string | undefined {
  const name = recordOf(credHelpers)[server] ?? credsStore;
  return typeof name === 'string' && name !== '' ? name : undefined;
}

/** Finds the entry of a server: by its name, or by an address such as `https://HOST/v1/`. */
function findAuth(auths: unknown, server: string): Record<string, unknown> | undefined {
  const entries = recordOf(auths);
  const key = [server, ...Object.keys(entries)].find(
    (one) => Object.hasOwn(entries, one) && hostOf(one) === hostOf(server),
  );
  return key === undefined ? undefined : recordOf(entries[key]);
}

const recordOf = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};

const hostOf = (address: string): string => address.replace(/^https?:\/\//, '').replace(/\/.*$/, '');

function credentialsFrom(entry: Record<string, unknown>, server: string): RegistryCredentials | undefined {
  const text = (key: string): string | undefined =>
    typeof entry[key] === 'string' ? entry[key] || undefined : undefined;
  const packed = text('auth');
  const [, username, password] =
    packed === undefined
      ? [undefined, text('username'), text('password')]
      : (/^([^:]*):([\s\S]*)$/.exec(Buffer.from(packed, 'base64').toString().replace(/\0+$/, '')) ?? []);
  const [identitytoken, registrytoken] = [text('identitytoken'), text('registrytoken')];
  if ((username ?? identitytoken ?? registrytoken) === undefined) return undefined;
  return {
    serveraddress: server,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(identitytoken === undefined ? {} : { identitytoken }),
    ...(registrytoken === undefined ? {} : { registrytoken }),
  };
}

/** Asks a credential helper (github.com/docker/docker-credential-helpers): the server goes in, JSON comes out. */
async function askHelper(name: string, server: string): Promise<CredentialLookup> {
  const program = `docker-credential-${name}`;
  const fail = (why: string): CredentialLookup => ({ problem: `the credential helper ${program} failed: ${why}` });
  if (!/^[\w.-]+$/.test(name)) return fail('its name in config.json is invalid');
  let output: string;
  try {
    output = await runHelper(program, server);
  } catch (cause) {
    const { code, killed, stdout = '', stderr = '' } = cause as HelperError;
    // Helpers write their errors to standard output, some to standard error; this one only says that nobody logged in.
    if (/credentials not found/i.test(stdout)) return {};
    if (code === 'ENOENT') return fail('there is no such program');
    if (killed) return fail(`no answer after ${HELPER_TIMEOUT_MS / 1000} s`);
    return fail(stdout.trim() || stderr.trim() || describeError(cause));
  }
  try {
    const { Username, Secret } = JSON.parse(output) as { Username?: unknown; Secret?: unknown };
    if (typeof Username !== 'string' || typeof Secret !== 'string' || Secret === '') return {};
    const secret = Username === TOKEN_USERNAME ? { identitytoken: Secret } : { username: Username, password: Secret };
    return { credentials: { serveraddress: server, ...secret } };
  } catch {
    return fail('its answer is not JSON');
  }
}

function runHelper(program: string, server: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile(program, ['get'], { timeout: HELPER_TIMEOUT_MS }, (cause, stdout, stderr) => {
      if (cause) reject(Object.assign(cause, { stdout, stderr }));
      else resolve(stdout);
    });
    child.stdin?.on('error', () => {}); // It may end without reading.
    child.stdin?.end(server);
  });
}
