// Runs the suite in a tunnel container, on the network of a node that the controller cannot dial. Standard input has one
// line, a SpecRequest; standard output has a SpecResponse a line; the end of standard input stops the run.
import { DevnetError, describeError } from '../shared/errors.ts';
import { readJsonLines } from '../shared/files/json-lines.ts';
import type { CaseResult } from './harness/spec-case.ts';
import { runSuite, type SpecTarget, type SuiteOptions, type SuiteResult } from './runner/run-suite.ts';

export interface SpecRequest {
  target: SpecTarget;
  options: Omit<SuiteOptions, 'signal' | 'onProfile' | 'onResult'>;
}

/** A case that ended, or at the end the whole result or the error. */
export interface SpecResponse {
  result?: CaseResult;
  done?: SuiteResult;
  failure?: { code?: string; message: string; hint?: string };
}

const writeResponse = (response: SpecResponse) => process.stdout.write(`${JSON.stringify(response)}\n`);

async function runRequest({ target, options }: SpecRequest): Promise<void> {
  try {
    writeResponse({ done: await runSuite(target, { ...options, onResult: (result) => writeResponse({ result }) }) });
  } catch (cause) {
    const { code, hint } = cause instanceof DevnetError ? cause : {};
    writeResponse({
      failure: { message: describeError(cause), ...(code ? { code } : {}), ...(hint ? { hint } : {}) },
    });
  }
}

async function main(): Promise<void> {
  let isFirst = true;
  for await (const request of readJsonLines<SpecRequest>(process.stdin)) {
    // Cases may leave sockets that are yet to close, so the process ends itself once everything is written.
    if (isFirst) void runRequest(request).then(() => process.stdout.write('', () => process.exit(0)));
    isFirst = false;
  }
  process.exit(1);
}

void main();
