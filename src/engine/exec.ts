import { once } from 'node:events';
import type { Duplex, Writable } from 'node:stream';
import type { Engine } from './engine.ts';
import { wrapEngineErrors } from './engine-error.ts';
import { StdioFrameReader } from './log-demuxer.ts';

/**
 * Runs a command in a running container and passes on what it writes, as it comes.
 * @returns its exit code
 * @throws DevnetError `engine_failed`, as when there is no such program in the image
 */
export async function execInContainer(
  engine: Engine,
  id: string,
  command: readonly string[],
  out: { stdout: Writable; stderr: Writable },
): Promise<number> {
  return wrapEngineErrors(`run ${command[0]}`, async () => {
    const made = await engine.docker
      .getContainer(id)
      .exec({ Cmd: [...command], AttachStdout: true, AttachStderr: true });
    const stream = (await made.start({ hijack: true, stdin: false })) as Duplex;
    const frames = new StdioFrameReader();
    for await (const chunk of stream) {
      for (const { stream: name, bytes } of frames.push(chunk as Buffer)) {
        if (!out[name].write(bytes)) await once(out[name], 'drain');
      }
    }
    return (await made.inspect()).ExitCode ?? 0;
  });
}

/** A program that runs in a container and is spoken to through its standard streams. */
export interface ExecSession {
  write(bytes: Buffer): void;
  /** Nothing more will be written. */
  end(): void;
  /** Calls `read` with what it writes to standard output. */
  onOutput(read: (chunk: Buffer) => void): void;
  onEnd(ended: (failure?: Error) => void): void;
  close(): void;
}

/** Starts a program in a running container, for as long as this process or the container lasts. */
export async function openExecSession(engine: Engine, id: string, command: readonly string[]): Promise<ExecSession> {
  return wrapEngineErrors(`run ${command.join(' ')}`, async () => {
    const made = await engine.docker
      .getContainer(id)
      .exec({ Cmd: [...command], AttachStdin: true, AttachStdout: true, AttachStderr: true });
    const stream = (await made.start({ hijack: true, stdin: true })) as Duplex;
    return {
      write: (bytes) => stream.write(bytes),
      end: () => stream.end(),
      onOutput: (read) => {
        const frames = new StdioFrameReader();
        stream.on('data', (chunk: Buffer) => {
          for (const frame of frames.push(chunk)) if (frame.stream === 'stdout') read(frame.bytes);
        });
      },
      onEnd: (ended) => {
        let failure: Error | undefined;
        stream.once('error', (error) => {
          failure = error;
        });
        stream.once('close', () => ended(failure));
        stream.once('end', () => ended());
      },
      close: () => stream.destroy(),
    };
  });
}

/** What a command that was given its input wrote, and how it ended. */
export interface CommandOutput {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs a command in a running container with `input` on its standard input, to its end. */
export async function execWithInput(
  engine: Engine,
  id: string,
  command: readonly string[],
  input: string,
): Promise<CommandOutput> {
  return wrapEngineErrors(`run ${command.join(' ')}`, async () => {
    const made = await engine.docker
      .getContainer(id)
      .exec({ Cmd: [...command], AttachStdin: true, AttachStdout: true, AttachStderr: true });
    const stream = (await made.start({ hijack: true, stdin: true })) as Duplex;
    stream.end(input);
    const frames = new StdioFrameReader();
    const out: Record<'stdout' | 'stderr', Buffer[]> = { stdout: [], stderr: [] };
    for await (const chunk of stream) {
      for (const { stream: name, bytes } of frames.push(chunk as Buffer)) out[name].push(bytes);
    }
    const [stdout, stderr] = [out.stdout, out.stderr].map((parts) => Buffer.concat(parts).toString());
    return { code: (await made.inspect()).ExitCode ?? 0, stdout: stdout as string, stderr: stderr as string };
  });
}
