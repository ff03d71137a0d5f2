import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { root } from '../../support/paths.ts';

const CLI = join(root, 'dist', 'cli.js');
const cwd = mkdtempSync(join(tmpdir(), 'devnet-streams-'));
afterAll(() => rmSync(cwd, { recursive: true }));
const file = (name: string, yaml: string) => {
  writeFileSync(join(cwd, name), yaml);
  return name;
};

const numbers = Array.from({ length: 600 }, (_, i) => i + 1);
const WRONG = file('wrong.yaml', `nodes: { count: 10 }\nlinks:\n${numbers.map((i) => `  - n1 -> q${i}\n`).join('')}`);
const WRONG_SCENARIO = file(
  'wrong-scenario.yaml',
  `nodes: { count: 10 }\nlinks: ring\nscenario:\n${numbers.map((i) => `  - { at: 1s, kill: q${i} }\n`).join('')}`,
);
const LARGE = file('large.yaml', 'nodes: { count: 200 }\nlinks: mesh\n');
const RING = file('ring.yaml', 'nodes: { count: 20 }\nlinks: ring\n');
const SCENARIO = file(
  'scenario.yaml',
  `nodes: { count: 10 }\nlinks: ring\nscenario:\n${numbers.map((i) => `  - { at: ${i}s, restart: n1 }\n`).join('')}`,
);

/** More than a pipe holds at once, in bytes. */
const PIPE_BYTES = 65_536;
/** Runs a command line in bash. */
async function bash(script: string): Promise<{ stdout: string; stderr: string }> {
  const child = spawn('bash', ['-c', script, process.execPath], { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  const exited = once(child, 'exit');
  const [stdout, stderr] = await Promise.all([
    child.stdout.setEncoding('utf8').toArray(),
    child.stderr.setEncoding('utf8').toArray(),
  ]);
  await exited;
  return { stdout: stdout.join(''), stderr: stderr.join('') };
}

/** Reads one byte, leaves a command that does not wait for its reader the time to end, and reads the rest. */
const READ_LATE = `(IFS= read -r -N 1 first; sleep 1; printf %s "$first"; cat)`;

describe.concurrent('output that its reader takes late', () => {
  it.each([
    [`validate ${WRONG} 2>&1 >/dev/null`, /600 mistakes in wrong\.yaml\n$/],
    [`run --plan ${WRONG_SCENARIO} 2>&1 >/dev/null`, /600 mistakes in wrong-scenario\.yaml\n$/],
    [`validate --json ${WRONG}`, /]}\n$/],
    [`graph ${LARGE} --json 2>/dev/null`, /}\n$/],
  ])('is whole: %s', async (command, end) => {
    const { stdout } = await bash(`"$0" ${CLI} ${command} | ${READ_LATE}`);
    expect(stdout.length).toBeGreaterThan(PIPE_BYTES);
    expect(stdout).toMatch(end);
  });
});

describe.concurrent('a reader that goes away', () => {
  it.each(['--help', 'completion bash', 'spec --list', `validate --json ${WRONG}`, `export compose ${LARGE}`])(
    'ends `%s` without a word',
    async (command) => {
      // `true` reads nothing, and has ended by the time the command writes.
      expect(await bash(`"$0" ${CLI} ${command} | true`)).toEqual({ stdout: '', stderr: '' });
    },
  );

  it.each([`validate ${WRONG}`, `run --plan ${WRONG_SCENARIO}`])(
    'ends `%s`, which writes to standard error, with its own status',
    async (command) => {
      const script = `"$0" ${CLI} ${command} 2>&1 | head -c 1 >/dev/null; echo "\${PIPESTATUS[0]}"`;
      expect(await bash(script)).toEqual({ stdout: '2\n', stderr: '' });
    },
  );
});

describe('few open files', () => {
  it('are named in one line, with the number that is needed, by every command', async () => {
    expect(await bash(`ulimit -n 64; "$0" ${CLI} validate ${LARGE}; echo $?`)).toEqual({
      stdout: '1\n',
      stderr: 'devnet: this command needs 128 open files at once, and this process may have 64\n  → ulimit -n 128\n',
    });
  });

  it('are named before a network starts', async () => {
    expect(await bash(`ulimit -n 200; "$0" ${CLI} up ${RING} --engine process; echo $?`)).toEqual({
      stdout: '1\n',
      stderr: expect.stringMatching(
        /^ring: .*\ndevnet: "ring", in one process, needs 248 open files at once, and this process may have 200\n {2}→ ulimit -n 256\n$/,
      ),
    });
  });

  it('are enough for every command where there are as many as are needed', async () => {
    const commands = [
      `validate ${LARGE}`,
      `graph ${RING} --format png -o ring.png`,
      'experiment - --dry-run',
      'spec --list',
    ];
    const experiment = 'question: Q\ntopology: { nodes: { count: 4 }, links: ring }\n';
    for (const command of commands) {
      const { stdout } = await bash(
        `ulimit -n 128; "$0" ${CLI} ${command} >/dev/null <<< $'${experiment.replaceAll('\n', '\\n')}'; echo $?`,
      );
      expect(`${command}: ${stdout}`).toBe(`${command}: 0\n`);
    }
  });
});

describe('standard output that cannot be written', () => {
  it.each(['completion bash', `run --plan ${SCENARIO}`])('fails `%s`, with one line that says why', async (command) => {
    expect(await bash(`"$0" ${CLI} ${command} >/dev/full; echo $?`)).toEqual({
      stdout: '1\n',
      stderr: 'devnet: cannot write standard output: no space left on device\n',
    });
  });
});
