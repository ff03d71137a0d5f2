import { once } from 'node:events';
import type { Duplex, Writable } from 'node:stream';
import type { Exec } from 'dockerode';
import type { Engine } from './engine.ts';
import { wrapEngineErrors } from './engine-error.ts';
import { StdioFrameReader } from './log-demuxer.ts';

/**
 * Runs a command in a running container and writes its output to `output` as it comes.
 * @returns its exit code
 * @throws DevnetError `engine_failed`, as when the image has no such program
 */
export async function execInContainer(
  engine: Engine,
  id: string,
  command: readonly string[],
  output: { stdout: Writable; stderr: Writable },
): Promise<number> {
  return wrapEngineErrors(`run ${command[0]}`, async () => {
    const { exec, stream } = await startExec(engine, id, command, false);
    const frames = new StdioFrameReader();
    for await (const chunk of stream) {
      for (const { stream: name, bytes } of frames.push(chunk as Buffer)) {
        if (!output[name].write(bytes)) await once(output[name], 'drain');
      }
    }
    return (await exec.inspect()).ExitCode ?? 0;
  });
}

/** Output and exit code of a command. */
export interface CommandOutput {
  code: number;
  stdout: string;
  stderr: string;
}

/**
 * Runs a command in a running container, with `input` on its standard input.
 * @throws DevnetError `engine_failed`
 */
export async function execWithInput(
  engine: Engine,
  id: string,
  command: readonly string[],
  input: string,
): Promise<CommandOutput> {
  return wrapEngineErrors(`run ${command.join(' ')}`, async () => {
    const { exec, stream } = await startExec(engine, id, command, true);
    stream.end(input);
    const frames = new StdioFrameReader();
    const output: Record<'stdout' | 'stderr', Buffer[]> = { stdout: [], stderr: [] };
    for await (const chunk of stream) {
      for (const { stream: name, bytes } of frames.push(chunk as Buffer)) output[name].push(bytes);
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
  close(): void;
}

/**
 * Starts a program in a running container. Its standard input ends with this process.
 * @throws DevnetError `engine_failed`
 */
export async function openExecSession(engine: Engine, id: string, command: readonly string[]): Promise<ExecSession> {
  return wrapEngineErrors(`run ${command.join(' ')}`, async () => {
    const { stream } = await startExec(engine, id, command, true);
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
      close: () => stream.destroy(),
    };
  });
}

async function startExec(
  engine: Engine,
  id: string,
  command: readonly string[],
  stdin: boolean,
): Promise<{ exec: Exec; stream: Duplex }> {
  const options = { Cmd: [...command], AttachStdin: stdin, AttachStdout: true, AttachStderr: true };
  const exec = await engine.docker.getContainer(id).exec(options);
  return { exec, stream: (await exec.start({ hijack: true, stdin })) as Duplex };
}
