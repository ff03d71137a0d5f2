import type { FoundNetwork } from '../../network/runtime.ts';
import { findNetworks } from '../../runtimes/find-networks.ts';
import { describeError } from '../../shared/errors.ts';
import { paint, writeToStderr } from '../output/format.ts';

/**
 * Lists the networks that run, of all runtimes, and says on standard error what kept others from being found.
 * @throws DevnetError what kept networks from being found, when there are none
 */
export async function listNetworks(): Promise<FoundNetwork[]> {
  const { networks, failures } = await findNetworks();
  if (networks.length === 0 && failures.length > 0) throw failures[0];
  for (const failure of failures) {
    writeToStderr(`${paint('yellow', '!', process.stderr)} not all networks are listed: ${describeError(failure)}`);
  }
  return networks;
}
