import { Command } from 'commander';
import { loadTopology } from '../../devnet/load.ts';
import { count, paint } from '../format.ts';

export const validateCommand = (): Command =>
  new Command('validate')
    .summary('check topology files without touching the engine')
    .description('Reads each file and reports every mistake in it at once. Exits with 2 when there is one.')
    .argument('[file...]', 'topology files', ['devnet/default.yaml'])
    .option('--json', 'the topologies as devnet understands them, as JSON')
    .action(run);

async function run(files: string[], options: { json?: true }): Promise<void> {
  let failure: unknown;
  for (const file of files) {
    try {
      const topology = await loadTopology(file);
      const { name, nodes, links } = topology;
      process.stdout.write(
        options.json
          ? `${JSON.stringify(topology)}\n`
          : `${paint('green', '✔')} ${file}: ${name}, ${count(nodes.length, 'node')}, ${count(links.length, 'link')}\n`,
      );
    } catch (cause) {
      if (files.length > 1) process.stderr.write(`${(cause as Error).message}\n`);
      failure = cause;
    }
  }
  if (failure === undefined) return;
  if (files.length === 1) throw failure;
  process.exitCode = 2;
}
