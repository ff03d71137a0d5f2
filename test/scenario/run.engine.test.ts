import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isFree } from '../../src/devnet/drift.ts';
import { status } from '../../src/devnet/status.ts';
import { devnet, start } from '../support/cli.ts';
import { sandbox } from '../support/sandbox.ts';

const box = await sandbox();
const cwd = mkdtempSync(join(tmpdir(), 'devnet-run-'));
const samples = join(import.meta.dirname, '..', '..', 'devnet', 'scenarios');

function file(yaml: string): string {
  const path = join(cwd, `${box.name()}.yaml`);
  writeFileSync(path, yaml);
  return path;
}

const LINE = 'nodes: [a, b, c]\nlinks: [a <-> b <-> c]\n';

describe('devnet run', () => {
  it.concurrent.each(readdirSync(samples))('%s: every expectation is met, and nothing is left', async (sample) => {
    const name = box.name();
    const { status, stdout, stderr } = await devnet(['run', join(samples, sample), '--name', name], { cwd });
    expect(status, `${stdout}\n${stderr}`).toBe(0);
    expect(stdout).toMatch(/✔ (\d+) of \1 expectations met/);
    expect(await box.observe(name)).toBeUndefined();
  });

  it('exits with 1 at a missed expectation, with what was seen, the log around it, and a report', async () => {
    const name = box.name();
    const scenario =
      'scenario:\n  - { kill: c, name: dead }\n  - { at: 1s, name: whole, expect: no drift within 1s }\n';
    const report = join(cwd, 'report.xml');
    const { status, stdout } = await devnet(['run', file(LINE + scenario), '--name', name, '--junit', report], { cwd });
    expect(status).toBe(1);
    expect(stdout).toMatch(/╷ dead: kill c\n/);
    expect(stdout).toContain('whole: expected no drift within 1s\n  last seen: down: c');
    expect(stdout).toMatch(/the log until then:\n(.*\n)*.*devnet warn node_ended of=c exit_code=137/);
    expect(stdout).toContain('╵ dead healed (the scenario is over)');
    expect(readFileSync(report, 'utf8')).toContain('tests="1" failures="1"');
    expect(await box.observe(name)).toBeUndefined();
  });

  it('at Ctrl-C takes its faults back and the devnet down', async () => {
    const name = box.name();
    const scenario = 'scenario:\n  - { pause: b, name: frozen }\n  - { at: 10m, expect: no drift }\n';
    const running = start(['run', file(LINE + scenario), '--name', name], { cwd });
    await running.says('frozen: pause b');
    running.child.kill('SIGINT');
    const { status, stdout, stderr } = await running.finished;
    expect(status).toBe(130);
    expect(stdout).toContain('frozen healed (the scenario is over)');
    expect(stderr).toContain(`${name} is down`);
    expect(await box.observe(name)).toBeUndefined();
  });

  it('goes through a devnet that runs already, and leaves it running as it was', async () => {
    const name = box.name();
    const path = file(
      `${LINE}scenario:
  - { kill: b, for: 1s }
  - expect: log a matches /link_down peer=b/
  - { at: 1s, expect: no drift within 20s }
`,
    );
    await devnet(['up', path, '--name', name, '-d'], { cwd });
    const before = await box.observe(name);
    const { status: exit, stdout } = await devnet(['run', path, '--name', name, '--json'], { cwd });
    expect(exit, stdout).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      name,
      passed: true,
      outcomes: [
        { met: true, expectation: { kind: 'log', nodes: ['a'] } },
        { met: true, expectation: { kind: 'no drift', within: 20_000 } },
      ],
    });
    const { happenings } = JSON.parse(stdout) as { happenings: { what: string }[] };
    expect(happenings.map(({ what }) => what).sort()).toEqual(['healed', 'injected', 'judged', 'judged']);
    const after = await box.observe(name);
    expect(after?.run).toBe(before?.run);
    expect(isFree((await status(box.engine, after!)).drift)).toBe(true);

    const other = file(`nodes: [a, b, c]\nlinks: ring\nscenario:\n  - kill: a\n`);
    const refused = await devnet(['run', other, '--name', name], { cwd });
    expect(refused.status).toBe(1);
    expect(refused.stderr).toContain(`a devnet "${name}" runs with another topology`);
  });

  it('tells with --plan what it would do, and does nothing', async () => {
    const name = box.name();
    const path = file(`${LINE}scenario:\n  - { at: 2s, cut: a <-> b, for: 1s }\n  - { at: 4s, expect: no drift }\n`);
    const { status, stdout } = await devnet(['run', path, '--name', name, '--plan'], {
      cwd,
      env: { DOCKER_HOST: 'tcp://127.0.0.1:1' },
    });
    expect(status).toBe(0);
    expect(stdout.split('\n').map((line) => line.trim())).toEqual([
      '2.00 s partition: cut a / b',
      '3.00 s heal partition',
      '4.00 s expect no drift within 10s',
      '',
    ]);
  });

  it('is told every mistake of its file, with exit status 2', async () => {
    const path = file(`${LINE}scenario:\n  - kill: d\n  - expect: a -> c is up\n`);
    const { status, stderr } = await devnet(['run', path], { cwd });
    expect(status).toBe(2);
    expect(stderr).toContain(`${path}:4:11: unknown node "d"`);
    expect(stderr).toContain(`${path}:5:13: expected a link of the topology, got "a -> c"`);
    const missing = await devnet(['run', 'nowhere.yaml'], { cwd });
    expect(missing.status).toBe(2);
    expect(missing.stderr).toContain('cannot read the scenario nowhere.yaml: there is no such file');
  });
});
