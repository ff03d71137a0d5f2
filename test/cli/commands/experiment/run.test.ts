import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { devnet, start } from '../../../support/cli.ts';
import { hasNamespaces } from '../../../support/namespaces.ts';

const cwd = mkdtempSync(join(tmpdir(), 'devnet-run-'));
/** Nothing listens there: whatever works, works without an engine. */
const env = { DOCKER_HOST: 'tcp://127.0.0.1:1' };
const file = (name: string, yaml: string) => {
  writeFileSync(join(cwd, name), yaml);
  return name;
};

afterAll(() => rmSync(cwd, { recursive: true }));

describe('devnet run --engine process', () => {
  const scenario = (name: string, steps: string) =>
    file(`${name}.yaml`, `nodes: { count: 4 }\nlinks: ring\nscenario:\n${steps}`);

  it('runs a scenario without an engine', async () => {
    const steps = [
      '  - kill: n3',
      '    for: 300ms',
      '  - { at: 1s, expect: no drift within 20s }',
      '  - expect: gossip from n1 reaches all within 20s',
      '',
    ].join('\n');
    const { status, stdout, stderr } = await devnet(['run', scenario('fine', steps), '--engine', 'process'], {
      cwd,
      env,
    });
    expect(status, stderr).toBe(0);
    expect(stdout).toMatch(/ kill-n3: kill n3$/m);
    expect(stdout).toContain('✔ 2 of 2 expectations met');
    expect(stderr).toContain('✔ fine is down');
  });

  it('writes a dump when an expectation is missed', async () => {
    const path = scenario('missed', '  - kill: n3\n  - expect: no drift within 200ms\n');
    const { status, stderr } = await devnet(['run', path, '--engine', 'process'], { cwd, env });
    expect(status).toBe(1);
    const folder = /^artifacts: (.*)$/m.exec(stderr)?.[1] as string;
    const read = (name: string) => readFileSync(join(cwd, folder, name), 'utf8');
    expect(JSON.parse(read('status.json')).nodes).toHaveLength(4);
    expect(read('journal.jsonl')).toContain('"injected"');
    expect(read('log.jsonl')).toContain('"listening"');
  });

  it('removes the network after a failure whose page cannot be written', async () => {
    mkdirSync(join(cwd, 'pages'));
    const path = scenario(
      'unwritten',
      '  - expect: no drift within 20s\n  - { at: 30s, expect: no drift within 20s }\n',
    );
    const run = start(['run', path, '--engine', 'process', '--html', 'pages/run.html'], { cwd, env });
    await run.waitForOutput('✔ no drift');
    rmSync(join(cwd, 'pages'), { recursive: true });
    run.child.kill('SIGINT');
    const { status, stderr } = await run.finished;
    expect(status).toBe(130);
    expect(stderr).toContain('✔ unwritten is down');
    expect(stderr).toContain('! cannot write pages/run.html: no such folder\n');
  });

  it('names every step that needs containers, before anything starts', async () => {
    const path = scenario('refused', '  - cut: n1 <-> n2\n  - pause: n3\n');
    const { status, stderr } = await devnet(['run', path, '--engine', 'process', '--keep'], { cwd, env });
    expect(status).toBe(2);
    expect(stderr).toContain('the process runtime does not support: --keep, partitions and cuts, pause\n');
    expect(stderr).toContain('→ the containers runtime does: --engine containers');
  });
});

describe('devnet run --engine all', () => {
  it.skipIf(!hasNamespaces)('runs a scenario on each runtime that this machine has, and compares', async () => {
    const path = file('each.yaml', 'nodes: { count: 3 }\nlinks: ring\nscenario:\n  - expect: no drift within 20s\n');
    const { status, stdout, stderr } = await devnet(['run', path, '--engine', 'all'], { cwd, env });
    expect(status, stderr).toBe(0);
    expect(stdout).toMatch(/^ +NAMESPACES +PROCESS$/m);
    expect(stdout).toMatch(/^no drift within 20s +✔ [\d.]+ s +✔ [\d.]+ s$/m);
    expect(stdout).toContain('- containers: did not run: no container engine answers');
    expect(stdout).toContain('✔ the same verdicts on 2 runtimes');
  });

  it('takes no option for a single result', async () => {
    const path = file('single.yaml', 'nodes: [a]\nscenario:\n  - expect: no drift within 20s\n');
    const { status, stderr } = await devnet(['run', path, '--engine', 'all', '--junit', 'x.xml'], { cwd, env });
    expect(status).toBe(2);
    expect(stderr).toContain('it takes no --junit');
  });
});

it('Ctrl-C ends the writing of a page whose layout hangs, once the network is down', async () => {
  // A large graph is laid out by a process of its own.
  const hang = 'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20_000)';
  const slow = file('slow-layout.cjs', `if (/layout-process/.test(process.argv[1])) { ${hang}; process.exit(1); }`);
  const large = file('large.yaml', 'nodes: { count: 160 }\nlinks: ring\nscenario: [{ at: 0s, gossip: n1 }]');
  const running = start(['run', large, '--engine', 'process', '--html', 'page.html'], {
    cwd,
    env: { ...env, NODE_OPTIONS: `--require ${join(cwd, slow)}` },
  });
  await running.waitForOutput('large is down');
  const interruptedAtMs = performance.now();
  running.child.kill('SIGINT');
  const { status, stderr } = await running.finished;
  expect(performance.now() - interruptedAtMs).toBeLessThan(10_000);
  expect(stderr).toMatch(/interrupted before page\.html was written\n.*devnet replay \S+ --html page\.html/);
  expect(status).toBe(130);
  expect(existsSync(join(cwd, 'page.html'))).toBe(false);
});
