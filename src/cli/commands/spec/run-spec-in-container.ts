import { StringDecoder } from 'node:string_decoder';
import type { Engine } from '../../../engine/engine.ts';
import { openExecSession } from '../../../engine/exec.ts';
import { DevnetError, type ErrorCode } from '../../../shared/errors.ts';
import type { SpecRequest, SpecResponse } from '../../../spec/main.ts';
import type { SpecTarget, SuiteOptions, SuiteResult } from '../../../spec/runner/run-suite.ts';

/** The suite, in the bundled node's image. */
const SPEC_COMMAND = ['node', '/devnet/spec.cjs'];

/**
 * Runs the suite in a container instead of here: where the target can dial it.
 * @param containerId a relay, which is on the target's network
 * @throws what runSuite throws, and DevnetError `engine_failed` when the container is lost
 */
export async function runSuiteInContainer(
  engine: Engine,
  containerId: string,
  target: SpecTarget,
  { signal, onResult, onProfile: _, ...options }: SuiteOptions,
): Promise<SuiteResult> {
  signal?.throwIfAborted();
  const program = await openExecSession(engine, containerId, SPEC_COMMAND);
  let end = () => {};
  try {
    return await new Promise<SuiteResult>((resolve, reject) => {
      end = () => reject(signal?.reason);
      signal?.addEventListener('abort', end, { once: true });
      const hear = (word: SpecResponse) => {
        if (word.result) onResult?.(word.result);
        if (word.done) resolve(word.done);
        if (word.failure) reject(toError(word.failure));
      };
      const decoder = new StringDecoder();
      let text = '';
      program.onOutput((chunk) => {
        text += decoder.write(chunk);
        const lines = text.split('\n');
        text = lines.pop() as string;
        for (const line of lines) hear(JSON.parse(line) as SpecResponse);
      });
      program.onEnd((failure) =>
        reject(new DevnetError('engine_failed', `the suite's container was lost: ${failure?.message ?? 'it ended'}`)),
      );
      const task: SpecRequest = { target, options };
      program.write(Buffer.from(`${JSON.stringify(task)}\n`));
    });
  } finally {
    signal?.removeEventListener('abort', end);
    program.close();
  }
}

function toError({ code, message, hint }: NonNullable<SpecResponse['failure']>): Error {
  return code === undefined
    ? new Error(message)
    : new DevnetError(code as ErrorCode, message, hint === undefined ? {} : { hint });
}
