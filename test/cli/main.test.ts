import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { devnet, start } from '../support/cli.ts';

const cwd = mkdtempSync(join(tmpdir(), 'devnet-main-'));
/** Nothing listens there: whatever works, works without an engine. */
const env = { DOCKER_HOST: 'tcp://127.0.0.1:1' };
const file = (name: string, yaml: string) => {
  writeFileSync(join(cwd, name), yaml);
  return name;
};

afterAll(() => rmSync(cwd, { recursive: true }));

describe('standard input', () => {
  const ring = 'nodes: { count: 4 }\nlinks: ring\n';

  it.each([
    ['validate', ['-'], ring, /^✔ <stdin>: devnet, 4 nodes, 8 links$/m],
    ['graph', ['-', '--json'], ring, /"name":"devnet"/],
    ['export', ['k8s', '-'], `name: typed\n${ring}`, /devnet export k8s -/],
    ['run', ['-', '--plan'], `${ring}scenario:\n  - { at: 1s, kill: n1 }\n`, /1\.00 s .*kill n1/],
    [
      'experiment',
      ['-', '--dry-run'],
      'question: How far?\nmatrix: { size: [4, 6] }\ntopology: { nodes: { count: $size }, links: ring }\n',
      /2 runs/,
    ],
  ])('is read as a file by %s %j', async (command, args, input, output) => {
    const { status, stdout, stderr } = await devnet([command, ...args], { cwd, env, input });
    expect(status, stderr).toBe(0);
    expect(stdout).toMatch(output);
  });

  it('is read as a topology by up', async () => {
    const up = start(['up', '-', '--engine', 'process'], { cwd, env, input: `name: piped\n${ring}` });
    await up.waitForOutput(/piped is up and verified/);
    up.child.kill('SIGINT');
    expect((await up.finished).status).toBe(0);
  });

  it('is named in messages', async () => {
    const { status, stderr } = await devnet(['validate', '-'], { cwd, env, input: 'nodes: { count: 0 }\n' });
    expect(status).toBe(2);
    expect(stderr).toMatch(/<stdin>:1:17: /);
  });
});

describe('devnet spec with a report that cannot be written', () => {
  it.each(['--junit', '--html'])('%s is a mistake of the command', async (option) => {
    const up = start(['up', file('one.yaml', 'nodes: [a]\n'), '--engine', 'process'], { cwd, env });
    await up.waitForOutput(/is up and verified/);
    const address = /listening, (\S+)/.exec(up.stderr)?.[1] as string;
    const { status, stderr } = await devnet(['spec', address, '1.1', option, 'none/report'], { cwd, env });
    up.child.kill('SIGINT');
    await up.finished;
    expect(stderr).toContain('devnet: cannot write none/report: no such folder\n');
    expect(status).toBe(2);
  });
});

describe('where no engine answers', () => {
  const scenario = file('scenario.yaml', 'nodes: [a]\nscenario: [{ expect: no drift }]\n');

  it.each([
    ['up', file('ring.yaml', 'nodes: { count: 4 }\nlinks: ring\n')],
    ['run', scenario],
  ])('%s suggests the process runtime', async (command, argument) => {
    const { status, stderr } = await devnet([command, argument], { cwd, env });
    expect(status).toBe(1);
    expect(stderr).toMatch(/no container engine answers/);
    expect(stderr).toContain(`devnet ${command} --engine process runs without one`);
  });

  it('ls, which needs an engine, does not', async () => {
    // Of all runtimes, it lists those that it can: networks of other tests are not its own.
    const { status, stderr } = await devnet(['ls'], { cwd, env: { ...env, XDG_RUNTIME_DIR: cwd } });
    expect(status).toBe(1);
    expect(stderr).toMatch(/no container engine answers[\s\S]*unset DOCKER_HOST, or start that engine\n$/);
  });
});

describe('a mistake of the command, found before an engine is needed', () => {
  it.each([
    [['spec', '--image', 'x', '--image', 'https://hub.example/y'], 'did you mean "hub.example/y"?'],
    [['export', 'compose', '-', '--image', 'https://hub.example/x'], 'did you mean "hub.example/x"?'],
    [['export', 'k8s', '-', '--links-image', 'hub.example/X'], 'did you mean "hub.example/x"?'],
    [['up', '-', '--name', '../Ring'], 'did you mean "ring"?'],
    [['plan', '-', '--name', 'a/../b'], 'did you mean "a-b"?'],
    [['squeeze', 'n1', '--memory', '128Mi'], 'Did you mean 128m?'],
    [['squeeze', 'n1', '--memory', '64'], 'Did you mean 64m?'],
    [['link', 'a -> b', '--rate', '10mbps'], 'Did you mean 10mbit or 80mbit?'],
    [['link', 'a -> b', '--delay', '50'], 'Did you mean 50ms?'],
    [['link', 'a -> b', '--loss', '0.01'], 'Did you mean 1% or 0.01%?'],
  ])('devnet %j', async (args, hint) => {
    const { status, stderr } = await devnet(args, { cwd, env, input: 'nodes: [a]\n' });
    expect(stderr).toContain(hint);
    expect(status).toBe(2);
  });
});

it('validate names the place of an image that is none', async () => {
  const { status, stderr } = await devnet(['validate', '-'], { cwd, env, input: 'nodes: { a: { image: x//y } }\n' });
  expect(stderr).toContain('<stdin>:1:22: expected the name of an image, got "x//y"');
  expect(status).toBe(2);
});
