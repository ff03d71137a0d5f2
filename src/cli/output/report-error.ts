import type { Command } from 'commander';
import { DevnetError, type ErrorCode } from '../../shared/errors.ts';
import { formatCommandsIn } from '../input/npm-run.ts';
import { paint } from './format.ts';

/** Exit statuses: 1 it did not work, 2 the command or the file is wrong, 70 a bug in devnet, 130 ended by Ctrl-C. */
const EXIT_STATUS_BY_CODE: Partial<Record<ErrorCode, number>> = {
  topology_invalid: 2,
  scenario_invalid: 2,
  experiment_invalid: 2,
  file_unreadable: 2,
  file_unwritable: 2,
  usage: 2,
  target_unreachable: 2,
  interrupted: 130,
};
const INTERNAL_ERROR_STATUS = 70;

/** Prints an error on standard error, with commands as they have to be typed here. Returns the exit status. */
export function reportError(error: unknown, program: Command): number {
  if (!(error instanceof DevnetError)) {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    process.stderr.write(`${paint('red', 'devnet: internal error, please report it:', process.stderr)} ${text}\n`);
    return INTERNAL_ERROR_STATUS;
  }
  process.stderr.write(`${paint('red', 'devnet:', process.stderr)} ${error.message}\n`);
  if (error.hint !== undefined) {
    process.stderr.write(`  ${paint('bold', '→', process.stderr)} ${formatCommandsIn(error.hint, program)}\n`);
  }
  return EXIT_STATUS_BY_CODE[error.code] ?? 1;
}
