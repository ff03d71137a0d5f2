import { addReplayPage } from '../../../dashboard/server/replay/add-replay-page.ts';
import { dump, dumpFolder } from '../../../diagnostics/dump.ts';
import { attachNetwork } from '../../../runtimes/find-networks.ts';
import { networkFolder } from '../../input/log-files.ts';
import { networkName } from '../../input/select-network.ts';
import { readJournal } from '../../output/dump-artifacts.ts';

export async function run(
  argument: string | undefined,
  options: { name?: string; output?: string; secrets?: true },
): Promise<void> {
  const network = await attachNetwork(networkName(argument, options.name));
  const own = networkFolder(network.topology.name);
  const dumped = await dump(network, {
    folder: options.output ?? dumpFolder(own),
    journal: readJournal(network.topology.name),
    secrets: options.secrets === true,
  });
  network.close();
  const { folder, files, missing } = await addReplayPage(dumped);
  for (const { file, why } of missing) process.stderr.write(`  without ${file}: ${why}\n`);
  process.stdout.write(`${folder}: ${files.length} files\n`);
  if (missing.length > 0) process.exitCode = 1;
}
