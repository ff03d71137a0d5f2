import { Command } from 'commander';
import { DevnetError } from '../../../shared/errors.ts';
import { TopologyError } from '../../../topology/index.ts';
import { loadTopology } from '../../../topology/load-topology-file.ts';
import { defaultTopologyFile } from '../../input/default-topology.ts';
import { formatConditionCounts } from '../../output/conditions-format.ts';
import { paint, pluralize } from '../../output/format.ts';
import { reportError } from '../../output/report-error.ts';

export const validateCommand = (): Command =>
  new Command('validate')
    .summary('check topology files without touching the engine')
    .description('Reads each file and reports every mistake in it at once. Exits with 2 when there is one.')
    .argument('[file...]', 'topology files (default: as for up)')
    .option('--json', 'per file the topology as devnet understands it, or its mistakes, as JSON')
    .action(run);

async function run(named: string[], options: { json?: true }): Promise<void> {
  for (const file of named.length > 0 ? named : [defaultTopologyFile()]) {
    try {
      const topology = await loadTopology(file);
      const { name, nodes, links } = topology;
      const conditions = formatConditionCounts(topology);
      process.stdout.write(
        options.json
          ? `${JSON.stringify({ file, topology })}\n`
          : `${paint('green', '✔')} ${file}: ${name}, ${pluralize(nodes.length, 'node')}, ${pluralize(links.length, 'link')}${conditions === undefined ? '' : `; ${conditions}`}\n`,
      );
    } catch (cause) {
      // The other files are still to be checked.
      process.exitCode = options.json && cause instanceof DevnetError ? reportAsJson(file, cause) : reportError(cause);
    }
  }
}

function reportAsJson(file: string, error: DevnetError): number {
  const mistakes = error.cause instanceof TopologyError ? error.cause.diagnostics : [{ message: error.message }];
  process.stdout.write(`${JSON.stringify({ file, mistakes })}\n`);
  return 2;
}
