import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { PassThrough, Readable, Writable } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import { beforeAll, describe, expect, it } from 'vitest';
import { type ExecStreams, execInContainer, execWithInput, type TerminalSize } from '../../src/engine/exec.ts';
import { root } from '../support/paths.ts';
import { sandbox } from '../support/sandbox.ts';
import { until } from '../support/until.ts';

const box = await sandbox();
let id: string;
let name: string;
beforeAll(async () => {
  const { devnet } = await box.up('nodes: [a]');
  id = devnet.nodes[0]?.containerId as string;
  name = devnet.name;
});

/** Runs JavaScript in the node's container. */
async function run(script: string, streams: Partial<ExecStreams> = {}) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const output = Promise.all([buffer(stdout), text(stderr)]);
  const code = await execInContainer(box.engine, id, ['node', '-e', script], { stdout, stderr, ...streams });
  stdout.end();
  stderr.end();
  const [bytes, errors] = await output;
  return { code, bytes, stdout: bytes.toString(), stderr: errors };
}

/** Bytes of which no two megabytes are alike. */
const BYTES = Buffer.from(Array.from({ length: 400_000 }, (_, i) => `${i},`).join(''));

describe('execWithInput', () => {
  const idleTimeout = { ms: 3_000, error: new Error('silent') };
  const runScript = (script: string) => execWithInput(box.engine, id, ['node', '-e', script], 'input', idleTimeout);

  it('ends with an error once a command has written nothing for too long', async () => {
    await expect(runScript('console.log("begun"); setInterval(() => {}, 1000)')).rejects.toThrow('silent');
  });

  it('waits for a command that goes on writing', async () => {
    const script = 'let n = 0; setInterval(() => { console.log(++n); if (n === 8) process.exit(4); }, 500)';
    expect(await runScript(script)).toEqual({ code: 4, stdout: '1\n2\n3\n4\n5\n6\n7\n8\n', stderr: '' });
  });
});

describe('execInContainer', () => {
  it('passes standard input to its end, and returns output and exit code', async () => {
    const script = 'process.stdin.pipe(process.stdout); process.stdin.on("end", () => { process.exitCode = 7; })';
    const { code, bytes } = await run(script, { stdin: Readable.from([BYTES.subarray(0, 9), BYTES.subarray(9)]) });
    expect(code).toBe(7);
    expect(bytes.equals(BYTES)).toBe(true);
  });

  it('gives a command without standard input none', async () => {
    expect(await run('process.stdin.resume().on("end", () => console.log("end"))')).toMatchObject({
      code: 0,
      stdout: 'end\n',
    });
  });

  it('returns all output and the exit code of a command that ends before its input', async () => {
    const endless = new Readable({ read: () => {} });
    const feeding = setInterval(() => endless.push('y\n'.repeat(10_000)), 1);
    const script =
      'process.stdin.once("data", () => { process.stdout.write("x".repeat(1e6), () => process.exit(3)); })';
    const { code, stdout } = await run(script, { stdin: endless }).finally(() => clearInterval(feeding));
    expect(code).toBe(3);
    expect(stdout).toHaveLength(1_000_000);
  });

  it('waits for a command that has closed its output', async () => {
    const script = 'process.stdout.end("o"); process.stderr.end("e"); setTimeout(() => process.exit(9), 500)';
    expect(await run(script)).toMatchObject({ code: 9, stdout: 'o', stderr: 'e' });
  });

  it('waits for a slow reader', async () => {
    let received = 0;
    const slow = new Writable({
      highWaterMark: 1,
      write(chunk: Buffer, _encoding, done) {
        received += chunk.length;
        setImmediate(done);
      },
    });
    expect(await run(`process.stdout.write(Buffer.alloc(3e6))`, { stdout: slow })).toMatchObject({ code: 0 });
    slow.end();
    await once(slow, 'finish');
    expect(received).toBe(3_000_000);
  });

  it('is interrupted when its output cannot be written any more', async () => {
    const broken = new Writable({ write: (_chunk, _encoding, done) => done(new Error('gone')) });
    const script = 'setInterval(() => console.log("y"), 1); setTimeout(() => process.exit(), 5_000)';
    await expect(run(script, { stdout: broken })).rejects.toMatchObject({ code: 'interrupted' });
  });

  it('runs a command in a terminal of the right size, also when that changes', async () => {
    let size: TerminalSize = { columns: 99, rows: 33 };
    let notify = () => {};
    const stdout = new PassThrough();
    let output = '';
    stdout.setEncoding('utf8').on('data', (piece) => {
      output += piece;
    });
    const script = `
      const show = () => console.log(process.stdin.isTTY + " " + process.stdout.columns + "x" + process.stdout.rows);
      setInterval(show, 20); process.stdout.on("resize", () => {});
      process.stdin.setRawMode(true).on("data", (typed) => { console.error("typed " + JSON.stringify(String(typed))); process.exit(5); });`;
    const stdin = new PassThrough();
    const running = run(script, {
      stdin,
      stdout,
      terminal: {
        size: () => size,
        onResize(listener) {
          notify = listener;
          return () => {
            notify = () => {};
          };
        },
      },
    });
    await until(() => output.includes('true 99x33\r\n'), 'the first size');
    size = { columns: 111, rows: 44 };
    notify();
    await until(() => output.includes('true 111x44\r\n'), 'the second size');
    stdin.write('\x03');
    expect(await running).toMatchObject({ code: 5, stderr: '' });
    expect(output).toContain('typed "\\u0003"\r\n');
  });
});

