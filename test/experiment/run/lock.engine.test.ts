import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { lockExperiment } from '../../../src/experiment/run/lock.ts';
import { experimentNetworkName } from '../../../src/experiment/run/runner.ts';
import { devnet, start } from '../../support/cli.ts';
import { sandbox } from '../../support/sandbox.ts';
import { until } from '../../support/until.ts';

const box = await sandbox();
const cwd = await mkdtemp(join(tmpdir(), 'devnet-lock-'));
afterAll(() => rm(cwd, { recursive: true }));

describe('an experiment', () => {
  it('is carried out by one at a time, and is free again when that one is killed', async () => {
    const name = `exp-${box.name()}`;
    const file = join(cwd, 'x.yaml');
    await writeFile(
      file,
      `{ name: ${name}, question: q, topology: { nodes: { count: 1 } }, load: { messages: 99, every: 1s } }`,
    );
    const first = start(['experiment', file], { cwd });
    await first.says('1 node for the next 1 run');
    const second = await devnet(['experiment', file, '-o', join(cwd, 'other')], { cwd });
    expect(second.status).toBe(1);
    expect(second.stderr).toContain(`the experiment "${name}" is being carried out by somebody else`);
    first.child.kill('SIGKILL');
    await first.finished;
    const unlock = await until(
      () => lockExperiment(box.engine, name).catch(({ code }: { code: string }) => code),
      'the lock to be free',
      { accept: (answer) => answer !== 'name_taken', timeoutMs: 60_000 },
    );
    expect(unlock).toBeTypeOf('function');
    await (unlock as () => Promise<void>)();
    // Who comes next takes away what the killed one left.
    await writeFile(file, `{ name: ${name}, question: q, topology: { nodes: { count: 1 } }, load: { messages: 1 } }`);
    const third = await devnet(['experiment', file, '-o', join(cwd, 'third')], { cwd });
    expect(third.status, third.stderr).toBe(0);
    expect(await box.observe(experimentNetworkName(name))).toBeUndefined();
  });

  it('says beforehand what it will do to its networks, and when', async () => {
    const file = join(cwd, 'plan.yaml');
    await writeFile(
      file,
      '{ name: x, question: q, topology: { nodes: { count: 4 }, links: line }, matrix: { long: [1s, 2s] }, load: {}, ' +
        'faults: [{ name: split, cut: n2 <-> n3, for: $long }, { at: 3s, restart: n1 }] }',
    );
    const { status, stdout } = await devnet(['experiment', file, '--dry-run'], { cwd });
    expect(status).toBe(0);
    expect(stdout).toContain('faults with long=2s, in seconds from when the load begins');
    expect(stdout).toMatch(
      / 0\.00 to 2\.00 {5,}split: cut n2 \/ n3, across 2 links\n +3\.00 +restart-n1: restart n1\n/,
    );
  });

  it('that is wrong is told with its places, and a status of its own', async () => {
    const file = join(cwd, 'wrong.yaml');
    await writeFile(file, '{ name: x, question: q, topology: { nodes: { count: 1 } }, sedes: 3 }');
    const { status, stderr } = await devnet(['experiment', file], { cwd });
    expect(status).toBe(2);
    expect(stderr).toMatch(/wrong\.yaml:1:\d+: unknown key "sedes"/);
  });
});
