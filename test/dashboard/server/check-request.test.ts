import { describe, expect, it } from 'vitest';
import { checkRequest, type RequestFacts } from '../../../src/dashboard/server/check-request.ts';

const TOKEN = 'a-token';
const page: RequestFacts = {
  method: 'GET',
  url: `/?token=${TOKEN}`,
  host: '127.0.0.1:8080',
  origin: undefined,
  fetchSite: 'none',
  authorization: undefined,
  contentType: undefined,
};
const command: RequestFacts = {
  ...page,
  method: 'POST',
  url: '/commands',
  origin: 'http://127.0.0.1:8080',
  fetchSite: 'same-origin',
  authorization: `Bearer ${TOKEN}`,
  contentType: 'application/json',
};

describe('a request to the page', () => {
  it.each<[string, RequestFacts]>([
    ['from the address bar', page],
    ['from a program that sends no Origin', { ...command, origin: undefined, fetchSite: undefined }],
    ['of the page itself', command],
    ['through ssh, at another port', { ...page, host: 'localhost:9999' }],
    ['over IPv6', { ...page, host: '[::1]:8080' }],
    ['with a character set', { ...command, contentType: 'application/json; charset=utf-8' }],
  ])('%s is answered', (_, request) => {
    expect(checkRequest(request, TOKEN)).toBeUndefined();
  });

  it.each<[string, RequestFacts, number]>([
    ['without a token', { ...page, url: '/' }, 401],
    ['with a wrong token', { ...page, url: '/?token=a-tokem' }, 401],
    ['with part of the token', { ...page, url: '/?token=a-toke' }, 401],
    ['whose token is in another place', { ...page, url: `/a-token?t=${TOKEN}` }, 401],
    [
      'that is a command with the token in its address',
      { ...command, url: `/commands?token=${TOKEN}`, authorization: undefined },
      401,
    ],
    ['with a wrong bearer', { ...command, authorization: 'Bearer other' }, 401],
    ['by another name of this machine', { ...page, host: 'evil.example:8080' }, 403],
    ['by a name that begins like loopback', { ...page, host: '127.0.0.1.evil.example' }, 403],
    ['by a name with credentials', { ...page, host: 'localhost@evil.example' }, 403],
    ['without a host', { ...page, host: undefined }, 403],
    ['of another origin', { ...command, origin: 'http://evil.example' }, 403],
    ['of another port', { ...command, origin: 'http://127.0.0.1:8081' }, 403],
    ['of an opaque origin', { ...command, origin: 'null' }, 403],
    ['that another site makes', { ...page, fetchSite: 'cross-site' }, 403],
    ['that another port makes', { ...page, fetchSite: 'same-site' }, 403],
    ['that a form makes', { ...command, contentType: 'text/plain' }, 415],
    ['of another method', { ...page, method: 'OPTIONS' }, 405],
  ])('%s is refused', (_, request, status) => {
    expect(checkRequest(request, TOKEN)?.status).toBe(status);
  });
});
