import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { listContainers } from '../../../../src/engine/containers.ts';
import { listNetworks } from '../../../../src/engine/networks.ts';
import { devnet, start } from '../../../support/cli.ts';
import { interruptibleEngine } from '../../../support/interruptible-engine.ts';
import { spawnSync } from '../../../support/run-sync.ts';
import { sandbox } from '../../../support/sandbox.ts';
import { until } from '../../../support/until.ts';

const box = await sandbox();
const { engine } = box;
const cwd = mkdtempSync(join(tmpdir(), 'devnet-cli-'));

function file(yaml: string): string {
  const path = join(cwd, `${box.name()}.yaml`);
  writeFileSync(path, yaml);
  return path;
}

async function nothingLeft(name: string): Promise<void> {
  expect(await listContainers(engine, `devnet.name=${name}`)).toEqual([]);
  expect(await listNetworks(engine, `devnet.name=${name}`)).toEqual([]);
}

describe('devnet up in the foreground', () => {
  it('prints and stores the log, and removes everything at Ctrl-C', async () => {
    const name = box.name();
    const running = start(['up', file('nodes: [a, b]\nlinks: [a <-> b]'), '--name', name], { cwd });
    await running.waitForOutput(`${name} is up and verified: 2 nodes, 2 of 2 links seen`);
    await running.waitForOutput(/a +link_up peer=b/);
    await running.waitForOutput(/b +listening/);
    running.child.kill('SIGINT');
    const { status, stderr } = await running.finished;
    expect(status).toBe(0);
    expect(stderr).toContain(`${name} is down: 2 nodes removed`);
    await nothingLeft(name);
    const lines = readFileSync(join(cwd, '.devnet', name, 'log.jsonl'), 'utf8')
      .trimEnd()
      .split('\n');
    expect(lines.map((line) => JSON.parse(line))).toContainEqual(
      expect.objectContaining({ node: 'b', event: 'listening' }),
    );
  });

  it('interrupted while it starts, removes what it started', async () => {
    const name = box.name();
    const running = start(['up', file('nodes: { count: 12 }\nlinks: ring'), '--name', name], { cwd });
    await running.waitForOutput('network');
    running.child.kill('SIGINT');
    const { status, stderr } = await running.finished;
    expect(stderr).toContain('interrupted');
    expect(status).toBe(130);
    await nothingLeft(name);
  });

  it.each([
    ['while it starts', 2, 130],
    ['while it tails', 9, 0],
  ])('removes everything in order when its reader goes away, %s', async (_, lines, expected) => {
    const name = box.name();
    const cli = join(process.cwd(), 'dist', 'cli.js');
    const up = `"${process.execPath}" "${cli}" up "${file('nodes: [a, b]\nlinks: [a <-> b]')}" --name ${name}`;
    const { status, stderr } = await new Promise<{ status: number | null; stderr: string }>((resolve) => {
      execFile('bash', ['-c', `set -o pipefail; ${up} 2>&1 | head -n ${lines}`], { cwd }, (cause, _, stderr) =>
        resolve({ status: cause === null ? 0 : (cause.code as number), stderr }),
      );
    });
    expect({ status, stderr }).toEqual({ status: expected, stderr: '' });
    await nothingLeft(name);
  });

  it('leaves a detached network up when the reader of its progress goes away', async () => {
    const name = box.name();
    const cli = join(process.cwd(), 'dist', 'cli.js');
    const up = `"${process.execPath}" "${cli}" up -d --json "${file('nodes: [a, b]\nlinks: [a <-> b]')}" --name ${name}`;
    const { stdout } = await promisify(execFile)('bash', ['-c', `${up} 2>&1 | head -n 1; echo "\${PIPESTATUS[0]}"`], {
      cwd,
    });
    expect(stdout).toMatch(/: 2 nodes, 2 links \(.*\)\n0\n$/);
    expect((await devnet(['status', name])).status).toBe(0);
  });

  it('leaves at once at the second Ctrl-C and says what remains, which down removes', async () => {
    const name = box.name();
    const running = start(['up', file('nodes: { count: 12 }\nlinks: ring'), '--name', name], { cwd });
    await running.waitForOutput('is up and verified');
    running.child.kill('SIGINT');
    await running.waitForOutput('Ctrl-C again leaves now');
    await new Promise((resolve) => setTimeout(resolve, 300)); // Presses closer together than this are one.
    running.child.kill('SIGINT');
    const { status, stderr } = await running.finished;
    expect(status).toBe(130);
    expect(stderr).toMatch(new RegExp(`left .*; to remove it: devnet down ${name}`));
    const removed = await devnet(['down', name]);
    // What the first one had asked the engine for by then may have been all.
    expect(`${removed.status} ${removed.stderr}`).toMatch(/^0 |^1 devnet: there is no network/);
    await nothingLeft(name);
  });

  it.each(['image', 'network', 'nodes', 'is up and verified'])(
    'killed with SIGKILL after "%s", leaves nothing that down cannot remove by name',
    async (moment) => {
      const name = box.name();
      const running = start(['up', file('nodes: { count: 6 }\nlinks: ring'), '--name', name], { cwd });
      await running.waitForOutput(moment);
      running.child.kill('SIGKILL');
      await running.finished;
      // What the engine was asked for at that moment it still makes.
      await until(
        async () => {
          await devnet(['down', name]);
          return [
            ...(await listContainers(engine, `devnet.name=${name}`)),
            ...(await listNetworks(engine, `devnet.name=${name}`)),
          ].length;
        },
        'nothing to be left',
        { accept: (left) => left === 0, timeoutMs: 15_000 },
      );
    },
  );

  it('says so when it is removed elsewhere', async () => {
    const name = box.name();
    const running = start(['up', file('nodes: [a]'), '--name', name], { cwd });
    await running.waitForOutput('is up and verified');
    expect((await devnet(['down', name])).status).toBe(0);
    const { status, stderr } = await running.finished;
    expect(stderr).toContain('was removed elsewhere');
    expect(status).toBe(0);
  });
});

