import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readDockerConfig } from '../../../src/engine/connection/docker-config.ts';
import { pullHint } from '../../../src/engine/images/images.ts';
import { findRegistryCredentials } from '../../../src/engine/images/registry-credentials.ts';

const folder = mkdtempSync(join(tmpdir(), 'devnet-credentials-'));
const { PATH } = process.env;

/** Writes a credential helper that does this with the server that it is asked for. */
function writeHelper(name: string, script: string): void {
  const path = join(folder, `docker-credential-${name}`);
  const program = `const server = require('fs').readFileSync(0, 'utf8'); const answer = (text, status = 0) => { process.stdout.write(text); process.exitCode = status; };`;
  writeFileSync(path, `#!${process.execPath}\n${program}\n${script}\n`);
  chmodSync(path, 0o755);
}

beforeAll(() => {
  process.env.PATH = `${folder}${delimiter}${PATH}`;
  writeHelper('store', "answer(JSON.stringify({ ServerURL: server, Username: 'stored', Secret: server }));");
  writeHelper('token', "answer(JSON.stringify({ ServerURL: server, Username: '<token>', Secret: 'tok' }));");
  writeHelper('empty', "answer('credentials not found in native keychain', 1);");
  writeHelper('broken', "answer('error getting credentials: keychain is locked', 1);");
  writeHelper('text', "answer('hello');");
  writeHelper('mute', 'process.exitCode = 3;');
  writeHelper('locked', "console.error('keychain is locked'); process.exitCode = 1;");
  writeHelper('arguments', "answer(JSON.stringify({ Username: process.argv[2], Secret: 'x' }));");
});
afterAll(() => {
  process.env.PATH = PATH;
  rmSync(folder, { recursive: true, force: true });
});

const packed = (text: string) => Buffer.from(text).toString('base64');
const auths = {
  'localhost:5055': { auth: packed('me:secret:with:colons') },
  'https://registry.example/v1/': { auth: packed('old:form') },
  'https://index.docker.io/v1/': { auth: packed('hub:user') },
  'token.example': { auth: packed('<token>:'), identitytoken: 'idt' },
  'plain.example': { username: 'u', password: 'p' },
  'bearer.example': { registrytoken: 'rt' },
  'empty.example': {},
  'zero.example': { auth: packed('u:p\0\0') },
};

describe('credentials in the configuration itself', () => {
  it.each<[registry: string, credentials: object | undefined]>([
    ['localhost:5055', { serveraddress: 'localhost:5055', username: 'me', password: 'secret:with:colons' }],
    ['registry.example', { serveraddress: 'registry.example', username: 'old', password: 'form' }],
    ['docker.io', { serveraddress: 'https://index.docker.io/v1/', username: 'hub', password: 'user' }],
    ['token.example', { serveraddress: 'token.example', username: '<token>', password: '', identitytoken: 'idt' }],
    ['plain.example', { serveraddress: 'plain.example', username: 'u', password: 'p' }],
    ['bearer.example', { serveraddress: 'bearer.example', registrytoken: 'rt' }],
    ['zero.example', { serveraddress: 'zero.example', username: 'u', password: 'p' }],
    ['empty.example', undefined],
    ['other.example', undefined],
    ['localhost:5056', undefined],
  ])('of %s', async (registry, credentials) => {
    expect(await findRegistryCredentials(registry, { auths })).toEqual(credentials ? { credentials } : {});
  });
});

describe('credentials of helpers', () => {
  it.each<[config: object, registry: string, credentials: object | undefined]>([
    [{ credsStore: 'store', auths }, 'localhost:5055', { username: 'stored', password: 'localhost:5055' }],
    [{ credsStore: 'store' }, 'docker.io', { username: 'stored', password: 'https://index.docker.io/v1/' }],
    [{ credHelpers: { 'a.example': 'token' }, credsStore: 'store' }, 'a.example', { identitytoken: 'tok' }],
    [{ credHelpers: { 'a.example': 'token' }, auths }, 'localhost:5055', { username: 'me' }],
    [{ credsStore: 'arguments' }, 'x.example', { username: 'get' }],
    [{ credsStore: 'empty', auths }, 'localhost:5055', undefined],
  ])('%j for %s', async (config, registry, credentials) => {
    const found = await findRegistryCredentials(registry, config);
    expect(found.problem).toBeUndefined();
    if (credentials === undefined) expect(found).toEqual({});
    else expect(found.credentials).toMatchObject(credentials);
  });

  it.each<[helper: string, problem: string]>([
    ['missing', 'the credential helper docker-credential-missing failed: there is no such program'],
    ['broken', 'the credential helper docker-credential-broken failed: error getting credentials: keychain is locked'],
    ['text', 'the credential helper docker-credential-text failed: its answer is not JSON'],
    ['mute', 'the credential helper docker-credential-mute failed: Command failed: docker-credential-mute get'],
    ['locked', 'the credential helper docker-credential-locked failed: keychain is locked'],
    ['../evil', 'the credential helper docker-credential-../evil failed: its name in config.json is invalid'],
  ])('%s fails by name, and the pull is anonymous', async (helper, problem) => {
    expect(await findRegistryCredentials('x.example', { credsStore: helper })).toEqual({
      problem: expect.stringContaining(problem),
    });
  });
});

describe('the configuration of Docker’s client', () => {
  it('may be absent', async () => {
    const config = readDockerConfig({ DOCKER_CONFIG: join(folder, 'none') });
    expect(await findRegistryCredentials('x.example', config)).toEqual({});
  });

  it('is named where it cannot be read', async () => {
    writeFileSync(join(folder, 'config.json'), '{"auths":');
    const config = readDockerConfig({ DOCKER_CONFIG: folder });
    expect(await findRegistryCredentials('x.example', config)).toEqual({
      problem: expect.stringMatching(`^cannot read ${join(folder, 'config.json')}: .*JSON`),
    });
  });

  it.each(['[]', '{"auths": [1], "credHelpers": "x", "credsStore": 3}', '{"auths": {"x.example": null}}'])(
    'may hold anything: %s',
    async (text) => {
      writeFileSync(join(folder, 'config.json'), text);
      expect(await findRegistryCredentials('x.example', readDockerConfig({ DOCKER_CONFIG: folder }))).toEqual({});
    },
  );
});

describe('the hint for a pull that was refused', () => {
  const image = 'localhost:5055/h5/x:1';
  it.each<[reason: string, hadCredentials: boolean, hint: string]>([
    ['no basic auth credentials', false, `docker login localhost:5055; docker pull ${image} then shows`],
    ['unauthorized: authentication required', true, 'docker login localhost:5055 again, since its credentials'],
    ['manifest unknown', true, `check the name: docker pull ${image} has to work`],
    ['dial tcp: connect: connection refused', false, `docker pull ${image} once its registry can be reached`],
    ['no progress for 20 s', false, `docker pull ${image} once its registry can be reached`],
  ])('%s', (reason, hadCredentials, hint) => {
    expect(pullHint(image, reason, hadCredentials)).toContain(hint);
  });

  it('names no registry for images of Docker Hub', () => {
    const refusal = "pull access denied for x, repository does not exist or may require 'docker login'";
    expect(pullHint('x', refusal, false)).toMatch(/^docker login; docker pull x /);
  });
});
