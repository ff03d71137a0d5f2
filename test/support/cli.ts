import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { root } from './paths.ts';

const CLI = join(root, 'dist', 'cli.js');

export interface Finished {
  status: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

/** A running `devnet` command, as a person would have started it. */
export interface Running {
  child: ChildProcess;
  /** What it has written so far. */
  readonly stdout: string;
  readonly stderr: string;
  finished: Promise<Finished>;
  /** Resolves when standard output or error has come to hold `text`; rejects when the command ends without. */
  says(text: string | RegExp): Promise<void>;
}

export interface CliOptions {
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  uid?: number;
  /** Standard input. @default none */
  input?: string;
}

export function start(args: string[], options: CliOptions = {}): Running {
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
  const heard = () => {
    for (const listener of listeners) listener();
  };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += stripVTControlCharacters(text);
    heard();
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += stripVTControlCharacters(text);
    heard();
  });
  const finished = new Promise<Finished>((resolve) => {
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
    says(text) {
      return new Promise((resolve, reject) => {
        const look = () => {
          const all = `${stdout}\n${stderr}`;
          if (typeof text === 'string' ? !all.includes(text) : !text.test(all)) return false;
          listeners.delete(look);
          resolve();
          return true;
        };
        if (look()) return;
        listeners.add(look);
        finished.then(() => look() || reject(new Error(`ended without saying ${text}:\n${stdout}\n${stderr}`)));
      });
    },
  };
}

export function devnet(args: string[], options?: CliOptions): Promise<Finished> {
  return start(args, options).finished;
}