const CLI = `"${process.execPath}" "${root}/dist/cli.js"`;

describe('devnet exec', () => {
  /** Runs a command line in bash, and what `talk` does meanwhile. */
  async function bash(script: string, talk?: (child: ChildProcess, output: () => string) => Promise<void>) {
    const child = spawn('bash', ['-c', script], { stdio: ['pipe', 'pipe', 'pipe'] });
    const output = { stdout: '', stderr: '' };
    for (const stream of ['stdout', 'stderr'] as const) {
      child[stream].setEncoding('utf8').on('data', (piece) => {
        output[stream] += piece;
      });
    }
    const closed = once(child, 'close');
    if (talk) await talk(child, () => output.stdout);
    child.stdin.end();
    await closed;
    return output;
  }

  it('ends silently when the reader of its output goes away', async () => {
    const script = `for (let i = 0; i < 9_000; i++) require("fs").writeSync(1, "y\\n".repeat(5_000))`;
    expect(await bash(`${CLI} exec --name ${name} a -- node -e '${script}' | head -c 10`)).toEqual({
      stdout: 'y\ny\ny\ny\ny\n',
      stderr: '',
    });
  });

  it('writes all of standard error through a slow pipe, and exits with the status of the command', async () => {
    const script = 'process.stderr.write("x".repeat(75_000)); process.exitCode = 4';
    const late = '(read -r -N 1; sleep 1; wc -c)';
    const command = `(${CLI} exec --name ${name} a -- node -e '${script}'; echo "$?" >&3) 2>&1 >/dev/null | ${late}`;
    expect((await bash(`{ ${command}; } 3>&1`)).stdout.trim().split(/\s+/).sort()).toEqual(['4', '74999']);
  });

  it('passes standard input with -i only', async () => {
    const script = 'process.stdin.pipe(process.stdout)';
    expect((await bash(`echo hello | ${CLI} exec -i --name ${name} a -- node -e '${script}'`)).stdout).toBe('hello\n');
    expect((await bash(`echo hello | ${CLI} exec --name ${name} a -- node -e '${script}'`)).stdout).toBe('');
  });

  it('refuses -it where standard input is no terminal', async () => {
    expect(await bash(`${CLI} exec -it --name ${name} a -- node -e 1; echo $?`)).toEqual({
      stdout: '2\n',
      stderr: expect.stringMatching(/^devnet: standard input is not a terminal.*\n {2}→ leave out -t/),
    });
  });

  it('with -it, connects this terminal, in raw mode, to one of the same size', async () => {
    const program = `
      process.stdin.setRawMode(true).on("data", (typed) => process.exit(String(typed) === "\\x03" ? 6 : 1));
      process.stdout.on("resize", () => {});
      setInterval(() => console.log(process.stdout.columns + "x" + process.stdout.rows), 50);`;
    const encoded = Buffer.from(program).toString('base64');
    const command = `${CLI} exec -it --name ${name} a -- node -e 'eval(atob("${encoded}"))'`;
    const inside = `stty cols 100 rows 30; ${command.replaceAll('"', '\\"')}; echo status $?; stty -a`;
    const { stdout } = await bash(
      `script -q -c "${inside.replaceAll('$', '\\$')}" /dev/null`,
      async (child, output) => {
        await until(() => output().includes('100x30\r\n'), 'the size of the terminal');
        child.stdin?.write('\x03');
        await until(() => output().includes('status'), 'the end of the command');
      },
    );
    expect(stdout).toContain('status 6\r\n');
    expect(stdout).not.toContain('\r\r\n');
    expect(stdout).toMatch(/ icanon/);
    expect(stdout).not.toMatch(/-icanon|-opost/);
  });
});
