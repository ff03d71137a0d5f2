import { Command, Option } from 'commander';
import type { RuntimeName } from '../../network/capabilities.ts';
import { formatCommand } from './npm-run.ts';
import { parseTimeSpanOption, parseUrlOption } from './option-parsers.ts';

/** A command, with what the commands of devnet have in common. */
export class DevnetCommand extends Command {
  /** Adds `--name`, which chooses the network that the command is about. */
  networkOption(): this {
    return this.option('--name <network>', 'name of the network; needed only where several run');
  }

  /** Adds `--engine`, which chooses the runtime of the nodes. */
  /** @param more values beside the runtimes */
  engineOption(...more: string[]): this {
    return this.addOption(
      new Option(
        '--engine <engine>',
        'runtime of the nodes: containers, also on many machines: swarm; without Docker: network namespaces, or this process (default: that of the file, or containers)',
      ).choices([...(['containers', 'namespaces', 'process', 'swarm'] satisfies RuntimeName[]), ...more]),
    );
  }

  /** Adds `--otlp`, which sends what happens to a receiver of traces. */
  otlpOption(): this {
    return this.option(
      '--otlp <url>',
      'send gossip as traces, and the log, to an OTLP receiver, as in http://127.0.0.1:4318',
      parseUrlOption,
    );
  }

  /**
   * Adds the options of every command that injects a fault.
   * @param nameUse what the name of the fault is for
   */
  faultOptions(nameUse = 'for devnet heal and the log'): this {
    return this.networkOption()
      .option('--for <time>', 'wait this long, as in 30s, then heal it; Ctrl-C heals it at once', parseTimeSpanOption)
      .option('--as <name>', `name of the fault, ${nameUse}`);
  }

  /** Adds example commands to the help text, each with what it does. */
  examples(...lines: [command: string, description?: string][]): this {
    const commands = lines.map(([command]) => formatCommand(`devnet ${command}`));
    const width = Math.max(...commands.map((command) => command.length));
    const rows = commands.map((command, index) => {
      const description = lines[index]?.[1];
      return description === undefined ? `  ${command}` : `  ${command.padEnd(width)}  ${description}`;
    });
    return this.addHelpText('after', `\nExample${lines.length === 1 ? '' : 's'}:\n${rows.join('\n')}`);
  }

  /**
   * Sets the code of the command, which is loaded only when the command runs: `devnet --help` and the other commands start
   * without it. It gets what commander gives an action: the arguments, the options, and the command.
   */
  runs<Args extends never[]>(load: () => Promise<(...args: Args) => unknown>): this {
    return this.action(async (...args) => {
      const run = await load();
      await run(...(args as Args));
    });
  }
}
