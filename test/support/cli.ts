import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { root } from './paths.ts';

const CLI = join(root, 'dist', 'cli.js');

export interface CommandResult {
  status: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

/** A running `devnet` command, in a process of its own. */
export interface RunningCommand {
  child: ChildProcess;
  /** Output so far, without terminal control characters. */
  readonly stdout: string;
  readonly stderr: string;
  finished: Promise<CommandResult>;
  /** Resolves when standard output or error contains `text`; rejects when the command ends without it. */
  waitForOutput(text: string | RegExp): Promise<void>;
}

export interface CliOptions {
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  uid?: number;
  /** Standard input. @default none */
  input?: string;
}

/** Starts `devnet` with these arguments. */
export function start(args: string[], options: CliOptions = {}): RunningCommand {
  const child = spawn(process.execPath, [CLI, ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
    cwd: options.cwd ?? process.cwd(),
    env: { ...process.env, ...options.env },
    ...(options.uid === undefined ? {} : { uid: options.uid }),
  });
  child.stdin.on('error', () => {}); // It may end without reading.
  child.stdin.end(options.input);
  let stdout = '';
  let stderr = '';
  const listeners = new Set<() => void>();
  const notify = () => {
    for (const listener of listeners) listener();
  };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += stripVTControlCharacters(text);
    notify();
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += stripVTControlCharacters(text);
    notify();
  });
  const finished = new Promise<CommandResult>((resolve) => {
    child.once('close', (status, signal) => resolve({ status, signal, stdout, stderr }));
  });
  return {
    child,
    get stdout() {
      return stdout;
    },
    get stderr() {
      return stderr;
    },
    finished,
    waitForOutput(text) {
      return new Promise((resolve, reject) => {
        const check = () => {
          const output = `${stdout}\n${stderr}`;
          if (typeof text === 'string' ? !output.includes(text) : !text.test(output)) return false;
          listeners.delete(check);
          resolve();
          return true;
        };
        if (check()) return;
        listeners.add(check);
        finished.then(() => check() || reject(new Error(`ended without the output ${text}:\n${stdout}\n${stderr}`)));
      });
    },
  };
}

/** Runs `devnet` with these arguments to its end. */
export function devnet(args: string[], options?: CliOptions): Promise<CommandResult> {
  return start(args, options).finished;
}
