import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { root } from './support/paths.ts';
import { spawnSync } from './support/run-sync.ts';

interface Step {
  run?: string;
  uses?: string;
  env?: Record<string, string>;
  with?: Record<string, unknown>;
}

const read = <T>(file: string) => parse(readFileSync(join(root, file), 'utf8')) as T;
const action = read<{ inputs: Record<string, { default: string }>; runs: { steps: Step[] } }>('action.yml');

describe('action.yml', () => {
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'devnet-action-'));
    mkdirSync(join(folder, 'dist'));
    writeFileSync(join(folder, 'dist', 'cli.js'), 'console.log(JSON.stringify(process.argv.slice(2)))');
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  /** Runs the action's shell steps with a program in place of devnet that prints its arguments. */
  function runAction(inputs: Record<string, string>) {
    const outputs = action.runs.steps.map(({ run, env = {} }) => {
      if (run === undefined) return { status: 0, stdout: '', stderr: '' };
      const values = Object.entries(env).map(([name, value]) => {
        const input = /^\$\{\{ inputs\.(\w+) \}\}$/.exec(value)![1]!;
        return [name, inputs[input] ?? action.inputs[input]!.default];
      });
      return spawnSync('bash', ['-e', '-o', 'pipefail', '-c', run], {
        encoding: 'utf8',
        env: { ...process.env, ...Object.fromEntries(values), GITHUB_ACTION_PATH: folder },
      });
    });
    return {
      status: Math.max(...outputs.map(({ status }) => status ?? 1)),
      stdout: outputs.map(({ stdout }) => stdout).join(''),
      stderr: outputs.map(({ stderr }) => stderr).join(''),
    };
  }

  it.each([
    [{ scenario: 'my scenario.yaml' }, ['run', 'my scenario.yaml']],
    [{ scenario: 'a.yaml', arguments: '--timeout 60 --keep' }, ['run', 'a.yaml', '--timeout', '60', '--keep']],
    [{ spec: 'my-node', arguments: '--strict' }, ['spec', '--image', 'my-node', '--strict']],
    [{ spec: 'bundled' }, ['spec']],
  ])('runs %j', (inputs, command) => {
    const { status, stdout } = runAction(inputs);
    expect({ status, command: JSON.parse(stdout) }).toEqual({ status: 0, command });
  });

  it.each([[{}], [{ scenario: 'a.yaml', spec: 'my-node' }]])('refuses %j', (inputs) => {
    expect(runAction(inputs)).toEqual({
      status: 2,
      stdout: '',
      stderr: 'devnet: set one of the inputs "scenario" and "spec"\n',
    });
  });

  it('is used by the example with inputs that it has', () => {
    const { jobs } = read<{ jobs: Record<string, { steps: Step[] }> }>('examples/ci.yml');
    const uses = Object.values(jobs).flatMap(({ steps }) =>
      steps.filter((step) => step.uses === './node_modules/devnet'),
    );
    expect(uses).toHaveLength(2);
    for (const step of uses)
      expect(Object.keys(action.inputs)).toEqual(expect.arrayContaining(Object.keys(step.with!)));
  });
});

it('the workflow of this repository runs .ci/run', () => {
  const { jobs } = read<{ jobs: Record<string, { steps: Step[] }> }>('.github/workflows/ci.yml');
  expect(jobs.test!.steps.flatMap(({ run }) => run ?? [])).toEqual(['.ci/run']);
});
