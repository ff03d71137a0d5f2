import { DevnetError } from '../../shared/errors.ts';
import { wallClockOffset } from '../../shared/time/clock-offset.ts';
import type { NetworkSummary } from '../running-network.ts';
import type { FindResult, FoundNetwork } from '../runtime.ts';
import { removeEmptyFolder } from './claim-socket.ts';
import { ClientCall } from './client-call.ts';
import { controlSocketFolder, listControlSockets } from './socket-folder.ts';
import { attachSocketNetwork, removeServedNetwork } from './socket-network.ts';

/**
 * Finds the networks that processes of this user run, and removes the sockets of processes that have ended.
 * @param name only the one of this name
 * @throws DevnetError `host_limit` when the folder of the sockets is not private
 */
export async function findServedNetworks(name?: string): Promise<FindResult> {
  const names = listControlSockets().filter((candidate) => name === undefined || candidate === name);
  const result: FindResult = { networks: [], failures: [] };
  const found = await Promise.allSettled(names.sort().map(findServedNetwork));
  for (const one of found) {
    if (one.status === 'rejected') result.failures.push(one.reason);
    else if (one.value) result.networks.push(one.value);
  }
  return result;
}

async function findServedNetwork(name: string): Promise<FoundNetwork | undefined> {
  try {
    const summary = (await ClientCall.run(name, 'summary', [])) as NetworkSummary;
    return {
      ...summary,
      attach: () => attachSocketNetwork(name),
      clockOffset: async () => wallClockOffset(),
      remove: () => removeServedNetwork(name),
    };
  } catch (cause) {
    if (!(cause instanceof DevnetError) || cause.code !== 'no_such_devnet') throw cause;
    removeEmptyFolder(controlSocketFolder(name));
    return undefined;
  }
}
