#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import { packageVersion } from '../shared/package-root.ts';
import { completionCommand } from './commands/completion.ts';
import { compareCommand } from './commands/experiment/compare.ts';
import { experimentCommand } from './commands/experiment/experiment.ts';
import { runCommand } from './commands/experiment/run.ts';
import { healCommand } from './commands/faults/heal.ts';
import { linkCommand } from './commands/faults/link.ts';
import { messagesCommand } from './commands/faults/messages.ts';
import {
  killCommand,
  pauseCommand,
  restartCommand,
  stopCommand,
  unpauseCommand,
} from './commands/faults/node-faults.ts';
import { cutCommand, partitionCommand } from './commands/faults/partition.ts';
import { squeezeCommand } from './commands/faults/squeeze.ts';
import { downCommand } from './commands/network/down.ts';
import { dumpCommand } from './commands/network/dump.ts';
import { execCommand } from './commands/network/exec.ts';
import { logsCommand } from './commands/network/logs.ts';
import { lsCommand } from './commands/network/ls.ts';
import { measureCommand } from './commands/network/measure.ts';
import { planCommand } from './commands/network/plan.ts';
import { sendCommand } from './commands/network/send.ts';
import { statusCommand } from './commands/network/status.ts';
import { topCommand } from './commands/network/top.ts';
import { upCommand } from './commands/network/up.ts';
import { specCommand } from './commands/spec/spec.ts';
import { exportCommand } from './commands/topology/export.ts';
import { graphCommand } from './commands/topology/graph.ts';
import { validateCommand } from './commands/topology/validate.ts';
import { assertOptionsNotConsumedByNpm } from './input/npm-run.ts';
import { reportError } from './output/report-error.ts';

const program = new Command('devnet')
  .description('Real peer-to-peer networks on one machine: a topology file in, a verified network of containers out.')
  .version(packageVersion)
  .showHelpAfterError('(--help shows what there is)')
  .configureHelp({ showGlobalOptions: true });

for (const command of [
  upCommand,
  planCommand,
  downCommand,
  lsCommand,
  statusCommand,
  logsCommand,
  sendCommand,
  execCommand,
  topCommand,
  linkCommand,
  measureCommand,
  partitionCommand,
  cutCommand,
  messagesCommand,
  killCommand,
  stopCommand,
  pauseCommand,
  unpauseCommand,
  restartCommand,
  squeezeCommand,
  healCommand,
  runCommand,
  experimentCommand,
  compareCommand,
  dumpCommand,
  validateCommand,
  specCommand,
  graphCommand,
  exportCommand,
  completionCommand,
]) {
  program.addCommand(command());
}
for (const command of [program, ...program.commands]) command.exitOverride();

// A reader that went away (`devnet ls | head`) is no failure; those who write much stop by themselves.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}

try {
  assertOptionsNotConsumedByNpm(process.argv.slice(2));
  await program.parseAsync();
} catch (error) {
  // commander has printed its own by now; asking for help or the version is no error.
  process.exitCode = error instanceof CommanderError ? (error.exitCode === 0 ? 0 : 2) : reportError(error);
}
// Sockets to the engine and to nodes are kept for reuse and would hold the process; all that matters was awaited.
process.stdout.write('', () => process.exit());
