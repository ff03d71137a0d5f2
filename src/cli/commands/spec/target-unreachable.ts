import { DevnetError, type ErrorCode } from '../../../shared/errors.ts';

/** Nobody listens, it does not run, or no way leads to it. */
const UNREACHABLE_CODES: readonly ErrorCode[] = ['node_unreachable', 'node_silent', 'node_died', 'engine_unroutable'];

/**
 * What keeps `devnet spec` from a node, as an error with a status of its own: it tells a node that cannot be reached from one
 * that fails. Any other error is returned as it is.
 */
export function toTargetUnreachable(cause: unknown): unknown {
  if (!(cause instanceof DevnetError)) return cause;
  const { code, message, hint } = cause;
  if (!UNREACHABLE_CODES.includes(code)) return cause;
  return new DevnetError('target_unreachable', message, { ...(hint === undefined ? {} : { hint }), cause });
}
