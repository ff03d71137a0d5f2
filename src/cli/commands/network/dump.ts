import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { dump, dumpFolder } from '../../../diagnostics/dump.ts';
import { connectEngine } from '../../../engine/engine.ts';
import { attachContainerNetwork } from '../../../runtimes/containers/container-network.ts';
import { networkFolder } from '../../input/log-files.ts';

export const dumpCommand = (): Command =>
  new Command('dump')
    .summary('write all that is known of a devnet into a folder')
    .description(
      'For looking at later, or for sending to somebody: the topology, the plan, how things stand, the graph as declared and\n' +
        "as it is, the merged log and each node's own, what is asked of the links with the rules for it, and versions.",
    )
    .argument('[name]', 'name of the devnet; without it, the only one there is')
    .option('-o, --output <folder>', 'where to (default: .devnet/NAME/dump-TIME)')
    .action(run);

async function run(name: string | undefined, options: { output?: string }): Promise<void> {
  const network = await attachContainerNetwork(await connectEngine(), name);
  const own = networkFolder(network.topology.name);
  const journal = join(own, 'journal.jsonl');
  const { folder, files, missing } = await dump(network, {
    folder: options.output ?? dumpFolder(own),
    journal: existsSync(journal) ? readFileSync(journal, 'utf8') : '',
  });
  network.close();
  for (const { file, why } of missing) process.stderr.write(`  without ${file}: ${why}\n`);
  process.stdout.write(`${folder}: ${files.length} files\n`);
  if (missing.length > 0) process.exitCode = 1;
}
