import type { Engine } from '../../../engine/engine.ts';
import { openExecSession } from '../../../engine/exec.ts';
import { DevnetError, type ErrorCode } from '../../../shared/errors.ts';
import { JsonLinesParser } from '../../../shared/json-lines.ts';
import type { SpecRequest, SpecResponse } from '../../../spec/main.ts';
import type { SpecTarget, SuiteOptions, SuiteResult } from '../../../spec/runner/run-suite.ts';

/** Path of the suite in the bundled node's image. */
const SPEC_COMMAND = ['node', '/devnet/spec.cjs'];

/**
 * Runs the suite in a container that the target can dial.
 * @param containerId container on the target's network, of the bundled node's image
 * @throws what `runSuite` throws, and DevnetError `engine_failed` when the container ends
 */
export async function runSuiteInContainer(
  engine: Engine,
  containerId: string,
  target: SpecTarget,
  { signal, onResult, onProfile: _, ...options }: SuiteOptions,
): Promise<SuiteResult> {
  signal?.throwIfAborted();
  const session = await openExecSession(engine, containerId, SPEC_COMMAND);
  let onAbort = () => {};
  try {
    return await new Promise<SuiteResult>((resolve, reject) => {
      onAbort = () => reject(signal?.reason);
      signal?.addEventListener('abort', onAbort, { once: true });
      const onResponse = ({ result, done, failure }: SpecResponse) => {
        if (result) onResult?.(result);
        if (done) resolve(done);
        if (failure) reject(toError(failure));
      };
      const parser = new JsonLinesParser<SpecResponse>();
      session.onOutput((chunk) => {
        for (const response of parser.push(chunk)) onResponse(response);
      });
      session.onEnd((failure) =>
        reject(
          new DevnetError(
            'engine_failed',
            `the container that ran the suite ended: ${failure?.message ?? 'no reason given'}`,
          ),
        ),
      );
      const request: SpecRequest = { target, options };
      session.write(Buffer.from(`${JSON.stringify(request)}\n`));
    });
  } finally {
    signal?.removeEventListener('abort', onAbort);
    session.close();
  }
}

function toError({ code, message, hint }: NonNullable<SpecResponse['failure']>): Error {
  return code === undefined
    ? new Error(message)
    : new DevnetError(code as ErrorCode, message, hint === undefined ? {} : { hint });
}
