import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { connectEngine } from '../../../src/engine/connection/engine.ts';
import { sshArguments } from '../../../src/engine/connection/ssh-forward.ts';

const folder = mkdtempSync(join(tmpdir(), 'devnet-ssh-test-'));
const { PATH, TMPDIR } = process.env;
// The socket is removed when the process ends, which that of a test does not do by itself.
process.env.TMPDIR = folder;
afterEach(() => {
  process.env.PATH = PATH;
});
afterAll(() => {
  if (TMPDIR === undefined) delete process.env.TMPDIR;
  else process.env.TMPDIR = TMPDIR;
  rmSync(folder, { recursive: true, force: true });
});

/** Puts a program of the name ssh in front of the real one. */
function standIn(script: string): void {
  const path = join(folder, 'ssh');
  writeFileSync(path, `#!${process.execPath}\n${script}`);
  chmodSync(path, 0o755);
  process.env.PATH = `${folder}${delimiter}${PATH}`;
}

/** Program that answers as an engine on the forwarded socket until its input closes. */
const FORWARDS = `
const socket = process.argv[process.argv.indexOf('-L') + 1].split(':')[0];
const version = { Version: '28.2.2', ApiVersion: '1.50', Arch: 'amd64', Os: 'linux', Components: [{ Name: 'Engine' }] };
const server = require('http').createServer((_, reply) => reply.end(JSON.stringify(version)));
server.listen(socket, () => console.log('ready'));
process.stdin.on('end', () => process.exit()).resume();`;

describe('an engine behind ssh', () => {
  it('is reached over a forwarded socket', async () => {
    standIn(FORWARDS);
    const engine = await connectEngine({ host: 'ssh://me@far.example', origin: 'test' });
    expect(engine).toMatchObject({ version: '28.2.2', api: '1.50', flavour: 'docker' });
  });

  it("fails in ssh's own words, with the command to try", async () => {
    standIn("console.error('Permission denied (publickey).'); process.exit(255);");
    await expect(connectEngine({ host: 'ssh://me@far.example:2222', origin: 'test' })).rejects.toMatchObject({
      code: 'engine_missing',
      message: 'ssh to far.example:2222 failed: Permission denied (publickey).',
      hint: expect.stringContaining('ssh -p 2222 me@far.example docker version'),
    });
  });

  it('needs the program ssh', async () => {
    process.env.PATH = '/nope';
    await expect(connectEngine({ host: 'ssh://me@far.example', origin: 'test' })).rejects.toMatchObject({
      code: 'engine_missing',
      message: 'the program ssh is missing, and the engine is at ssh://me@far.example',
    });
  });

  it('is refused when something else answers', async () => {
    standIn("console.log('Welcome!'); process.stdin.resume();");
    await expect(connectEngine({ host: 'ssh://far.example', origin: 'test' })).rejects.toMatchObject({
      message: expect.stringContaining('unexpected output "Welcome!\\n"'),
    });
  });
});

describe('sshArguments', () => {
  const tail = (address: string) => sshArguments(new URL(address), '/tmp/s').join(' ').split('ConnectTimeout=10 ')[1];

  it.each([
    ['ssh://far', '-L /tmp/s:/var/run/docker.sock -- far'],
    ['ssh://me@far:2222', '-L /tmp/s:/var/run/docker.sock -p 2222 -l me -- far'],
    ['ssh://me@far/run/user/1000/podman/podman.sock', '-L /tmp/s:/run/user/1000/podman/podman.sock -l me -- far'],
    ['ssh://[fd00::1]', '-L /tmp/s:/var/run/docker.sock -- fd00::1'],
  ])('of %s', (address, wanted) => {
    expect(tail(address)).toBe(wanted);
  });
});
