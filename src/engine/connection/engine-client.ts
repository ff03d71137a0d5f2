import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { text } from 'node:stream/consumers';
import type { EngineAddress } from './engine-address.ts';
import { forwardEngineSocket } from './ssh-forward.ts';

/** Connection settings for a program that outlives the controller and uses the same engine. Plain JSON; it may hold keys. */
export interface EngineAccess {
  /** Version of the API, as `1.41`. */
  api: string;
  /** Options for node:http or node:https. */
  request: RequestTarget;
  /** Address of an engine behind ssh: the socket that it is forwarded to ends with the process that asked for it. */
  ssh?: string;
}

type RequestTarget =
  | { socketPath: string }
  | { protocol: 'http:'; host: string; port: number }
  | {
      protocol: 'https:';
      host: string;
      port: number;
      ca?: string;
      cert?: string;
      key?: string;
      rejectUnauthorized: boolean;
    };

/** Describes how to reach an engine. @param host of its endpoint, as in DOCKER_HOST */
export function engineAccess(address: EngineAddress, host: string, api: string): EngineAccess {
  return { api, request: requestTarget(address), ...(/^ssh:/i.test(host) ? { ssh: host } : {}) };
}

function requestTarget(address: EngineAddress): RequestTarget {
  if ('socketPath' in address) return address;
  const { protocol, host, port } = address;
  if (protocol === 'http') return { protocol: 'http:', host, port };
  const { ca, cert, key, verify } = address.tls;
  return {
    protocol: 'https:',
    host,
    port,
    rejectUnauthorized: verify,
    ...(ca ? { ca: ca.toString() } : {}),
    ...(cert ? { cert: cert.toString() } : {}),
    ...(key ? { key: key.toString() } : {}),
  };
}

/** Longest time without a byte from the engine. */
const IDLE_TIMEOUT_MS = 60_000;

/** The engine refused a request. */
export class EngineStatusError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** A small client of the engine's API: it needs no packages, and a new connection for each request. */
export class EngineClient {
  readonly #access: EngineAccess;
  #forwarded: Promise<RequestTarget> | undefined;

  constructor(access: EngineAccess) {
    this.#access = access;
  }

  /**
   * Sends a request.
   * @param body sent as JSON @default none
   * @returns the JSON of the reply; undefined when it is empty
   * @throws EngineStatusError for a status of 400 or more; Error when the engine does not answer
   */
  async call(method: string, path: string, idleTimeoutMs = IDLE_TIMEOUT_MS, body?: object): Promise<unknown> {
    const response = await this.#send(method, path, idleTimeoutMs, body);
    const reply = await text(response);
    const { statusCode = 0 } = response;
    if (statusCode >= 400) throw new EngineStatusError(statusCode, `${method} ${path}: ${statusCode} ${reply.trim()}`);
    return reply.trim() === '' ? undefined : JSON.parse(reply);
  }

  async #send(method: string, path: string, timeoutMs: number, body: object | undefined): Promise<IncomingMessage> {
    const target = await this.#target();
    const send = 'protocol' in target && target.protocol === 'https:' ? requestHttps : requestHttp;
    return new Promise((resolve, reject) => {
      const options = { ...target, method, path: `/v${this.#access.api}${path}`, timeout: timeoutMs, agent: false };
      const sent = send(options, resolve);
      sent.on('timeout', () => sent.destroy(new Error(`no answer within ${timeoutMs / 1_000} s`)));
      sent.on('error', (error) => {
        this.#forwarded = undefined;
        reject(error);
      });
      if (body === undefined) sent.end();
      else sent.setHeader('content-type', 'application/json').end(JSON.stringify(body));
    });
  }

  async #target(): Promise<RequestTarget> {
    const { ssh, request } = this.#access;
    if (ssh === undefined) return request;
    this.#forwarded ??= forwardEngineSocket(new URL(ssh)).then((socketPath) => ({ socketPath }));
    return this.#forwarded.catch((error: unknown) => {
      this.#forwarded = undefined;
      throw error;
    });
  }
}