describe('a detached network', async () => {
  const name = box.name();
  const topologyFile = file('nodes: [a, b, c]\nlinks: [a <-> b, b -> c]');
  const up = await devnet(['up', topologyFile, '--name', name, '-d', '--json'], {
    cwd,
  });

  it('is described as JSON', () => {
    expect(up.status, up.stderr).toBe(0);
    const result = JSON.parse(up.stdout);
    expect(result).toMatchObject({
      name,
      links: [
        { from: 'a', to: 'b' },
        { from: 'b', to: 'a' },
        { from: 'b', to: 'c' },
      ],
    });
    expect(result.nodes.map((node: { name: string }) => node.name)).toEqual(['a', 'b', 'c']);
  });

  it('is not changed by a second up of the same file', async () => {
    const before = JSON.parse(up.stdout);
    const again = await devnet(['up', topologyFile, '--name', name, '-d', '--json'], { cwd });
    expect(again.status, again.stderr).toBe(0);
    expect(again.stderr).toContain('nothing to do');
    expect(JSON.parse(again.stdout)).toMatchObject({ steps: [], nodes: before.nodes });
  });

  it('is listed', async () => {
    expect((await devnet(['ls'])).stdout).toMatch(
      new RegExp(`${name} +3 of 3 running +3 +- +\\d+\\.\\d+\\.\\d+\\.0/24`),
    );
    const rows = JSON.parse((await devnet(['ls', '--json'])).stdout) as { name: string }[];
    expect(rows.find((row) => row.name === name)).toMatchObject({ nodes: 3, running: 3, links: 3 });
  });

  it('has a status as text and as JSON', async () => {
    const text = await devnet(['ps', name]);
    expect(text.status).toBe(0);
    expect(text.stdout).toMatch(/^a +running +\d+\.\d+\.\d+\.2:3000 +\d.* s +\d.* MiB of 128 MiB$/m);
    expect(text.stdout).toMatch(/^a +-> b [\d.]+ ms/m);
    expect(text.stdout).toContain('no drift');
    expect(JSON.parse((await devnet(['status', name, '--json'])).stdout).drift.missing).toEqual([]);
  });

  it('replies to messages', async () => {
    const pong = await devnet(['send', 'a', 'ping', '{"n": 1}', '--name', name, '--json']);
    expect(JSON.parse(pong.stdout)).toEqual({ message_type: 'pong', payload: { n: 1 } });
    const text = await devnet(['send', 'a', 'echo', 'plain words', '--name', name, '--json']);
    expect(JSON.parse(text.stdout)).toEqual({ message_type: 'echo', payload: 'plain words' });
    const gossip = await devnet(['send', 'a', 'gossip', '{"id": "news", "data": 7}', '--name', name]);
    expect(gossip.status).toBe(0);
    await until(
      async () =>
        (await devnet(['logs', '--name', name, '--event', 'gossip_received', '--json'])).stdout
          .trim()
          .split('\n')
          .filter(Boolean),
      'gossip to reach all nodes',
      { accept: (lines) => new Set(lines.map((line) => JSON.parse(line).node)).size === 3, timeoutMs: 10_000 },
    );
  });

  it('refuses wrong arguments, with what to do', async () => {
    const refused = async (args: string[]) => {
      const { status, stderr } = await devnet(args);
      return `${status}: ${stderr}`;
    };
    expect(await refused(['send', 'x', 'ping', '--name', name])).toMatch(
      /^1: devnet: ".*" has no node "x"\n {2}→ its nodes: a, b, c\n$/,
    );
    expect(await refused(['send', 'a', 'nosuchtype', '--name', name])).toMatch(/^2: /);
    expect(await refused(['send', 'a', 'echo', '{half', '--name', name])).toMatch(
      /^2: devnet: the payload is not JSON/,
    );
    expect(await refused(['status', 'no-such-devnet'])).toMatch(/^1: devnet: there is no network "no-such-devnet"\n/);
    expect(await refused(['logs', 'zz', '--name', name])).toMatch(/^1: /);
    expect(await refused(['logs', '--level', 'loud', '--name', name])).toMatch(
      /^2: .*Allowed choices are error, warn, info, debug/s,
    );
    expect(await refused(['down', name, '--all'])).toMatch(/^2: /);
    expect(await refused(['up', '--timeout', 'soon'])).toMatch(/^2: .*Expected a number of seconds/s);
    expect(await refused(['upp'])).toMatch(/^2: .*Did you mean up\?/s);
  });

  it('has a log that can be filtered, followed and cut off by head', async () => {
    const lines = (await devnet(['logs', '--name', name, '--event', 'listening', '--event', 'stopping', 'a'])).stdout
      .trim()
      .split('\n');
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^\d\d:\d\d:\d\d\.\d{3} a +listening .*port=3000$/);
    expect((await devnet(['logs', '--name', name, '--level', 'error'])).stdout).toBe('');
    for (const command of [`logs --name ${name} --json --no-fold`, `logs -f --name ${name}`, `ls --json`]) {
      const script = `"$0" dist/cli.js ${command} | head -1; echo "\${PIPESTATUS[0]}"`;
      const cut = promisify(execFile)('bash', ['-c', script, process.execPath], { timeout: 20_000 });
      let ended = false;
      cut
        .finally(() => {
          ended = true;
        })
        .catch(() => {});
      // Who writes to a pipe learns at the next line that nobody reads: a log that is followed needs one.
      while (!ended) await devnet(['send', 'a', 'gossip', JSON.stringify({ id: randomUUID() }), '--name', name]);
      const { stdout, stderr } = await cut;
      expect(stderr).toBe('');
      expect(stdout).toMatch(/\n0\n$/);
    }
    const following = start(['logs', '-f', '--name', name, '--json']);
    await following.waitForOutput('listening');
    following.child.kill('SIGINT');
    expect((await following.finished).status).toBe(0);
  });

  it('is planned again without being changed', async () => {
    const ids = async () => (await listContainers(engine, `devnet.name=${name}`)).map(({ id }) => id).sort();
    const before = await ids();
    const same = await devnet(['plan', topologyFile, '--name', name]);
    expect(same.status, same.stderr).toBe(0);
    expect(same.stdout).toContain('up would do nothing');
    const other = await devnet([
      'plan',
      file('nodes: [a, b, c, d]\nlinks: [a <-> b, c -> d]'),
      '--name',
      name,
      '--json',
    ]);
    const plan = JSON.parse(other.stdout);
    expect(plan.steps).toEqual([
      { do: 'make node', node: 'd', why: 'new' },
      { do: 'remove link', from: 'b', to: 'c', address: expect.stringMatching(/:3000$/) },
      { do: 'add link', from: 'c', to: 'd' },
    ]);
    expect(plan.figures).toMatchObject({ nodes: 4, diameter: null });
    expect(plan.checks.map(({ what }: { what: string }) => what)).toEqual(
      expect.arrayContaining(['bridge ports', 'image', 'name']),
    );
    expect(await ids()).toEqual(before);
  });

  it('runs commands in its nodes, with their output and status', async () => {
    const said = await devnet([
      'exec',
      'b',
      '--name',
      name,
      '--',
      'node',
      '-e',
      'console.log(require("os").hostname()); console.error("oh"); process.exit(5)',
    ]);
    expect(said).toMatchObject({ status: 5, stdout: 'b\n', stderr: 'oh\n' });
  });

  it('shows what its nodes use', async () => {
    const { stdout } = await devnet(['top', name]);
    expect(stdout).toMatch(
      /^a +running +[\d.]+ MiB of 128 MiB +[\d.]+ % +[\d.]+ \w+\/s +[\d.]+ \w+\/s +[\d.]+ \w+ +[\d.]+ \w+$/m,
    );
    expect(JSON.parse((await devnet(['top', name, '--json'])).stdout)).toHaveLength(3);
  });

  it('is completed by name in a shell', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'devnet-completion-'));
    writeFileSync(join(folder, 'devnet.bash'), (await devnet(['completion', 'bash'])).stdout);
    const complete = (...words: string[]) =>
      spawnSync(
        'bash',
        [
          '-c',
          `devnet() { "${process.execPath}" "${join(process.cwd(), 'dist', 'cli.js')}" "$@"; }; . "${folder}/devnet.bash"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _devnet; echo "\${COMPREPLY[@]}"`,
          'bash',
          ...words,
        ],
        { encoding: 'utf8' },
      ).stdout.trim();
    expect(complete('devnet', 'va')).toBe('validate');
    expect(complete('devnet', 'up', '--ke')).toBe('--keep');
    expect(complete('devnet', 'down', name)).toBe(name);
    expect(complete('devnet', 'logs', '').split(' ')).toEqual(expect.arrayContaining(['a', 'b', 'c']));
    expect(complete('devnet', 'kill', '').split(' ')).toEqual(expect.arrayContaining(['a', 'b', 'c']));
    expect(complete('devnet', 'link', 'a', '').split(' ')).toEqual(expect.arrayContaining(['a', 'b', 'c']));
    expect(complete('devnet', 'kill', `${name}/`).split(' ')).toEqual([`${name}/a`, `${name}/b`, `${name}/c`]);
    expect(complete('devnet', 'down', '--older')).toBe('--older-than');
    for (const shell of ['zsh', 'fish'])
      expect((await devnet(['completion', shell])).stdout).toContain('devnet complete -- ');
  });

  it('shows a killed node as drift, and status fails for it', async () => {
    const killed = (await listContainers(engine, `devnet.name=${name}`, 'devnet.node=c'))[0]?.id as string;
    await engine.docker.getContainer(killed).kill();
    const { status, stdout } = await devnet(['status', name]);
    expect(status).toBe(1);
    expect(stdout).toMatch(/^c +exited \(137\)/m);
    expect(stdout).toMatch(/drift\n {2}down: c/);
  });

  it('survives down --older-than, and is removed by name', async () => {
    const swept = await devnet(['down', '--older-than', '30d', '--json']);
    expect(JSON.parse(swept.stdout)).toEqual([]);
    const removed = await devnet(['down', name, '--json']);
    expect(JSON.parse(removed.stdout)).toMatchObject([{ name, nodes: 3 }]);
    await nothingLeft(name);
    expect((await devnet(['down', name])).status).toBe(1);
  });
});

