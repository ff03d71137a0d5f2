import { type IncomingHttpHeaders, type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { DockerVersion } from 'dockerode';
import { DevnetError, describeError, type ErrorCode } from '../../shared/errors.ts';
import { truncate } from '../../shared/text.ts';
import type { EngineAddress } from './engine-address.ts';
import { leaveContextHint } from './engine-endpoint.ts';
import { toEngineError } from './engine-error.ts';

/** An engine answers at once, but an overloaded machine may take its time. */
const DEFAULT_TIMEOUT_MS = 30_000;
/** Longer replies are no engine's, and are not read to their end. */
const MAX_REPLY_BYTES = 1024 * 1024;
const MAX_QUOTED_LENGTH = 80;

/** Codes of a connection that was never made: nothing listens there, or nothing is there. */
const NO_CONNECTION_CODES = new Set([
  ...['ENOENT', 'ENOTDIR', 'ECONNREFUSED', 'ETIMEDOUT'],
  ...['EAI_AGAIN', 'ENOTFOUND', 'EHOSTUNREACH', 'ENETUNREACH'],
]);

/** Place at which an engine is said to be, for error messages. */
export interface EngineLocation {
  host: string;
  origin: string;
}

/** A reply to `GET /version`. */
export interface VersionReply {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

/**
 * Asks an engine for its version: the first request, which also finds out whether it is an engine at all. It does not go
 * through dockerode, which follows redirects outside of its promises and waits for ever.
 * @throws DevnetError `engine_missing`, `engine_denied`, `engine_failed`
 */
export async function readEngineVersion(
  address: EngineAddress,
  location: EngineLocation,
  timeoutMs: number = DEFAULT_TIMEOUT_MS,
): Promise<DockerVersion> {
  const signal = AbortSignal.timeout(timeoutMs);
  let reply: VersionReply;
  try {
    reply = await getVersion(address, signal);
  } catch (cause) {
    throw signal.aborted ? silentEngineError(location, timeoutMs, cause) : connectionError(cause, address, location);
  }
  return parseVersionReply(reply, location);
}

async function getVersion(address: EngineAddress, signal: AbortSignal): Promise<VersionReply> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const options = { path: '/version', agent: false as const, signal };
    const request =
      'socketPath' in address
        ? requestHttp({ ...options, socketPath: address.socketPath })
        : address.protocol === 'http'
          ? requestHttp({ ...options, host: address.host, port: address.port })
          : requestHttps({
              ...options,
              host: address.host,
              port: address.port,
              ...address.tls,
              rejectUnauthorized: address.tls.verify,
            });
    request.once('response', resolve).once('error', reject).end();
  });
  return { status: response.statusCode ?? 0, headers: response.headers, body: await readBody(response) };
}

async function readBody(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > MAX_REPLY_BYTES) break; // Which closes the connection.
  }
  return Buffer.concat(chunks).toString();
}

/** Returns the version in a reply. @throws DevnetError when the reply is not an engine's */
export function parseVersionReply(reply: VersionReply, location: EngineLocation): DockerVersion {
  const { status, headers, body } = reply;
  const where = describeLocation(location);
  const content = parseJson(body) as (Partial<DockerVersion> & { message?: unknown }) | undefined;
  if (status === 200 && typeof content?.ApiVersion === 'string' && /^\d+\.\d+$/.test(content.ApiVersion)) {
    return { ...content, Version: String(content.Version ?? 'of unknown version') } as DockerVersion;
  }
  const said = typeof content?.message === 'string' ? content.message : body;
  const answer = `${status}${said.trim() === '' ? '' : ` ${JSON.stringify(truncate(said.trim(), MAX_QUOTED_LENGTH))}`}`;
  if (status === 400 && /HTTPS server/i.test(body)) {
    return fail('engine_missing', `the engine at ${where} expects TLS`, tlsHint(location));
  }
  if (status === 401 || status === 403) {
    const hint = 'whatever stands in front of the engine has to allow all requests';
    return fail('engine_denied', `the engine at ${where} refuses access: it answers ${answer}`, hint);
  }
  if (status >= 500 && content?.message !== undefined) {
    return fail(
      'engine_failed',
      `the engine at ${where} is not ready: it answers ${answer}`,
      'try again, or restart it',
    );
  }
  const redirect = status >= 300 && status < 400 && headers.location !== undefined ? ` to ${headers.location}` : '';
  const message = `${where} is no container engine: it answers ${answer}${redirect}`;
  return fail('engine_missing', message, otherEngineHint(location));
}

function silentEngineError(location: EngineLocation, timeoutMs: number, cause: unknown): DevnetError {
  return new DevnetError(
    'engine_missing',
    `no answer after ${timeoutMs / 1000} s from the engine at ${describeLocation(location)}`,
    { hint: otherEngineHint(location), cause },
  );
}

/** Says why an engine could not be asked for its version. */
export function connectionError(cause: unknown, address: EngineAddress, location: EngineLocation): DevnetError {
  const { code = '' } = cause as NodeJS.ErrnoException;
  const where = describeLocation(location);
  const reason = describeError(cause);
  const error = (message: string, hint: string) => new DevnetError('engine_missing', message, { hint, cause });
  const isSecure = 'protocol' in address && address.protocol === 'https';
  if (/^HPE_/.test(code)) return error(`${where} is no container engine: ${reason}`, otherEngineHint(location));
  if (
    /^ERR_SSL_WRONG_VERSION_NUMBER|^EPROTO$/.test(code) &&
    /wrong version number|packet length too long/i.test(reason)
  )
    return error(`${where} does not speak TLS`, plainHint(location));
  if (/^ERR_(SSL|TLS|OSSL)|^EPROTO$|CERT|SIGNATURE|ISSUER/.test(code))
    return error(`TLS with the engine at ${where} failed: ${reason}`, certificatesHint(location));
  if (code === 'ECONNRESET' || code === 'EPIPE') {
    const hint = isSecure ? otherEngineHint(location) : tlsHint(location);
    return error(`${where} closes the connection without an answer`, hint);
  }
  if (NO_CONNECTION_CODES.has(code))
    return error(`no container engine answers (${location.host}, by ${location.origin})`, otherEngineHint(location));
  return toEngineError(cause, `use the engine at ${where}`);
}

function fail(code: ErrorCode, message: string, hint: string): never {
  throw new DevnetError(code, message, { hint });
}

const describeLocation = ({ host, origin }: EngineLocation) => `${host} (${origin})`;

function otherEngineHint({ origin }: EngineLocation): string {
  if (origin === 'DOCKER_HOST') return 'unset DOCKER_HOST, or start that engine';
  if (origin.startsWith('context ')) return `${leaveContextHint(origin)}, or start that engine`;
  return 'docker/engine up';
}

function tlsHint({ origin }: EngineLocation): string {
  return origin.startsWith('context ')
    ? 'docker context update --docker sets its certificates'
    : 'DOCKER_TLS_VERIFY=1 turns TLS on, and DOCKER_CERT_PATH names the folder of ca.pem, cert.pem and key.pem';
}

function certificatesHint({ origin }: EngineLocation): string {
  return origin.startsWith('context ')
    ? 'docker context update --docker sets its certificates'
    : 'ca.pem, cert.pem and key.pem in DOCKER_CERT_PATH have to belong to that engine';
}

function plainHint({ origin }: EngineLocation): string {
  return origin.startsWith('context ')
    ? 'docker context update --docker removes its certificates'
    : 'unset DOCKER_TLS_VERIFY';
}

function parseJson(body: string): unknown {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
