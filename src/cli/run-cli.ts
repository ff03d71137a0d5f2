import { CommanderError } from 'commander';
import { DevnetError } from '../shared/errors.ts';
import { assertOptionsNotTakenByNpm } from './input/npm-run.ts';
import { reportError } from './output/report-error.ts';
import { flushStandardStreams, handleStandardStreamErrors, standardOutputFailure } from './output/standard-streams.ts';
import { warnOfUnansweredRequests } from './output/warn-of-unanswered-requests.ts';
import { createProgram } from './program.ts';

const OUTPUT_UNWRITABLE_STATUS = 1;
const INTERRUPTED_STATUS = 130;

handleStandardStreamErrors();
warnOfUnansweredRequests();
const program = createProgram();
// Without it, Node.js ends with status 13 and no message.
const onStalled = () => {
  process.exitCode = reportError(new Error('the command did not finish, and nothing is left to wait for'), program);
};
process.once('beforeExit', onStalled);
try {
  assertOptionsNotTakenByNpm(program, process.argv.slice(2));
  await program.parseAsync();
} catch (error) {
  process.exitCode = reportFailure(error);
}
process.off('beforeExit', onStalled);
await flushStandardStreams();
if (standardOutputFailure() === 'unwritable') process.exitCode ||= OUTPUT_UNWRITABLE_STATUS;
// Sockets to the engine and to nodes stay open for reuse and would keep the process alive.
process.exit();

function reportFailure(error: unknown): number {
  // commander has printed its own errors by now; asking for help or the version is none.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  // A command that ended because its output cannot be written does so without another message.
  const failure = standardOutputFailure();
  const wasCutShort = failure !== undefined && error instanceof DevnetError && error.code === 'interrupted';
  if (wasCutShort) return failure === 'reader gone' ? INTERRUPTED_STATUS : OUTPUT_UNWRITABLE_STATUS;
  return reportError(error, program);
}
