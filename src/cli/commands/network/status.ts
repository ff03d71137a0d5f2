import { hasNoDrift } from '../../../network/drift.ts';
import type { NetworkStatus } from '../../../network/network-status.ts';
import { findNode } from '../../../network/send-message.ts';
import { attachNetwork } from '../../../runtimes/find-networks.ts';
import { networkName } from '../../input/select-network.ts';
import { formatStatus } from '../../output/status-format.ts';

interface StatusOptions {
  name?: string;
  json?: true;
  all?: true;
  node?: string[];
}

export async function run(argument: string | undefined, options: StatusOptions): Promise<void> {
  const network = await attachNetwork(networkName(argument, options.name));
  const status = await network.status();
  network.close();
  process.stdout.write(options.json ? `${JSON.stringify(status)}\n` : format(status, options));
  if (!hasNoDrift(status.drift)) process.exitCode = 1;
}

function format(status: NetworkStatus, { all, node: only }: StatusOptions): string {
  for (const name of only ?? []) findNode(status.name, status.nodes, name);
  const width = process.stdout.columns || undefined;
  return formatStatus(status, {
    ...(all ? { all } : {}),
    ...(only ? { only } : {}),
    ...(width === undefined ? {} : { width }),
  });
}
