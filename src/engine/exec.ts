import type { Duplex, Readable, Writable } from 'node:stream';
import { clearTimeout, setTimeout as setTimer } from 'node:timers';
import { setTimeout } from 'node:timers/promises';
import type { Exec } from 'dockerode';
import { DevnetError } from '../shared/errors.ts';
import type { Engine } from './connection/engine.ts';
import { wrapEngineErrors } from './connection/engine-error.ts';
import { containerHandle } from './connection/engine-hosts.ts';
import { type StdioFrame, StdioFrameReader } from './streams/log-demuxer.ts';

/** Size of a terminal, in characters. */
export interface TerminalSize {
  columns: number;
  rows: number;
}

/** The terminal that a command runs in. */
export interface ExecTerminal {
  /** Returns its size now; undefined where that is not known. */
  size(): TerminalSize | undefined;
  /** Calls `listener` whenever the size has changed. Returns a function that ends it. */
  onResize(listener: () => void): () => void;
}

/** Streams that a command is connected to. */
export interface ExecStreams {
  stdout: Writable;
  stderr: Writable;
  /** Its standard input, to the end. @default none */
  stdin?: Readable;
  /** Runs it in a terminal of its own, all of whose output goes to `stdout`. @default none */
  terminal?: ExecTerminal;
}

/** A command may have ended before its terminal has the right size, and some time after it was started. */
const MAX_RESIZE_ATTEMPTS = 5;
const RESIZE_INTERVAL_MS = 20;
const EXIT_INTERVAL_MS = 20;
const DETACHED_AFTER_MS = 1_000;

/**
 * Runs a command in a running container, connected to `streams`, as `docker exec` does. When the reader of its output goes away,
 * the command goes on without one.
 * @returns its exit code
 * @throws DevnetError `interrupted` when its output cannot be written any more; `engine_gone`; `engine_failed`, as when the image
 *   has no such program
 */
export async function execInContainer(
  engine: Engine,
  id: string,
  command: readonly string[],
  streams: ExecStreams,
): Promise<number> {
  const { stdin, terminal } = streams;
  return wrapEngineErrors(`run ${command[0]}`, async () => {
    const options = { stdin: stdin !== undefined, tty: terminal !== undefined };
    const { exec, stream } = await startExec(engine, id, command, options);
    const stopResizing = terminal ? keepSize(exec, terminal) : () => {};
    try {
      if (stdin) stdin.pipe(stream);
      await pumpOutput(stream, streams);
    } finally {
      stopResizing();
      if (stdin) stdin.unpipe(stream).pause();
      stream.destroy();
    }
    return await waitForExit(exec, terminal !== undefined);
  });
}

/**
 * Writes what a command writes, until it has ended. The connection may fail after that, while there is still input for it: the
 * exit code tells whether it ended.
 */
function pumpOutput(stream: Duplex, { stdout, stderr, terminal }: ExecStreams): Promise<void> {
  const frames = new StdioFrameReader();
  const outputs = { stdout, stderr };
  return new Promise((resolve, reject) => {
    const end = (failure?: Error) => {
      for (const output of [stdout, stderr]) output.off('error', onOutputError).off('drain', resume);
      stream.off('data', onData);
      if (failure) reject(failure);
      else resolve();
    };
    const onOutputError = () => end(new DevnetError('interrupted', 'output closed by its reader'));
    const resume = () => stream.resume();
    const onData = (chunk: Buffer) => {
      const pieces: StdioFrame[] = terminal ? [{ stream: 'stdout', bytes: chunk }] : frames.push(chunk);
      const hasRoom = pieces.map((piece) => outputs[piece.stream].write(piece.bytes)).every(Boolean);
      if (!hasRoom) stream.pause();
    };
    for (const output of [stdout, stderr]) output.on('error', onOutputError).on('drain', resume);
    stream
      .on('data', onData)
      .once('end', () => end())
      .once('close', () => end())
      .on('error', () => end());
  });
}

/** Gives a command's terminal the size of ours, now and whenever that changes. Returns a function that ends it. */
function keepSize(exec: Exec, terminal: ExecTerminal): () => void {
  const resize = async () => {
    for (let attempt = 0; attempt < MAX_RESIZE_ATTEMPTS; attempt++) {
      const size = terminal.size();
      if (!size) return;
      try {
        await exec.resize({ h: size.rows, w: size.columns });
        return;
      } catch {
        await setTimeout(RESIZE_INTERVAL_MS);
      }
    }
  };
  void resize();
  return terminal.onResize(() => void resize());
}

