import { DevnetError, describeError } from '../../shared/errors.ts';
import type { CommandResult } from '../page/page-command.ts';

/** Returns the result of a command that failed. */
export function toFailedResult(cause: unknown): CommandResult {
  const hint = cause instanceof DevnetError && cause.hint !== undefined ? { hint: cause.hint } : {};
  const code = cause instanceof DevnetError ? cause.code : 'internal';
  return { ok: false, code, message: describeError(cause), ...hint };
}
