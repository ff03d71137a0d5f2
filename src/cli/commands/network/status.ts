import { hasNoDrift } from '../../../network/links/drift.ts';
import type { NetworkStatus } from '../../../network/network-status.ts';
import type { StatusOptions } from '../../../network/running-network.ts';
import { findNode } from '../../../network/send-message.ts';
import { attachNetwork } from '../../../runtimes/find-networks.ts';
import { networkName } from '../../input/select-network.ts';
import { formatStatus, MAX_LISTED_NODES } from '../../output/status-format.ts';

interface Options {
  name?: string;
  json?: true;
  all?: true;
  node?: string[];
}

export async function run(argument: string | undefined, options: Options): Promise<void> {
  const network = await attachNetwork(networkName(argument, options.name));
  const status = await network.status(neededDetail(network.topology.nodes.length, options));
  network.close();
  process.stdout.write(options.json ? `${JSON.stringify(status)}\n` : format(status, options));
  if (!hasNoDrift(status.drift)) process.exitCode = 1;
}

/** Leaves out what is not shown: a thousand nodes take seconds to measure. */
function neededDetail(nodes: number, { json, all, node: only }: Options): StatusOptions {
  if (json || all) return {};
  if (only) return { usageOf: only };
  return nodes > MAX_LISTED_NODES ? { usageOf: [], measureRoundTrips: false } : {};
}

function format(status: NetworkStatus, { all, node: only }: Options): string {
  for (const name of only ?? []) findNode(status.name, status.nodes, name);
  const width = process.stdout.columns || undefined;
  return formatStatus(status, {
    ...(all ? { all } : {}),
    ...(only ? { only } : {}),
    ...(width === undefined ? {} : { width }),
  });
}