/** Waits for a command whose output has ended. One in a terminal goes on after the engine's keys to detach from it. */
async function waitForExit(exec: Exec, mayBeDetached: boolean): Promise<number> {
  const outputEndedAt = performance.now();
  for (;;) {
    const { Running, ExitCode } = await exec.inspect();
    if (!Running) return ExitCode ?? 0;
    if (mayBeDetached && performance.now() - outputEndedAt > DETACHED_AFTER_MS) return 0;
    await setTimeout(EXIT_INTERVAL_MS);
  }
}

/** Output and exit code of a command. */
export interface CommandOutput {
  code: number;
  stdout: string;
  stderr: string;
}

/** Limit on the time for which a command may write nothing. */
export interface IdleTimeout {
  ms: number;
  /** Error for a command that exceeds it. */
  error: Error;
}

/**
 * Runs a command in a running container, with `input` on its standard input.
 * @param idleTimeout absent: it may write nothing for as long as it likes
 * @throws DevnetError `engine_failed`; the error of `idleTimeout`, while the command goes on
 */
export async function execWithInput(
  engine: Engine,
  id: string,
  command: readonly string[],
  input: string,
  idleTimeout?: IdleTimeout,
): Promise<CommandOutput> {
  return wrapEngineErrors(`run ${command.join(' ')}`, async () => {
    const { exec, stream } = await startExec(engine, id, command, { stdin: true, tty: false });
    stream.end(input);
    const frames = new StdioFrameReader();
    const output: Record<'stdout' | 'stderr', Buffer[]> = { stdout: [], stderr: [] };
    const timer = idleTimeout && setTimer(() => stream.destroy(idleTimeout.error), idleTimeout.ms);
    try {
      for await (const chunk of stream) {
        timer?.refresh();
        for (const { stream: name, bytes } of frames.push(chunk as Buffer)) output[name].push(bytes);
      }
    } finally {
      clearTimeout(timer);
    }
    return {
      code: (await exec.inspect()).ExitCode ?? 0,
      stdout: Buffer.concat(output.stdout).toString(),
      stderr: Buffer.concat(output.stderr).toString(),
    };
  });
}

/** A program in a container, and its standard streams. */
export interface ExecSession {
  write(bytes: Buffer): void;
  /** Ends its standard input. */
  end(): void;
  /** Calls `onChunk` with what it writes to standard output. */
  onOutput(onChunk: (chunk: Buffer) => void): void;
  onEnd(onEnd: (failure?: Error) => void): void;
  /** Has the program wait once its output fills the buffers in between. */
  pause(): void;
  resume(): void;
  close(): void;
}

/** A program in a container. */
export interface ContainerSession extends ExecSession {
  /** Lets this process end while it runs. */
  unref(): void;
}

/**
 * Starts a program in a running container. Its standard input ends with this process.
 * @throws DevnetError `engine_failed`
 */
export async function openExecSession(
  engine: Engine,
  id: string,
  command: readonly string[],
): Promise<ContainerSession> {
  return wrapEngineErrors(`run ${command.join(' ')}`, async () => {
    const { stream } = await startExec(engine, id, command, { stdin: true, tty: false });
    return {
      write: (bytes) => stream.write(bytes),
      end: () => stream.end(),
      onOutput: (onChunk) => {
        const frames = new StdioFrameReader();
        stream.on('data', (chunk: Buffer) => {
          for (const frame of frames.push(chunk)) if (frame.stream === 'stdout') onChunk(frame.bytes);
        });
      },
      onEnd: (onEnd) => {
        let failure: Error | undefined;
        stream.once('error', (error) => {
          failure = error;
        });
        stream.once('close', () => onEnd(failure));
        stream.once('end', () => onEnd());
      },
      pause: () => void stream.pause(),
      resume: () => void stream.resume(),
      close: () => stream.destroy(),
      unref: () => (stream as Duplex & { unref?: () => void }).unref?.(),
    };
  });
}

async function startExec(
  engine: Engine,
  id: string,
  command: readonly string[],
  { stdin, tty }: { stdin: boolean; tty: boolean },
): Promise<{ exec: Exec; stream: Duplex }> {
  const options = { Cmd: [...command], AttachStdin: stdin, AttachStdout: true, AttachStderr: true, Tty: tty };
  const exec = await containerHandle(engine, id).exec(options);
  return { exec, stream: (await exec.start({ hijack: true, stdin, Tty: tty })) as Duplex };
}
