import type { Argument, Command, Option } from 'commander';
import { CONTROLLER_LABEL } from '../../../network/log-entry.ts';

/** Names of what runs; looked up only where one of them may stand. */
export interface RunningNames {
  networks(): Promise<string[]>;
  /** Nodes of one network, or of all. */
  nodes(network?: string): Promise<string[]>;
}

/** Words that can be completed at the cursor. */
export interface Candidates {
  values: { value: string; description?: string }[];
  /** Files, too, which the shell itself lists. */
  files: boolean;
}

export async function run(words: string[], _options: object, command: Command): Promise<void> {
  const { values, files } = await complete(command.parent as Command, words, runningNames);
  const lines = values.map(({ value, description }) =>
    description === undefined ? value : `${value}\t${description}`,
  );
  process.stdout.write([...lines, ...(files ? [':files'] : [])].map((line) => `${line}\n`).join(''));
}

const runningNames: RunningNames = {
  networks: async () => (await findRunning()).map(({ name }) => name),
  nodes: async (network) => {
    const chosen = (await findRunning()).filter(({ name }) => network === undefined || name === network);
    return [...new Set(chosen.flatMap(({ nodes }) => nodes.map(({ name }) => name)))];
  },
};

async function findRunning() {
  const { findNetworks } = await import('../../../runtimes/find-networks.ts');
  return (await findNetworks()).networks;
}

/**
 * Returns what may stand at the cursor, all of it from commander's own program: commands, options, choices, and by the names of
 * arguments and option values (`node`, `devnet`, `network`, `file`, `folder`) what those stand for.
 * @param words words after `devnet`; the last one is at the cursor, and may be empty
 */
export async function complete(program: Command, words: readonly string[], names: RunningNames): Promise<Candidates> {
  const [name = '', ...before] = words.slice(0, -1);
  const typed = words.at(-1) ?? '';
  const matching = ({ values, files }: Candidates) => ({
    values: values.filter(({ value }) => value.startsWith(typed)),
    files,
  });
  if (words.length <= 1 || name === 'help') return matching({ values: commandNames(program), files: false });
  const command = program.commands.find((one) => one.name() === name || one.aliases().includes(name));
  if (!command) return { values: [], files: true };
  const afterDashes = before.includes('--');
  const option = afterDashes ? undefined : findOption(command, before.at(-1));
  if (option && takesValue(option)) return matching(await valuesOf(option, before, typed, names));
  if (typed.startsWith('-') && !afterDashes) return matching({ values: optionNames(command), files: false });
  const argument = argumentAtCursor(command, before);
  return argument ? matching(await valuesOf(argument, before, typed, names)) : { values: [], files: false };
}

const commandNames = (program: Command): Candidates['values'] => [
  ...program
    .createHelp()
    .visibleCommands(program)
    .flatMap((command) =>
      [command.name(), ...command.aliases()].map((value) => ({ value, description: command.summary() })),
    ),
];

const optionNames = (command: Command): Candidates['values'] =>
  command
    .createHelp()
    .visibleOptions(command)
    .map(({ long, description }) => ({ value: long as string, description }));

const findOption = (command: Command, word: string | undefined): Option | undefined =>
  command.options.find(({ long, short }) => word !== undefined && (long === word || short === word));

const takesValue = ({ required, optional }: Option): boolean => required || optional;

function argumentAtCursor(command: Command, before: readonly string[]): Argument | undefined {
  const positional = before.filter((word, index) => {
    if (word.startsWith('-')) return false;
    const option = findOption(command, before[index - 1]);
    return !(option && takesValue(option));
  });
  const all = command.registeredArguments;
  const last = all.at(-1);
  return all[positional.length] ?? (last?.variadic ? last : undefined);
}

async function valuesOf(
  what: Argument | Option,
  before: readonly string[],
  typed: string,
  names: RunningNames,
): Promise<Candidates> {
  if (what.argChoices) return { values: what.argChoices.map((value) => ({ value })), files: false };
  // `<node-a>` of an argument, `--name <network>` of an option.
  const placeholder = 'flags' in what ? what.flags : what.name();
  const is = (word: string) => new RegExp(`\\b${word}s?\\b`).test(placeholder);
  const values: string[] = [];
  if (is('network')) values.push(...(await names.networks()));
  if (is('node')) {
    const slash = typed.indexOf('/');
    const network = slash >= 0 ? typed.slice(0, slash) : before[before.indexOf('--name') + 1];
    const nodes = await names.nodes(slash >= 0 || before.includes('--name') ? network : undefined);
    const words = is(CONTROLLER_LABEL) ? [...nodes, CONTROLLER_LABEL] : nodes;
    values.push(...(slash >= 0 ? words.map((word) => `${network}/${word}`) : words));
  }
  return { values: values.map((value) => ({ value })), files: is('file') || is('folder') };
}
