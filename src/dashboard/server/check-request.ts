import { createHash, timingSafeEqual } from 'node:crypto';

/** Parts of a request that the page's server judges it by. */
export interface RequestFacts {
  method: string;
  /** Path and query. */
  url: string;
  host: string | undefined;
  origin: string | undefined;
  /** Header `sec-fetch-site`, which browsers set and pages cannot. */
  fetchSite: string | undefined;
  authorization: string | undefined;
  contentType: string | undefined;
}

/** Names that a browser reaches the server by, here or at the other end of `ssh -L`, which may have another port. */
const LOOPBACK_NAMES = new Set(['127.0.0.1', 'localhost', '[::1]']);

export interface RefusedRequest {
  status: 400 | 401 | 403 | 405 | 415;
  reason: string;
}

/**
 * Decides whether to answer a request. The token keeps out other users of this machine; the checks of host and origin keep out
 * pages of other sites that run in the reader's browser, also where a name of theirs was made to mean this machine.
 * @returns why the request is refused; undefined: it is not
 */
export function checkRequest(request: RequestFacts, token: string): RefusedRequest | undefined {
  const { method, host = '', origin, fetchSite, contentType = '' } = request;
  if (method !== 'GET' && method !== 'POST') return { status: 405, reason: 'only GET and POST' };
  if (!isLoopback(host))
    return { status: 403, reason: 'this page is served on loopback only: the Host header names another' };
  if (origin !== undefined && origin !== `http://${host}`)
    return { status: 403, reason: 'a request of another origin' };
  if (fetchSite !== undefined && fetchSite !== 'same-origin' && fetchSite !== 'none') {
    return { status: 403, reason: 'a request of another site' };
  }
  if (!isEqual(givenToken(request), token)) {
    return { status: 401, reason: 'the token is missing or wrong: open the address that devnet printed' };
  }
  if (method === 'POST' && contentType.split(';')[0] !== 'application/json') {
    return { status: 415, reason: 'a command is application/json' };
  }
  return undefined;
}

/** A form of another site can send a query, but no Authorization header: commands have their token only there. */
function givenToken({ method, url, authorization = '' }: RequestFacts): string {
  if (authorization.startsWith('Bearer ')) return authorization.slice('Bearer '.length);
  if (method !== 'GET') return '';
  return new URLSearchParams(url.split('?')[1] ?? '').get('token') ?? '';
}

function isLoopback(host: string): boolean {
  const match = /^(\[[^\]]+\]|[^:]+)(:\d{1,5})?$/.exec(host);
  return match !== null && LOOPBACK_NAMES.has(match[1]!.toLowerCase());
}

/** Takes as long for every wrong token. */
function isEqual(given: string, expected: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}
