import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { chooseApiVersion, connectEngine } from '../../src/engine/connection/engine.ts';
import { findEngineEndpoint, hasEngine } from '../../src/engine/connection/engine-endpoint.ts';
import { connectionError, readEngineVersion } from '../../src/engine/connection/engine-version.ts';
import { callPodman } from '../../src/engine/connection/podman-api.ts';
import { closedPort } from '../support/closed-port.ts';
import { root } from '../support/paths.ts';

const CERTIFICATES = join(root, 'test', 'support', 'tls');
const OTHER_AUTHORITY = join(root, 'test', 'support', 'tls-other-ca.pem');
const VERSION = { Version: '28.2.2', ApiVersion: '1.50', Arch: 'amd64', Os: 'linux', Components: [{ Name: 'Engine' }] };

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const clean of cleanups.splice(0)) clean();
});

function folderInPlaceOf(file: string): void {
  unlinkSync(file);
  mkdirSync(file);
}

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'devnet-engine-test-'));
  cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Makes a server listen on loopback until the test ends. Returns its port. */
async function listen(server: Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => sockets.add(socket));
  cleanups.push(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

const answer: RequestListener = (_, reply) => reply.end(JSON.stringify(VERSION));
const replying = (status: number, type: string, body: string, headers = {}) =>
  createHttpServer((_, reply) => reply.writeHead(status, { 'content-type': type, ...headers }).end(body));
const tlsEngine = () =>
  createHttpsServer(
    {
      key: readFileSync(join(CERTIFICATES, 'key.pem')),
      cert: readFileSync(join(CERTIFICATES, 'cert.pem')),
      ca: readFileSync(join(CERTIFICATES, 'ca.pem')),
      requestCert: true,
      rejectUnauthorized: true,
    },
    answer,
  );

describe('what answers at DOCKER_HOST', () => {
  it.each<[what: string, server: () => Server, code: string, message: string | RegExp]>([
    [
      'a web page',
      () => replying(200, 'text/html', '<p>hello</p>'),
      'engine_missing',
      'is no container engine: it answers 200 "<p>hello</p>"',
    ],
    [
      'another JSON API',
      () => replying(200, 'application/json', '{"ok":true}'),
      'engine_missing',
      'is no container engine: it answers 200 "{\\"ok\\":true}"',
    ],
    [
      'an API version that is none',
      () => replying(200, 'application/json', '{"ApiVersion":"new"}'),
      'engine_missing',
      'is no container engine',
    ],
    [
      'nothing under that path',
      () => replying(404, 'text/plain', 'not found\n'),
      'engine_missing',
      'is no container engine: it answers 404 "not found"',
    ],
    [
      'a redirect',
      () => replying(301, 'text/html', '', { location: 'ftp://x/y' }),
      'engine_missing',
      'is no container engine: it answers 301 to ftp://x/y',
    ],
    [
      'a redirect to itself',
      () => replying(302, 'text/html', 'see', { location: '/version' }),
      'engine_missing',
      'is no container engine: it answers 302 "see" to /version',
    ],
    [
      'an endless page',
      () => createHttpServer((_, reply) => void setInterval(() => reply.write('x'.repeat(2 ** 20)), 1).unref()),
      'engine_missing',
      'is no container engine: it answers 200 "xxxx',
    ],
    [
      'a proxy that refuses',
      () => replying(403, 'application/json', '{"message":"no access"}'),
      'engine_denied',
      'refuses access: it answers 403 "no access"',
    ],
    [
      'an engine that starts',
      () => replying(503, 'application/json', '{"message":"starting"}'),
      'engine_failed',
      'is not ready: it answers 503 "starting"',
    ],
    [
      'an engine that expects TLS',
      () => replying(400, 'text/plain', 'Client sent an HTTP request to an HTTPS server.'),
      'engine_missing',
      'expects TLS',
    ],
    [
      'an old engine',
      () => replying(200, 'application/json', '{"ApiVersion":"1.40","Version":"19.03"}'),
      'engine_too_old',
      /is 19.03 with API 1.40/,
    ],
    [
      'no HTTP',
      () => createServer((socket) => void socket.on('error', () => {}).end('SSH-2.0-OpenSSH_9.2\r\n')),
      'engine_missing',
      'is no container engine: Parse Error',
    ],
    [
      'a closed connection',
      () => createServer((socket) => void socket.on('error', () => {}).destroy()),
      'engine_missing',
      'closes the connection without an answer',
    ],
  ])('%s', async (_, server, code, message) => {
    const host = `tcp://127.0.0.1:${await listen(server())}`;
    await expect(connectEngine({ host, origin: 'DOCKER_HOST' })).rejects.toMatchObject({
      code,
      message: typeof message === 'string' ? expect.stringContaining(message) : expect.stringMatching(message),
      hint: expect.stringMatching(/./),
    });
  });

  it('nothing, within the time limit', async () => {
    const port = await listen(createServer((socket) => void socket.on('error', () => {})));
    const location = { host: `tcp://127.0.0.1:${port}`, origin: 'DOCKER_HOST' };
    await expect(readEngineVersion({ protocol: 'http', host: '127.0.0.1', port }, location, 50)).rejects.toMatchObject({
      code: 'engine_missing',
      message: `no answer after 0.05 s from the engine at ${location.host} (DOCKER_HOST)`,
      hint: 'unset DOCKER_HOST, or start that engine',
    });
  });

  it('an engine, whatever DOCKER_CERT_PATH says without TLS', async () => {
    const port = await listen(createHttpServer(answer));
    const env = { DOCKER_HOST: `127.0.0.1:${port}`, DOCKER_CERT_PATH: '/nope' };
    const before = { ...process.env };
    Object.assign(process.env, env);
    try {
      expect(await connectEngine(findEngineEndpoint(env, '/nope'))).toMatchObject({ version: '28.2.2', api: '1.50' });
      expect(process.env).toMatchObject(env);
    } finally {
      process.env = before;
    }
  });

  it('an engine that redirects a later request, which is an error and no more', async () => {
    const port = await listen(
      createHttpServer((request, reply) => {
        if (request.url === '/version') return answer(request, reply);
        reply.writeHead(301, { location: '/elsewhere' }).end();
      }),
    );
    const engine = await connectEngine({ host: `tcp://127.0.0.1:${port}`, origin: 'test' });
    await expect(engine.docker.getImage('x').inspect()).rejects.toThrow('Max redirects exceeded');
  });
});

describe('an address at which nothing answers', () => {
  const hint = 'unset DOCKER_HOST, or start that engine';

  it.each([
    ['no socket', () => 'unix:///nowhere/docker.sock'],
    ['a folder that is a file', () => `unix://${join(CERTIFICATES, 'ca.pem')}/docker.sock`],
    ['a closed port', async () => `tcp://127.0.0.1:${await closedPort()}`],
  ])('%s', async (_, address) => {
    const host = await address();
    await expect(connectEngine({ host, origin: 'DOCKER_HOST' })).rejects.toMatchObject({
      code: 'engine_missing',
      message: `no container engine answers (${host}, by DOCKER_HOST)`,
      hint,
    });
  });

  it.each(['EAI_AGAIN', 'ENOTFOUND', 'EHOSTUNREACH', 'ENETUNREACH', 'ETIMEDOUT'])('a host with %s', (code) => {
    const location = { host: 'tcp://far:2375', origin: 'DOCKER_HOST' };
    const cause = Object.assign(new Error(`connect ${code}`), { code });
    expect(connectionError(cause, { protocol: 'http', host: 'far', port: 2_375 }, location)).toMatchObject({
      code: 'engine_missing',
      message: 'no container engine answers (tcp://far:2375, by DOCKER_HOST)',
      hint,
    });
  });
});

describe('a machine', () => {
  it('has an engine where one was chosen, or a default socket is there', () => {
    expect(hasEngine({ DOCKER_HOST: 'tcp://10.0.0.1:2375' }, '/nope')).toBe(true);
    expect(hasEngine({ DOCKER_HOST: 'unix:///nope/docker.sock' }, '/nope')).toBe(true);
    expect(hasEngine({}, '/nope')).toBe(existsSync('/var/run/docker.sock'));
  });
});

describe('an address that is none', () => {
  it.each<[host: string, what: string, hint: string]>([
    ['/var/run/docker.sock', 'has no scheme', 'export DOCKER_HOST=unix:///var/run/docker.sock'],
    ['run/docker.sock', 'has no scheme', 'export DOCKER_HOST=unix:///run/docker.sock'],
    ['./docker.sock', 'has no scheme', `export DOCKER_HOST=unix://${process.cwd()}/docker.sock`],
    ['unix:/var/run/docker.sock', 'has no scheme', 'export DOCKER_HOST=unix:///var/run/docker.sock'],
    ['unix://var/run/docker.sock', 'is not an absolute path', 'export DOCKER_HOST=unix:///var/run/docker.sock'],
    ['fd://', 'has the unknown scheme fd', 'unix:///var/run/docker.sock, tcp://HOST:PORT or ssh://USER@HOST'],
    ['tcp://', 'names no host', 'unix:///var/run/docker.sock, tcp://HOST:PORT or ssh://USER@HOST'],
    ['host:port', 'is not a URL', 'unix:///var/run/docker.sock, tcp://HOST:PORT or ssh://USER@HOST'],
    ['tcp://host:99999', 'is not a URL', 'unix:///var/run/docker.sock, tcp://HOST:PORT or ssh://USER@HOST'],
  ])('%s', async (host, what, hint) => {
    const endpoint = findEngineEndpoint({ DOCKER_HOST: host }, '/nope');
    await expect(connectEngine(endpoint)).rejects.toMatchObject({
      code: 'engine_missing',
      message: `the engine's address "${endpoint.host}" (DOCKER_HOST) ${what}`,
      hint,
    });
  });
});

describe('an engine over TLS', () => {
  const environment = (port: number, certificates: string, host = '127.0.0.1') => ({
    DOCKER_HOST: `tcp://${host}:${port}`,
    DOCKER_TLS_VERIFY: '1',
    DOCKER_CERT_PATH: certificates,
  });

  it('is used with the certificates of DOCKER_CERT_PATH', async () => {
    const endpoint = findEngineEndpoint(environment(await listen(tlsEngine()), CERTIFICATES), '/nope');
    const engine = await connectEngine(endpoint);
    expect(engine.version).toBe('28.2.2');
    expect(await engine.docker.version()).toMatchObject(VERSION);
  });

  /** Writes a context as Docker's client stores it. */
  function createContext(endpoint: object, certificates?: string): string {
    const folder = temporaryFolder();
    const id = createHash('sha256').update('far').digest('hex');
    mkdirSync(join(folder, 'contexts', 'meta', id), { recursive: true });
    const description = { Name: 'far', Endpoints: { docker: endpoint } };
    writeFileSync(join(folder, 'contexts', 'meta', id, 'meta.json'), JSON.stringify(description));
    if (certificates !== undefined)
      cpSync(certificates, join(folder, 'contexts', 'tls', id, 'docker'), { recursive: true });
    return folder;
  }

  it('is used with the certificates of a context', async () => {
    const folder = createContext({ Host: `tcp://127.0.0.1:${await listen(tlsEngine())}` }, CERTIFICATES);
    writeFileSync(join(folder, 'config.json'), '{"currentContext":"far"}');
    const engine = await connectEngine(findEngineEndpoint({ DOCKER_CONFIG: folder }, '/nope'));
    expect(await engine.docker.version()).toMatchObject(VERSION);
  });

  it('that does not answer is left as its context was chosen', async () => {
    const folder = createContext({ Host: 'unix:///nowhere/docker.sock' });
    const hintOf = (env: NodeJS.ProcessEnv) =>
      connectEngine(findEngineEndpoint({ ...env, DOCKER_CONFIG: folder }, '/nope')).catch(({ hint }) => hint);
    expect(await hintOf({ DOCKER_CONTEXT: 'far' })).toBe('unset DOCKER_CONTEXT, or start that engine');
    writeFileSync(join(folder, 'config.json'), '{"currentContext":"far"}');
    expect(await hintOf({})).toBe('docker context use default, or start that engine');
    expect(() => findEngineEndpoint({ DOCKER_CONTEXT: 'none', DOCKER_CONFIG: folder }, '/nope')).toThrow(
      expect.objectContaining({
        hint: 'docker context ls lists the contexts; unset DOCKER_CONTEXT goes back to the default socket',
      }),
    );
  });

  it('is used without its certificate being checked, where a context says so', async () => {
    const port = await listen(tlsEngine());
    const withoutCa = temporaryFolder();
    for (const file of ['cert.pem', 'key.pem']) cpSync(join(CERTIFICATES, file), join(withoutCa, file));
    const checked = createContext({ Host: `tcp://127.0.0.1:${port}` }, withoutCa);
    const env = { DOCKER_CONFIG: checked, DOCKER_CONTEXT: 'far' };
    await expect(connectEngine(findEngineEndpoint(env, '/nope'))).rejects.toMatchObject({
      message: expect.stringMatching(
        /^TLS with the engine at \S+ \(context far of DOCKER_CONTEXT\) failed: self-signed certificate/,
      ),
      hint: 'docker context update --docker sets its certificates',
    });
    const unchecked = createContext({ Host: `tcp://127.0.0.1:${port}`, SkipTLSVerify: true }, withoutCa);
    const engine = await connectEngine(findEngineEndpoint({ ...env, DOCKER_CONFIG: unchecked }, '/nope'));
    expect(await engine.docker.version()).toMatchObject(VERSION);
  });

  it.each<[what: string, change: (folder: string) => void, file: string, reason: string]>([
    ['without an authority', (folder) => unlinkSync(join(folder, 'ca.pem')), '/ca.pem', 'no such file'],
    ['without a key', (folder) => unlinkSync(join(folder, 'key.pem')), '/key.pem', 'no such file'],
    ['without a certificate', (folder) => unlinkSync(join(folder, 'cert.pem')), '/cert.pem', 'no such file'],
    ['with an empty file', (folder) => writeFileSync(join(folder, 'ca.pem'), ''), '/ca.pem', 'it is not in PEM form'],
    ['with a folder of that name', (folder) => folderInPlaceOf(join(folder, 'ca.pem')), '/ca.pem', 'it is a folder'],
    ['with the certificate of another key', (folder) => cpSync(OTHER_AUTHORITY, join(folder, 'cert.pem')), '', 'key'],
    ['with no folder', (folder) => rmSync(folder, { recursive: true }), '/ca.pem', 'no such file'],
  ])('%s, names the file', (_, change, file, reason) => {
    const folder = temporaryFolder();
    cpSync(CERTIFICATES, folder, { recursive: true });
    change(folder);
    expect(() => findEngineEndpoint(environment(2376, folder), '/nope')).toThrow(
      expect.objectContaining({
        code: 'engine_missing',
        message: expect.stringMatching(`^cannot use ${folder}${file} for TLS \\(DOCKER_CERT_PATH\\): .*${reason}`),
      }),
    );
  });

  it('that another authority signed is not trusted', async () => {
    const folder = temporaryFolder();
    cpSync(CERTIFICATES, folder, { recursive: true });
    cpSync(OTHER_AUTHORITY, join(folder, 'ca.pem'));
    const endpoint = findEngineEndpoint(environment(await listen(tlsEngine()), folder), '/nope');
    await expect(connectEngine(endpoint)).rejects.toMatchObject({
      code: 'engine_missing',
      hint: 'ca.pem, cert.pem and key.pem in DOCKER_CERT_PATH have to belong to that engine',
    });
  });

  it('that wants a certificate gets none by plain HTTP', async () => {
    const host = `tcp://127.0.0.1:${await listen(tlsEngine())}`;
    await expect(connectEngine({ host, origin: 'DOCKER_HOST' })).rejects.toMatchObject({
      message: `${host} (DOCKER_HOST) closes the connection without an answer`,
      hint: expect.stringContaining('DOCKER_TLS_VERIFY=1'),
    });
  });

  it('is not looked for where plain HTTP is spoken', async () => {
    const port = await listen(createHttpServer(answer));
    await expect(connectEngine(findEngineEndpoint(environment(port, CERTIFICATES), '/nope'))).rejects.toMatchObject({
      message: `tcp://127.0.0.1:${port} (DOCKER_HOST) does not speak TLS`,
      hint: 'unset DOCKER_TLS_VERIFY',
    });
  });
});

it.each([
  ['1.41', '1.12', '1.41'],
  ['1.51', '1.24', '1.51'],
  ['1.53', '1.44', '1.51'],
  ['1.60', '1.55', '1.55'],
])('with an engine of API %s, from %s on, %s is spoken', (ApiVersion, MinAPIVersion, spoken) => {
  expect(chooseApiVersion({ ApiVersion, MinAPIVersion })).toBe(spoken);
});

it('settings of what is created are in the body alone: a URL has a limit, and is logged', async () => {
  const requests: { url: string; body: string }[] = [];
  const server = createHttpServer(async (request, reply) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    if (request.method === 'POST') requests.push({ url: request.url ?? '', body });
    reply
      .writeHead(request.method === 'POST' ? 201 : 200, { 'content-type': 'application/json' })
      .end(JSON.stringify({ ...VERSION, Id: '1', ID: '1' }));
  });
  const { docker, api } = await connectEngine({
    host: `tcp://127.0.0.1:${await listen(server)}`,
    origin: 'DOCKER_HOST',
  });
  const Labels = { topology: 'x'.repeat(1_000) };
  await docker.createContainer({ name: 'a.b', Image: 'i', Labels });
  await docker.createNetwork({ Name: 'n', Labels });
  await docker.createVolume({ Name: 'v', Labels });
  await docker.createSecret({ Name: 's', Labels, Data: 'secret' });
  expect(requests).toEqual([
    { url: `/v${api}/containers/create?name=a.b`, body: JSON.stringify({ Image: 'i', Labels }) },
    { url: `/v${api}/networks/create?`, body: JSON.stringify({ Name: 'n', Labels }) },
    { url: `/v${api}/volumes/create?`, body: JSON.stringify({ Name: 'v', Labels }) },
    { url: `/v${api}/secrets/create?`, body: JSON.stringify({ Name: 's', Labels, Data: 'secret' }) },
  ]);
});

it("is asked by Podman's own API where that has more", async () => {
  const urls: string[] = [];
  const server = createHttpServer((request, reply) => {
    urls.push(request.url ?? '');
    reply.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(VERSION));
  });
  const engine = await connectEngine({
    host: `tcp://127.0.0.1:${await listen(server)}`,
    origin: 'DOCKER_HOST',
  });
  await callPodman(engine, '/networks/json');
  await engine.docker.info();
  expect(urls.slice(-2)).toEqual(['/v4.0.0/libpod/networks/json', `/v${engine.api}/info`]);
});
