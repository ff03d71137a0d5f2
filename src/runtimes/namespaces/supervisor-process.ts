import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { decodeError } from '../../network/control-socket/control-protocol.ts';
import {
  controlSocketRoot,
  ensureSocketFolder,
  SOCKET_ROOT_VARIABLE,
} from '../../network/control-socket/socket-folder.ts';
import { attachSocketNetwork } from '../../network/control-socket/socket-network.ts';
import type { Drift } from '../../network/links/drift.ts';
import type { RunningNetwork } from '../../network/running-network.ts';
import type { StartOptions, UpStep } from '../../network/runtime.ts';
import { readJsonLines } from '../../shared/files/json-lines.ts';
import type { CgroupFolders } from './cgroup-folders.ts';
import { CGROUP_SCRIPT, SUPERVISOR_NAMESPACES, SUPERVISOR_SCRIPT, SUPERVISOR_SOCKETS } from './launch-scripts.ts';
import { readMachineFacts, refusedError, systemPath } from './preflight.ts';
import type { StarterMessage, StartRequest, SupervisorMessage } from './supervisor-protocol.ts';

/** Text that is kept of what a supervisor writes to standard error. */
const MAX_ERROR_LENGTH = 10_000;

export interface StartNamespaceOptions extends StartOptions {
  /** Called with the connection whose end removes a network that is owned by this process, before anything of it exists. */
  onSupervisorStarted?: (connection: Socket) => void;
}

/**
 * Starts a supervisor, which brings the network up.
 * @param program path of the supervisor's program
 * @throws DevnetError `engine_missing` when its namespaces cannot be made; what its network's start throws
 */
export async function startSupervisor(
  program: string,
  request: StartRequest,
  { signal, keepOnFailure = false, onFailed, onProgress, onSupervisorStarted }: StartNamespaceOptions,
): Promise<{ network: RunningNetwork; drift: Drift }> {
  ensureSocketFolder();
  const supervisor = new SupervisorProcess(program, request.cgroups);
  const { name } = request.topology;
  let keep = false;
  const onAbort = () => supervisor.send({ abort: 'the start was aborted' });
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    onSupervisorStarted?.(supervisor.connection);
    supervisor.send(request);
    const outcome = await supervisor.awaitOutcome((step) => onProgress?.(step));
    if ('started' in outcome) {
      signal?.throwIfAborted();
      return { network: await attachSocketNetwork(name), drift: outcome.started.drift };
    }
    const cause = signal?.aborted ? signal.reason : decodeError(outcome.failed);
    keep = keepOnFailure && outcome.served;
    if (outcome.served && onFailed) {
      const failed = await attachSocketNetwork(name);
      if (!keep) onProgress?.({ step: 'removing', why: cause });
      await onFailed(cause, failed);
      failed.close();
    }
    throw cause;
  } catch (cause) {
    supervisor.send({ keep });
    if (!keep) await supervisor.ended;
    throw cause;
  } finally {
    signal?.removeEventListener('abort', onAbort);
    supervisor.release();
  }
}

/** The process that made a supervisor's namespaces, and whose end is theirs. */
class SupervisorProcess {
  /** Resolves when it has ended. */
  readonly ended: Promise<unknown>;
  readonly #process: ChildProcess;
  #errors = '';

  constructor(program: string, cgroups: CgroupFolders) {
    const [command, ...args] = supervisorCommand(program, cgroups);
    this.#process = spawn(command as string, args, {
      env: { ...process.env, PATH: systemPath(), [SOCKET_ROOT_VARIABLE]: SUPERVISOR_SOCKETS },
      stdio: 'pipe',
      // In a session of its own, it does not get the Ctrl-C that is meant for this process.
      detached: true,
    });
    this.ended = once(this.#process, 'close').catch((cause: Error) => this.#addError(cause.message));
    this.#process.stderr?.setEncoding('utf8').on('data', (text: string) => this.#addError(text));
    this.#process.stdin?.on('error', () => {}); // It has ended, which `ended` says.
  }

  /** Its standard input. */
  get connection(): Socket {
    return this.#process.stdin as Socket;
  }

  send(message: StartRequest | StarterMessage): void {
    this.connection.write(`${JSON.stringify(message)}\n`);
  }

  /** Waits until the network is up, or has failed to come up. @throws DevnetError `engine_missing` when the supervisor ended */
  async awaitOutcome(onProgress: (step: UpStep) => void): Promise<Exclude<SupervisorMessage, { progress: UpStep }>> {
    for await (const message of readJsonLines<SupervisorMessage>(this.#process.stdout as Readable)) {
      if (!('progress' in message)) return message;
      onProgress(message.progress);
    }
    await this.ended;
    throw refusedError(readMachineFacts(false), this.#errors);
  }

  /** Lets this process end before the supervisor does: by the end of its standard input, the supervisor notices that. */
  release(): void {
    const { stdout, stderr } = this.#process;
    stdout?.destroy();
    stderr?.destroy();
    this.connection.unref();
    this.#process.unref();
  }

  #addError(text: string): void {
    this.#errors = (this.#errors + text).slice(-MAX_ERROR_LENGTH);
  }
}

/** Returns the command that makes a supervisor's namespaces and starts it there. */
function supervisorCommand(program: string, { folders }: CgroupFolders): string[] {
  const words = Object.entries(folders).map(([controller, path]) => `${controller}=${path}`);
  const arguments_ = [controlSocketRoot(), words.join(' '), process.execPath, program];
  const script = ['sh', '-c', SUPERVISOR_SCRIPT, 'start-supervisor', ...arguments_];
  const command = ['unshare', ...SUPERVISOR_NAMESPACES, '--', ...script];
  const groups = [...new Set(Object.values(folders))];
  return groups.length === 0 ? command : ['sh', '-c', CGROUP_SCRIPT, 'devnet-network', groups.join(' '), ...command];
}
