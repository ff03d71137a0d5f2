import { Argument } from 'commander';
import { DevnetCommand } from '../../input/devnet-command.ts';

/** `completion`, and the command that the scripts it prints call at each TAB. */
export const shellCommands = (): DevnetCommand[] => [
  new DevnetCommand('completion')
    .summary('print a completion script for a shell')
    .description('Prints a script that completes commands, options, names of networks and nodes, and files.')
    .addArgument(new Argument('<shell>', 'the shell').choices(['bash', 'zsh', 'fish']))
    .addHelpText(
      'after',
      `
Install:
  bash   devnet completion bash > ~/.local/share/bash-completion/completions/devnet
  zsh    devnet completion zsh > "\${fpath[1]}/_devnet"
  fish   devnet completion fish > ~/.config/fish/completions/devnet.fish`,
    )
    .runs(async () => (await import('./completion-script.ts')).run),

  new DevnetCommand('complete')
    .description('Prints what may follow the words typed so far; the last word is the one at the cursor.')
    .argument('[words...]', 'words after devnet, after --')
    .runs(async () => (await import('./complete.ts')).run),
];
