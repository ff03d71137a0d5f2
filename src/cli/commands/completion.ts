import { Argument, Command } from 'commander';

const SHELLS = ['bash', 'zsh', 'fish'];

export const completionCommand = (): Command =>
  new Command('completion')
    .summary('print a completion script for a shell')
    .description('Prints a script that completes commands, options, names of devnets and nodes, and files.')
    .addArgument(new Argument('<shell>', 'the shell').choices(SHELLS))
    .addHelpText(
      'after',
      `
Install:
  bash   devnet completion bash > ~/.local/share/bash-completion/completions/devnet
  zsh    devnet completion zsh > "\${fpath[1]}/_devnet"
  fish   devnet completion fish > ~/.config/fish/completions/devnet.fish`,
    )
    .action((shell: string, _options: unknown, command: Command) => {
      process.stdout.write(completionScript(shell, command.parent as Command));
    });

/** Commands that take the name of a devnet, and those that take names of nodes. */
const COMMANDS_WITH_NETWORK_ARGUMENT = ['down', 'status', 'ps', 'top'];
const COMMANDS_WITH_NODE_ARGUMENT = ['logs', 'send', 'exec'];

/** Names are asked of devnet itself when they are needed: `devnet ls` and `devnet ls --nodes`. */
const LIST_NETWORKS_SHELL = `devnet ls --json 2>/dev/null | grep -o '"name":"[^"]*"' | cut -d'"' -f4`;
const LIST_NODES_SHELL = `devnet ls --nodes 2>/dev/null`;

export function completionScript(shell: string, program: Command): string {
  const commands = program.commands.map((command) => ({
    names: [command.name(), ...command.aliases()],
    summary: command.summary() || command.description(),
    options: command.options.map(({ long, description }) => ({ long: long as string, description })),
  }));
  if (shell === 'fish') return fishScript(commands);
  const bash = bashScript(commands);
  return shell === 'zsh' ? `#compdef devnet\nautoload -U +X bashcompinit && bashcompinit\n${bash}` : bash;
}

interface CommandSummary {
  names: string[];
  summary: string;
  options: { long: string; description: string }[];
}

function bashScript(commands: readonly CommandSummary[]): string {
  const cases = commands.map(
    ({ names, options }) => `    ${names.join('|')}) options="${options.map(({ long }) => long).join(' ')}" ;;`,
  );
  return `_devnet() {
  local word="\${COMP_WORDS[COMP_CWORD]}" command="\${COMP_WORDS[1]}" options="" names=""
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${commands.flatMap(({ names }) => names).join(' ')} help" -- "$word"))
    return
  fi
  case "$command" in
${cases.join('\n')}
  esac
  if [ "\${COMP_WORDS[COMP_CWORD-1]}" = --name ]; then
    COMPREPLY=($(compgen -W "$(${LIST_NETWORKS_SHELL})" -- "$word"))
    return
  fi
  case "$word" in
    -*) COMPREPLY=($(compgen -W "$options --help" -- "$word")); return ;;
  esac
  case "$command" in
    ${COMMANDS_WITH_NETWORK_ARGUMENT.join('|')}) names="$(${LIST_NETWORKS_SHELL})" ;;
    ${COMMANDS_WITH_NODE_ARGUMENT.join('|')}) names="$(${LIST_NODES_SHELL})" ;;
    *) COMPREPLY=($(compgen -f -- "$word")); return ;;
  esac
  COMPREPLY=($(compgen -W "$names" -- "$word"))
}
complete -o filenames -F _devnet devnet
`;
}

function fishScript(commands: readonly CommandSummary[]): string {
  const quoted = (text: string) => `'${text.replaceAll("'", "\\'")}'`;
  const lines = ['complete -c devnet -f'];
  for (const { names, summary, options } of commands) {
    for (const name of names)
      lines.push(`complete -c devnet -n __fish_use_subcommand -a ${name} -d ${quoted(summary)}`);
    const here = `-n '__fish_seen_subcommand_from ${names.join(' ')}'`;
    for (const { long, description } of options)
      lines.push(`complete -c devnet ${here} -l ${long.slice(2)} -d ${quoted(description)}`);
  }
  lines.push(
    `complete -c devnet -n '__fish_seen_subcommand_from ${COMMANDS_WITH_NETWORK_ARGUMENT.join(' ')}' -a '(${LIST_NETWORKS_SHELL.replaceAll("'", "\\'")})'`,
  );
  lines.push(
    `complete -c devnet -n '__fish_seen_subcommand_from ${COMMANDS_WITH_NODE_ARGUMENT.join(' ')}' -a '(${LIST_NODES_SHELL})'`,
  );
  lines.push(`complete -c devnet -n '__fish_seen_subcommand_from up plan validate' -F`);
  return `${lines.join('\n')}\n`;
}
