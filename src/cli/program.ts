import { Command } from 'commander';
import { packageVersion } from '../shared/files/package-root.ts';

import { experimentCommands } from './commands/experiment/experiment-commands.ts';
import { faultCommands } from './commands/faults/fault-commands.ts';
import { networkCommands } from './commands/network/network-commands.ts';
import { nodeCommands } from './commands/node/node-commands.ts';
import { observeCommands } from './commands/observe/observe-commands.ts';
import { pageCommands } from './commands/page/page-commands.ts';
import { shellCommands } from './commands/shell/shell-commands.ts';
import { topologyCommands } from './commands/topology/topology-commands.ts';

/**
 * Creates the program with all its commands. Names, summaries, arguments and options are here at once; the code behind a
 * command is loaded when it runs.
 *
 * The names of arguments and of option values are a vocabulary that shell completion reads: `node`, `network`, `file`, `folder`.
 */
export function createProgram(): Command {
  const program = new Command('devnet')
    .description('Real peer-to-peer networks on one machine: a topology file in, a verified network of containers out.')
    .version(packageVersion)
    // Options after the name of a command are its own, also where a command in which it is has the same ones.
    .enablePositionalOptions()
    .showHelpAfterError('(see --help)')
    .configureHelp({ showGlobalOptions: true })
    .addHelpText('after', '\nOptions, arguments and examples of a command: devnet help COMMAND');
  const groups: [heading: string, commands: Command[]][] = [
    ['Networks:', [...networkCommands(), ...pageCommands()]],
    ['Observing:', observeCommands()],
    ['Links and faults:', faultCommands()],
    ['Scenarios and experiments:', experimentCommands()],
    ['Topologies:', topologyCommands()],
    ['Nodes:', nodeCommands()],
    ['Shell:', shellCommands()],
  ];
  for (const [heading, commands] of groups) {
    for (const command of commands) {
      command.copyInheritedSettings(program).helpGroup(heading);
      for (const nested of command.commands) nested.copyInheritedSettings(program);
      program.addCommand(command, { hidden: command.name() === 'complete' });
    }
  }
  for (const command of [program, ...program.commands.flatMap((one) => [one, ...one.commands])]) command.exitOverride();
  return program;
}
