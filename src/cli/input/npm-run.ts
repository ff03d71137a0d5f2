import type { Command, Option } from 'commander';
import { DevnetError } from '../../shared/errors.ts';

/** True under `npm run devnet …` in a checkout; false for `devnet …` where the package is installed. */
const invokedByNpmRun = process.env.npm_command === 'run' && process.env.npm_lifecycle_event === 'devnet';

/** A command as it has to be typed here: `devnet down ring`, or `npm run devnet -- down ring`. */
export function formatCommand(command: string): string {
  return invokedByNpmRun ? command.replace(/^devnet /, 'npm run devnet -- ') : command;
}

/** Rewrites every command of `program` in a text as it has to be typed here. */
export function formatCommandsIn(text: string, program: Command): string {
  const names = program.commands.flatMap((command) => [command.name(), ...command.aliases()]);
  return text.replace(new RegExp(`\\bdevnet (?=(?:${[...names, 'help'].join('|')})\\b)`, 'g'), (command) =>
    formatCommand(command),
  );
}

/** npm's own one-letter options, and the setting that each turns into. npm reads `--plan` as `-p -l -a -n`. */
const NPM_SHORTHANDS: Record<string, [setting: string, value: string]> = {
  a: ['all', 'true'],
  d: ['loglevel', 'info'],
  f: ['force', 'true'],
  l: ['long', 'true'],
  p: ['parseable', 'true'],
  s: ['loglevel', 'silent'],
};
/** `-n` answers npm's questions with no; it may be set in anybody's `.npmrc`, so it proves nothing. */
const NPM_SHORTHANDS_IGNORED = ['n'];

/**
 * Refuses to run when npm has taken options of the command for its own. `npm run devnet up -d` would otherwise bring a network
 * up in the foreground without a word.
 * @throws DevnetError `usage` that names the options
 */
export function assertOptionsNotTakenByNpm(program: Command, args: readonly string[]): void {
  if (!invokedByNpmRun) return;
  const command = program.commands.find((one) => [one.name(), ...one.aliases()].includes(args[0] ?? ''));
  const taken = command ? findOptionsTakenByNpm(command, args, process.env) : [];
  if (taken.length === 0) return;
  // npm leaves the values of options among the arguments: where there are some, nobody can tell which is whose.
  const kept = taken.every(({ required }) => !required) ? args : args.slice(0, 1);
  const names = taken.map(({ long, short }) => long ?? short);
  throw new DevnetError('usage', `npm took ${names.join(' and ')} for its own: put -- before the options`, {
    hint: formatCommand(['devnet', ...kept, ...taken.map(({ flags }) => flags.replace(/^-\w, /, ''))].join(' ')),
  });
}

/** Options of a command that npm has turned into settings of its own, which it puts into the environment. */
export function findOptionsTakenByNpm(command: Command, args: readonly string[], env: NodeJS.ProcessEnv): Option[] {
  const setting = (name: string) => env[`npm_config_${name.replaceAll('-', '_')}`];
  const isTaken = (name: string, negated: boolean): boolean => {
    const value = setting(name);
    if (negated ? value === '' : Boolean(value)) return true;
    const letters = [...name].filter((letter) => !NPM_SHORTHANDS_IGNORED.includes(letter));
    const settings = letters.map((letter) => NPM_SHORTHANDS[letter]);
    return letters.length > 0 && settings.every((one) => one !== undefined && setting(one[0]) === one[1]);
  };
  return command.options.filter(({ long, short, negate }) => {
    if (args.some((arg) => arg === long || arg === short)) return false;
    const names = [long?.replace(/^--(no-)?/, ''), short?.slice(1)];
    return names.some((name) => name !== undefined && isTaken(name, negate));
  });
}
