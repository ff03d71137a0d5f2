import { DevnetError } from '../errors.ts';

/**
 * What keeps `devnet spec` from a node, as an error with a status of its own: it tells a node that cannot be reached from one
 * that fails. Any other error is returned as it is.
 */
export function asUnreachable(cause: unknown): unknown {
  if (!(cause instanceof DevnetError)) return cause;
  const { code, message, hint } = cause;
  if (code !== 'node_unreachable' && code !== 'engine_unroutable') return cause;
  return new DevnetError('target_unreachable', message, { ...(hint === undefined ? {} : { hint }), cause });
}
