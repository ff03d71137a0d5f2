import { DevnetError, type ErrorCode } from '../../shared/errors.ts';
import { prefixNpmRun } from '../input/npm-run.ts';
import { paint } from './format.ts';

/** Exit statuses: 1 it did not work, 2 the command or the file is wrong, 130 ended by Ctrl-C. */
const EXIT_STATUS_BY_CODE: Partial<Record<ErrorCode, number>> = {
  topology_invalid: 2,
  scenario_invalid: 2,
  experiment_invalid: 2,
  file_unreadable: 2,
  usage: 2,
  target_unreachable: 2,
  interrupted: 130,
};

/** Prints an error for a person, on standard error. @returns the status to exit with */
export function reportError(error: unknown): number {
  if (!(error instanceof DevnetError)) {
    // Not one of ours: a mistake in devnet itself, and the stack says where.
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    process.stderr.write(`${paint('red', 'devnet: this is a mistake in devnet:', process.stderr)} ${text}\n`);
    return 70;
  }
  process.stderr.write(`${paint('red', 'devnet:', process.stderr)} ${error.message}\n`);
  if (error.hint !== undefined) {
    process.stderr.write(`  ${paint('bold', '→', process.stderr)} ${prefixNpmRun(error.hint)}\n`);
  }
  return EXIT_STATUS_BY_CODE[error.code] ?? 1;
}
