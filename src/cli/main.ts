#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import { packageVersion } from '../package-root.ts';
import { compareCommand } from './commands/compare.ts';
import { completionCommand } from './commands/completion.ts';
import { downCommand } from './commands/down.ts';
import { dumpCommand } from './commands/dump.ts';
import { execCommand } from './commands/exec.ts';
import { experimentCommand } from './commands/experiment.ts';
import { exportCommand } from './commands/export.ts';
import { graphCommand } from './commands/graph.ts';
import { healCommand } from './commands/heal.ts';
import { linkCommand } from './commands/link.ts';
import { logsCommand } from './commands/logs.ts';
import { lsCommand } from './commands/ls.ts';
import { measureCommand } from './commands/measure.ts';
import { messagesCommand } from './commands/messages.ts';
import { killCommand, pauseCommand, restartCommand, stopCommand, unpauseCommand } from './commands/node-faults.ts';
import { cutCommand, partitionCommand } from './commands/partition.ts';
import { planCommand } from './commands/plan.ts';
import { runCommand } from './commands/run.ts';
import { sendCommand } from './commands/send.ts';
import { specCommand } from './commands/spec.ts';
import { squeezeCommand } from './commands/squeeze.ts';
import { statusCommand } from './commands/status.ts';
import { topCommand } from './commands/top.ts';
import { upCommand } from './commands/up.ts';
import { validateCommand } from './commands/validate.ts';
import { report } from './fail.ts';
import { refuseOptionsTakenByNpm } from './invocation.ts';

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
  refuseOptionsTakenByNpm(process.argv.slice(2));
  await program.parseAsync();
} catch (error) {
  // commander has printed its own by now; asking for help or the version is no error.
  process.exitCode = error instanceof CommanderError ? (error.exitCode === 0 ? 0 : 2) : report(error);
}
// Sockets to the engine and to nodes are kept for reuse and would hold the process; all that matters was awaited.
process.stdout.write('', () => process.exit());