describe('where several networks run', () => {
  it('says how to choose one, and takes its name in every way', async () => {
    const [name, other] = [box.name(), box.name()];
    const path = file('nodes: [a, b]\nlinks: [a -> b]');
    const started = await Promise.all([name, other].map((one) => devnet(['up', path, '--name', one, '-d'], { cwd })));
    expect(started.map(({ status }) => status)).toEqual([0, 0]);
    const refused = await devnet(['status']);
    expect(refused.status).toBe(1);
    expect(refused.stderr).toMatch(/^devnet: several networks are running: .*\n {2}→ choose one: add --name \S+\n$/);
    for (const args of [
      ['status', name],
      ['status', '--name', name],
      ['top', '--name', name, '--once'],
      ['logs', name, 'a'],
      ['logs', `${name}/a`],
      ['send', `${name}/a`, 'ping'],
      ['exec', `${name}/a`, '--', 'node', '-p', '1'],
      ['link', name],
      ['kill', `${name}/b`],
      ['heal', name],
      ['graph', '--name', name, '--json'],
      ['down', '--name', name],
    ]) {
      const { status, stderr } = await devnet(args, { cwd });
      expect(status, `${args.join(' ')}: ${stderr}`).toBe(0);
    }
    expect((await devnet(['kill', `${other}/a`, '--name', name])).stderr).toContain('a command is about one network');
    expect((await devnet(['down', other])).status).toBe(0);
  });
});

