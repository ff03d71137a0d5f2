import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { status } from '../../../../src/controller/inspect/read-status.ts';
import { hasNoDrift } from '../../../../src/network/links/drift.ts';
import { devnet, start } from '../../../support/cli.ts';
import { interruptibleEngine } from '../../../support/interruptible-engine.ts';
import { root } from '../../../support/paths.ts';
import { sandbox } from '../../../support/sandbox.ts';

const box = await sandbox();
const cwd = mkdtempSync(join(tmpdir(), 'devnet-run-'));
const samples = join(root, 'devnet', 'scenarios');

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

  it('exits with 1 at a missed expectation, and prints what was seen, the log and a report', async () => {
    const name = box.name();
    const scenario =
      'scenario:\n  - { kill: c, name: dead }\n  - { at: 1s, name: whole, expect: no drift within 1s }\n';
    const report = join(cwd, 'report.xml');
    const markdown = join(cwd, `${name}.md`);
    const { status, stdout, stderr } = await devnet(['run', file(LINE + scenario), '--name', name, '--junit', report], {
      cwd,
      env: { GITHUB_STEP_SUMMARY: markdown },
    });
    expect(status).toBe(1);
    const artifacts = /^artifacts: (.+)$/m.exec(stderr)?.[1] as string;
    expect(artifacts.startsWith(join('.devnet', name, 'dump-'))).toBe(true);
    expect(readdirSync(join(cwd, artifacts))).toEqual(expect.arrayContaining(['journal.jsonl', 'log.jsonl']));
    const added = readFileSync(markdown, 'utf8');
    expect(added).toMatch(/^### devnet run t\\-\w+\\: 0 of 1 expectation met.*\n\n```mermaid\n/);
    expect(added).toMatch(/\nat 1\\\.\d+ s, whole\\: expected no drift within 1s; last seen\\: down\\: c/);
    expect(added).toMatch(/```text\n[\s\S]*node_ended[\s\S]*\n```\n/);
    expect(stdout).toMatch(/╷ dead: kill c\n/);
    expect(stdout).toContain('whole: expected no drift within 1s\n  last seen: down: c');
    expect(stdout).toMatch(/the log until then:\n(.*\n)*.*devnet warn node_ended of=c exit_code=137/);
    expect(stdout).toContain('╵ dead healed (end of the scenario)');
    expect(readFileSync(report, 'utf8')).toContain('tests="1" failures="1"');
    expect(await box.observe(name)).toBeUndefined();
  });

  it('heals its faults and removes the network at Ctrl-C', async () => {
    const name = box.name();
    const scenario = 'scenario:\n  - { pause: b, name: frozen }\n  - { at: 10m, expect: no drift }\n';
    const report = join(cwd, `${name}.xml`);
    const running = start(['run', file(LINE + scenario), '--name', name, '--junit', report], { cwd });
    await running.waitForOutput('frozen: pause b');
    running.child.kill('SIGINT');
    const { status, stdout, stderr } = await running.finished;
    expect(status).toBe(130);
    expect(readFileSync(report, 'utf8')).toMatch(/<testsuite name="t-[^>]* errors="1"[\s\S]*<error type="interrupted"/);
    expect(stdout).toContain('frozen healed (end of the scenario)');
    expect(stderr).toContain(`${name} is down`);
    expect(await box.observe(name)).toBeUndefined();
  });

  it('uses a network that runs already, and leaves it as it was', async () => {
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
    expect(hasNoDrift((await status(box.engine, after!)).drift)).toBe(true);

    const other = file(`nodes: [a, b, c]\nlinks: ring\nscenario:\n  - kill: a\n`);
    const refused = await devnet(['run', other, '--name', name], { cwd });
    expect(refused.status).toBe(1);
    expect(refused.stderr).toContain(`a network "${name}" runs with another topology`);
  });

  it('writes a report with an error when the network cannot start, and when no engine answers', async () => {
    const name = box.name();
    const report = join(cwd, `${name}.xml`);
    const markdown = join(cwd, `${name}.md`);
    const options = { cwd, env: { GITHUB_STEP_SUMMARY: markdown } };
    const steps = 'scenario:\n  - expect: no drift\n';
    const broken = file(`nodes: { a: { env: { DEVNET_MAX_PEERS: none } } }\n${steps}`);
    const { status, stderr } = await devnet(['run', broken, '--name', name, '--junit', report], options);
    expect(status).toBe(1);
    expect(stderr).toMatch(/^artifacts: \.devnet/m);
    const text = readFileSync(report, 'utf8');
    expect(text).toMatch(/<testsuite name="t-[^>]* tests="1" failures="0" errors="1"/);
    expect(text).toMatch(/<error type="node_died" message="a [^>]*>[\s\S]*DEVNET_MAX_PEERS[\s\S]*<\/error>/);
    expect(readFileSync(markdown, 'utf8')).toMatch(/^### devnet run t\\-\w+\\: node\\_died\n\n```mermaid/);
    expect(await box.observe(name)).toBeUndefined();

    const nowhere = { cwd, env: { DOCKER_HOST: 'tcp://127.0.0.1:1', GITHUB_STEP_SUMMARY: '' } };
    const lost = await devnet(['run', file(LINE + steps), '--name', name, '--junit', report], nowhere);
    expect(lost.status).toBe(1);
    expect(readFileSync(report, 'utf8')).toMatch(/errors="1"[\s\S]*<error type="engine_\w+"/);

    const unwritable = await devnet(['run', 'nowhere.yaml', '--junit', join(cwd, 'no', 'such', 'report.xml')], { cwd });
    expect(unwritable.status).toBe(2);
    expect(unwritable.stderr).toMatch(/^devnet: cannot write .*report\.xml: no such folder\n/);
  });

  it('writes a report with an error when the engine goes away', async () => {
    const name = box.name();
    const report = join(cwd, `${name}.xml`);
    const scenario =
      'scenario:\n  - expect: no drift\n  - { at: 2s, pause: b, name: frozen }\n  - { at: 10m, expect: no drift }\n';
    const lost = await interruptibleEngine();
    const env = { DOCKER_HOST: lost.host };
    const running = start(['run', file(LINE + scenario), '--name', name, '--junit', report], { cwd, env });
    try {
      await running.waitForOutput('met after');
      await running.waitForOutput('frozen: pause b');
      lost.cut();
      const { status, stderr } = await running.finished;
      expect(status, stderr).toBe(1);
    } finally {
      lost.cut();
      running.child.kill('SIGKILL');
    }
    const text = readFileSync(report, 'utf8');
    expect(text).toMatch(/<testsuite name="t-[^>]* tests="2" failures="0" errors="1"/);
    expect(text).toMatch(/<error type="engine_\w+" message="[^"]+/);
  });

  it('prints its steps with --plan, and does nothing', async () => {
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

  it('reports every mistake in its file, with exit status 2', async () => {
    const path = file(`${LINE}scenario:\n  - kill: d\n  - expect: a -> c is up\n`);
    const { status, stderr } = await devnet(['run', path], { cwd });
    expect(status).toBe(2);
    expect(stderr).toContain(`${path}:4:11: unknown node "d"`);
    expect(stderr).toContain(`${path}:5:13: expected a link of the topology, got "a -> c"`);
    const missing = await devnet(['run', 'nowhere.yaml'], { cwd });
    expect(missing.status).toBe(2);
    expect(missing.stderr).toContain('cannot read the scenario nowhere.yaml: no such file');
  });
});
