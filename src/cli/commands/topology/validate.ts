import type { Command } from 'commander';
import { DevnetError } from '../../../shared/errors.ts';
import { displayName } from '../../../shared/files/text-file.ts';
import { TopologyError } from '../../../topology/index.ts';
import { loadTopology } from '../../../topology/load-topology-file.ts';
import { defaultTopologyFile } from '../../input/default-topology.ts';
import { formatGraphSize, paint } from '../../output/format.ts';
import { formatConditionCounts } from '../../output/plan-format.ts';
import { reportError } from '../../output/report-error.ts';

export async function run(named: string[], options: { json?: true }, command: Command): Promise<void> {
  for (const file of named.length > 0 ? named : [defaultTopologyFile()]) {
    try {
      const topology = await loadTopology(file);
      const conditions = formatConditionCounts(topology);
      process.stdout.write(
        options.json
          ? `${JSON.stringify({ file, topology })}\n`
          : `${paint('green', '✔')} ${displayName(file)}: ${topology.name}, ${formatGraphSize(topology)}${conditions === undefined ? '' : `; ${conditions}`}\n`,
      );
    } catch (cause) {
      // The other files are still checked.
      process.exitCode =
        options.json && cause instanceof DevnetError
          ? reportAsJson(file, cause)
          : reportError(cause, command.parent as Command);
    }
  }
}

function reportAsJson(file: string, error: DevnetError): number {
  const mistakes = error instanceof TopologyError ? error.diagnostics : [{ message: error.message }];
  process.stdout.write(`${JSON.stringify({ file, mistakes })}\n`);
  return 2;
}
