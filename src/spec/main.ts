// Runs in a devnet's relay container, for a controller that a node cannot dial: the suite is where the node is. One JSON object
// on standard input says what to try, lines on standard output say what was found, and the end of the input ends it.
import { createInterface } from 'node:readline';
import { DevnetError } from '../shared/errors.ts';
import type { CaseResult } from './harness/spec-case.ts';
import { runSuite, type SpecTarget, type SuiteOptions, type SuiteResult } from './runner/run-suite.ts';

/** What is asked: the first line. */
export interface SpecRequest {
  target: SpecTarget;
  options: Omit<SuiteOptions, 'signal' | 'onProfile' | 'onResult'>;
}

/** What is said, in lines: a result of each case as it ends, and at the end one of the others. */
export interface SpecResponse {
  result?: CaseResult;
  done?: SuiteResult;
  failure?: { code?: string; message: string; hint?: string };
}

const writeResponse = (word: SpecResponse) => process.stdout.write(`${JSON.stringify(word)}\n`);

async function runRequest({ target, options }: SpecRequest): Promise<void> {
  try {
    writeResponse({ done: await runSuite(target, { ...options, onResult: (result) => writeResponse({ result }) }) });
  } catch (cause) {
    const { message } = cause as Error;
    const known = cause instanceof DevnetError ? { code: cause.code, ...(cause.hint ? { hint: cause.hint } : {}) } : {};
    writeResponse({ failure: { message, ...known } });
  }
}

const lines = createInterface({ input: process.stdin });
lines.once('line', (line) => {
  // Cases may leave sockets that are yet to close: the last word is the end.
  void runRequest(JSON.parse(line) as SpecRequest).then(() => process.stdout.write('', () => process.exit(0)));
});
lines.once('close', () => process.exit(1));
