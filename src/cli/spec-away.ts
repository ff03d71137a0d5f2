import { StringDecoder } from 'node:string_decoder';
import type { Engine } from '../engine/engine.ts';
import { openProgram } from '../engine/exec.ts';
import { DevnetError, type ErrorCode } from '../errors.ts';
import type { SpecTask, SpecWord } from '../spec/main.ts';
import type { SuiteOptions, SuiteResult, Target } from '../spec/suite.ts';

/** The suite, in the bundled node's image. */
const PROGRAM = ['node', '/devnet/spec.cjs'];

/**
 * Runs the suite in a container instead of here: where the target can dial it.
 * @param containerId a relay, which is on the target's network
 * @throws what runSuite throws, and DevnetError `engine_failed` when the container is lost
 */
export async function runSuiteIn(
  engine: Engine,
  containerId: string,
  target: Target,
  { signal, onResult, onProfile: _, ...options }: SuiteOptions,
): Promise<SuiteResult> {
  signal?.throwIfAborted();
  const program = await openProgram(engine, containerId, PROGRAM);
  let end = () => {};
  try {
    return await new Promise<SuiteResult>((resolve, reject) => {
      end = () => reject(signal?.reason);
      signal?.addEventListener('abort', end, { once: true });
      const hear = (word: SpecWord) => {
        if (word.result) onResult?.(word.result);
        if (word.done) resolve(word.done);
        if (word.failure) reject(errorOf(word.failure));
      };
      const decoder = new StringDecoder();
      let text = '';
      program.onOutput((chunk) => {
        text += decoder.write(chunk);
        const lines = text.split('\n');
        text = lines.pop() as string;
        for (const line of lines) hear(JSON.parse(line) as SpecWord);
      });
      program.onEnd((failure) =>
        reject(new DevnetError('engine_failed', `the suite's container was lost: ${failure?.message ?? 'it ended'}`)),
      );
      const task: SpecTask = { target, options };
      program.write(Buffer.from(`${JSON.stringify(task)}\n`));
    });
  } finally {
    signal?.removeEventListener('abort', end);
    program.close();
  }
}

function errorOf({ code, message, hint }: NonNullable<SpecWord['failure']>): Error {
  return code === undefined
    ? new Error(message)
    : new DevnetError(code as ErrorCode, message, hint === undefined ? {} : { hint });
}
