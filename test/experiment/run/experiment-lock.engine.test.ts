import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { experimentNetworkName, lockExperiment } from '../../../src/experiment/run/experiment-lock.ts';
import { containerRuntime } from '../../../src/runtimes/containers/container-runtime.ts';
import { devnet, start } from '../../support/cli.ts';
import { sandbox } from '../../support/sandbox.ts';
import { until } from '../../support/until.ts';

const box = await sandbox();
const cwd = await mkdtemp(join(tmpdir(), 'devnet-lock-'));
afterAll(() => rm(cwd, { recursive: true }));

describe('an experiment', () => {
  it('runs in one process at a time, and is free again when that process is killed', async () => {
    const name = `exp-${box.name()}`;
    const file = join(cwd, 'x.yaml');
    await writeFile(
      file,
      `{ name: ${name}, question: q, topology: { nodes: { count: 1 } }, load: { messages: 99, every: 1s } }`,
    );
    const first = start(['experiment', file], { cwd });
    await first.waitForOutput('1 node for the next 1 run');
    const second = await devnet(['experiment', file, '-o', join(cwd, 'other')], { cwd });
    expect(second.status).toBe(1);
    expect(second.stderr).toContain(`experiment "${name}" is already running in another process`);
    first.child.kill('SIGKILL');
    await first.finished;
    const unlock = await until(
      () => lockExperiment(containerRuntime(box.engine), name).catch(({ code }: { code: string }) => code),
      'the lock to be free',
      { accept: (answer) => answer !== 'name_taken', timeoutMs: 60_000 },
    );
    expect(unlock).toBeTypeOf('function');
    await (unlock as () => Promise<void>)();
    // The next run removes what the killed one left.
    await writeFile(file, `{ name: ${name}, question: q, topology: { nodes: { count: 1 } }, load: { messages: 1 } }`);
    const third = await devnet(['experiment', file, '-o', join(cwd, 'third')], { cwd });
    expect(third.status, third.stderr).toBe(0);
    expect(await box.observe(experimentNetworkName(name))).toBeUndefined();
  });

  it('says in a dry run which faults it will inject, and when', async () => {
    const file = join(cwd, 'plan.yaml');
    await writeFile(
      file,
      '{ name: x, question: q, topology: { nodes: { count: 4 }, links: line }, matrix: { long: [1s, 2s] }, load: {}, ' +
        'faults: [{ name: split, cut: n2 <-> n3, for: $long }, { at: 3s, restart: n1 }] }',
    );
    const { status, stdout } = await devnet(['experiment', file, '--dry-run'], { cwd });
    expect(status).toBe(0);
    expect(stdout).toContain('faults with long=2s, in seconds from the start of the load');
    expect(stdout).toMatch(
      / 0\.00 to 2\.00 {5,}split: cut n2 \/ n3, across 2 links\n +3\.00 +restart-n1: restart n1\n/,
    );
  });

  it('with mistakes fails with their places and exit status 2', async () => {
    const file = join(cwd, 'wrong.yaml');
    await writeFile(file, '{ name: x, question: q, topology: { nodes: { count: 1 } }, sedes: 3 }');
    const { status, stderr } = await devnet(['experiment', file], { cwd });
    expect(status).toBe(2);
    expect(stderr).toMatch(/wrong\.yaml:1:\d+: unknown key "sedes"/);
  });
});