describe('without an engine that can be used', () => {
  it('says so in one line, with the command that helps', async () => {
    const gone = await devnet(['up', file('nodes: [a]')], { env: { DOCKER_HOST: 'unix:///nowhere/docker.sock' } });
    expect(gone.status).toBe(1);
    expect(gone.stderr).toMatch(
      /^devnet: no container engine answers \(unix:\/\/\/nowhere\/docker\.sock, by DOCKER_HOST\)\n {2}→ .*\n$/,
    );
  });

  it.runIf(process.getuid?.() === 0)('tells a user who lacks permission for the socket', async () => {
    const { host, cut } = await interruptibleEngine();
    const { status, stderr } = await devnet(['ls'], { uid: 65_534, cwd: '/', env: { DOCKER_HOST: host, HOME: '/' } });
    cut();
    expect(status).toBe(1);
    expect(stderr).toMatch(/may not use the engine's socket\n {2}→ sudo usermod -aG docker/);
  });

  it('leaves no log folder behind for a wrong topology', async () => {
    const wrong = await devnet(['up', file('nodes: { count: 0 }')], { cwd });
    expect(wrong.status).toBe(2);
    expect(wrong.stderr).toMatch(/\.yaml:1:17: /);
    expect(existsSync(join(cwd, '.devnet', 'undefined'))).toBe(false);
  });
});
