import type { ChildProcess } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import type { ExecSession } from '../../engine/exec.ts';

/** Returns a session with a program that is a child of this process, with pipes for its input and output. */
export function openChildSession(child: ChildProcess): ExecSession {
  const [input, output] = [child.stdin as Writable, child.stdout as Readable];
  input.on('error', () => {}); // It ended, which `onEnd` says.
  child.stderr?.resume();
  return {
    write: (bytes) => void input.write(bytes),
    end: () => void input.end(),
    onOutput: (onChunk) => void output.on('data', onChunk),
    onEnd: (onEnd) => void child.once('error', onEnd).once('close', () => onEnd()),
    pause: () => void output.pause(),
    resume: () => void output.resume(),
    close: () => void child.kill(),
  };
}
