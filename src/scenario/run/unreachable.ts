import { DevnetError } from '../../shared/errors.ts';

/** Whether something could not be said to a node, which in a scenario with faults is no failure of the run. */
export function isNodeUnreachable(cause: unknown): cause is DevnetError {
  return cause instanceof DevnetError && cause.code === 'node_unreachable';
}
