import type { ExecSession } from '../../../engine/exec.ts';
import { DevnetError, type ErrorCode } from '../../../shared/errors.ts';
import { JsonLinesParser } from '../../../shared/files/json-lines.ts';
import type { SpecRequest, SpecResponse } from '../../../spec/main.ts';
import type { SpecTarget, SuiteOptions, SuiteResult } from '../../../spec/runner/run-suite.ts';

/**
 * Runs the suite in another process, which the target can dial.
 * @param open starts the suite's program on the target's network
 * @throws what `runSuite` and `open` throw, and DevnetError `engine_failed` when the program ends
 */
export async function runSuiteElsewhere(
  open: () => Promise<ExecSession>,
  target: SpecTarget,
  { signal, onResult, onProfile: _, ...options }: SuiteOptions,
): Promise<SuiteResult> {
  signal?.throwIfAborted();
  const session = await open();
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
          new DevnetError('engine_failed', `the program of the suite ended: ${failure?.message ?? 'no reason given'}`),
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
