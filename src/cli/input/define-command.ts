import { type Command, Option } from 'commander';
import type { RuntimeName } from '../../network/capabilities.ts';
import { formatCommand } from './npm-run.ts';

/**
 * Action that loads the code of a command only when it runs: `devnet --help` and the other commands start without it.
 * The module's `run` gets what commander gives an action: the arguments, the options, and the command.
 */
export function lazyAction(load: () => Promise<{ run: (...args: never[]) => unknown }>) {
  return async (...args: unknown[]): Promise<void> => {
    const { run } = await load();
    await run(...(args as never[]));
  };
}

/** Adds `--name`, which chooses the network that a command is about. */
export function addNetworkOption(command: Command): Command {
  return command.option('--name <network>', 'name of the network; needed only where several run');
}

/** Adds `--engine`, which chooses what runs the nodes. */
export function addEngineOption(command: Command): Command {
  return command.addOption(
    new Option('--engine <engine>', 'what runs the nodes: containers, or this process, without Docker')
      .choices(['containers', 'process'] satisfies RuntimeName[])
      .default('containers'),
  );
}

/** Help text with example commands, each with what it does. */
export function examples(...lines: [command: string, description?: string][]): string {
  const commands = lines.map(([command]) => formatCommand(`devnet ${command}`));
  const width = Math.max(...commands.map((command) => command.length));
  const rows = commands.map((command, index) => {
    const description = lines[index]?.[1];
    return description === undefined ? `  ${command}` : `  ${command.padEnd(width)}  ${description}`;
  });
  return `\nExample${lines.length === 1 ? '' : 's'}:\n${rows.join('\n')}`;
}
