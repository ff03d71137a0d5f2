import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import type { Readable } from 'node:stream';
import { setTimeoutAfterIo } from '../../../../shared/time/timeout-after-io.ts';
import { EXEC_SCRIPT, JOIN_SCRIPT, NODE_SCRIPT } from '../../launch-scripts.ts';
import type { LimitedStart } from './node-limits.ts';
import { type OutputLine, readOutput } from './output-lines.ts';
import { findChild, listNamespaceProcesses, sendSignal } from './processes.ts';

/** Time a node has to end after SIGTERM, milliseconds. */
const STOP_GRACE_MS = 5_000;
/** Output of `unshare` of util-linux 2.38, with exit code 1, when SIGKILL ended its child: that signal has no default to restore. */
const KILLED_CHILD = /^unshare: sigprocmask [a-z]+ failed: /;
const KILLED_EXIT_CODE = 137;

/** Settings of a node's process. */
export interface NodeProcessSettings {
  name: string;
  command: readonly string[];
  /** Working directory. */
  folder: string;
  env: Record<string, string>;
  /** File with the batch that sets its interfaces up. */
  batch: string;
  limits: LimitedStart;
}

export interface NodeProcessEvents {
  onLine(stream: 'stdout' | 'stderr', line: OutputLine): void;
  onExit(exitCode: number): void;
}

/**
 * A node's program, in namespaces of its own: `nsenter` enters the network namespace, `unshare` makes the others and stays as
 * the parent of the node, which is process 1 of its namespace.
 */
export class NodeProcess {
  /** Milliseconds since the epoch. */
  readonly startedAt = Date.now();
  /** Resolves with the exit code when the node has ended, and its output was read. */
  readonly exited: Promise<number>;
  exitCode: number | undefined;
  paused = false;
  readonly #settings: NodeProcessSettings;
  readonly #parent: ChildProcess;
  #pid: number | undefined;

  constructor(settings: NodeProcessSettings, { onLine, onExit }: NodeProcessEvents) {
    this.#settings = settings;
    const { name, command, folder, env, batch, limits } = settings;
    const program = limits.dataLimit === undefined ? command : ['prlimit', `--data=${limits.dataLimit}`, ...command];
    const script = ['sh', '-c', NODE_SCRIPT, 'start-node', name, batch, folder, limits.groups.join(' '), ...program];
    const own = ['--mount', '--uts', '--pid', '--ipc', '--fork', '--kill-child', '--mount-proc'];
    this.#parent = spawn('nsenter', [`--net=/run/netns/${name}`, '--', 'unshare', ...own, '--', ...script], {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const { stdout, stderr } = this.#parent;
    readOutput(stdout as Readable, (line) => onLine('stdout', line));
    let wasKilled = false;
    readOutput(stderr as Readable, (line) => {
      if (KILLED_CHILD.test(line.text)) wasKilled = true;
      else onLine('stderr', line);
    });
    this.exited = new Promise((resolve) => {
      this.#parent.once('error', ({ message }) => onLine('stderr', { text: message }));
      // Not `exit`: what the node wrote last is still to be read.
      this.#parent.once('close', (code, signal) => {
        this.exitCode = wasKilled ? KILLED_EXIT_CODE : toExitCode(code, signal);
        onExit(this.exitCode);
        resolve(this.exitCode);
      });
    });
  }

  /** Id of the node's first process, in the supervisor's namespace; undefined when it has ended. */
  get pid(): number | undefined {
    if (this.exitCode !== undefined || this.#parent.pid === undefined) return undefined;
    this.#pid ??= findChild(this.#parent.pid);
    return this.#pid;
  }

  async kill(): Promise<void> {
    this.#signal('SIGKILL');
    await this.exited;
  }

  async stop(): Promise<void> {
    if (this.paused) this.unpause();
    this.#signal('SIGTERM');
    const cancel = setTimeoutAfterIo(STOP_GRACE_MS, () => this.#signal('SIGKILL'));
    await this.exited;
    cancel();
  }

  /** Freezes every process of the node. */
  pause(): void {
    this.#signalAll('SIGSTOP');
    this.paused = true;
  }

  unpause(): void {
    this.#signalAll('SIGCONT');
    this.paused = false;
  }

  /** Starts a command in the node's namespaces, as the user that the node runs as, and under its limits. */
  exec(command: readonly string[], env: Record<string, string> = {}): ChildProcess {
    const { folder, limits } = this.#settings;
    const enter = [`--target=${this.pid ?? 0}`, '--net', '--mount', '--uts', '--pid', '--ipc', '--'];
    const entered = ['nsenter', ...enter, 'sh', '-c', EXEC_SCRIPT, 'exec', folder, ...command];
    // From inside, the control groups cannot be seen.
    const [program, ...args] =
      limits.groups.length === 0 ? entered : ['sh', '-c', JOIN_SCRIPT, 'join', limits.groups.join(' '), ...entered];
    return spawn(program as string, args, {
      env: { ...this.#settings.env, ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
  }

  #signal(signal: NodeJS.Signals): void {
    const { pid } = this;
    // Before it has a process, its parent ends with the signal.
    if (pid !== undefined) sendSignal(pid, signal);
    else if (this.exitCode === undefined) this.#parent.kill(signal);
  }

  #signalAll(signal: NodeJS.Signals): void {
    const { pid } = this;
    if (pid === undefined) return;
    const signalled = new Set<number>();
    // A process may start others until it is frozen.
    for (;;) {
      const left = listNamespaceProcesses(pid).filter((one) => !signalled.has(one));
      if (left.length === 0) return;
      for (const one of left) {
        sendSignal(one, signal);
        signalled.add(one);
      }
    }
  }
}

/** Returns how a child process ended, as a shell does: 128 and the number of a signal. */
export async function exitCodeOf(child: ChildProcess): Promise<number> {
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  return toExitCode(code, signal);
}

function toExitCode(code: number | null, signal: NodeJS.Signals | null): number {
  return code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
}
