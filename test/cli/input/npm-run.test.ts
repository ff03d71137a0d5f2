import { afterEach, describe, expect, it, vi } from 'vitest';
import { findOptionsTakenByNpm } from '../../../src/cli/input/npm-run.ts';
import { createProgram } from '../../../src/cli/program.ts';

const program = createProgram();
const commandOf = (name: string) => program.commands.find((command) => command.name() === name) ?? program;

afterEach(() => vi.unstubAllEnvs());

describe('findOptionsTakenByNpm', () => {
  // The environments are what npm 11 makes of `npm run devnet <words>`.
  it.each<[words: string, args: string[], settings: Record<string, string>, flags: string[]]>([
    ['up -d', ['up'], { loglevel: 'info' }, ['-d, --detach']],
    ['logs -f', ['logs'], { force: 'true' }, ['-f, --follow']],
    ['up --keep', ['up'], { keep: 'true' }, ['--keep']],
    ['down --older-than 2h', ['down', '2h'], { older_than: 'true' }, ['--older-than <time>']],
    ['logs --no-fold', ['logs'], { fold: '' }, ['--no-fold']],
    ['run f --plan', ['run', 'f'], { parseable: 'true', long: 'true', all: 'true', yes: '' }, ['--plan']],
    [
      'kill n1 --for 30s --as x',
      ['kill', 'n1', '30s', 'x'],
      { for: 'true', all: 'true', loglevel: 'silent' },
      ['--for <time>', '--as <name>'],
    ],
    ['spec --node a --node b', ['spec', 'a', 'b'], { node: 'true\n\ntrue' }, ['--node <node>']],
    ['graph -o x.svg', ['graph', 'x.svg'], { o: 'true' }, ['-o, --output <file>']],
  ])('finds those of %s', (_, args, settings, flags) => {
    const env = Object.fromEntries(Object.entries(settings).map(([name, value]) => [`npm_config_${name}`, value]));
    const taken = findOptionsTakenByNpm(commandOf(args[0] as string), args, env);
    expect(taken.map((option) => option.flags)).toEqual(flags);
  });

  it('finds every option of every command that npm turns into a setting of its name', () => {
    for (const command of program.commands) {
      for (const { long, flags, negate } of command.options) {
        const name = (long as string).replace(/^--(no-)?/, '').replaceAll('-', '_');
        const taken = findOptionsTakenByNpm(command, [command.name()], {
          [`npm_config_${name}`]: negate ? '' : 'true',
        });
        expect(taken.map((option) => option.flags)).toContain(flags);
      }
    }
  });

  it("ignores npm's usual settings, and options that reached the command", () => {
    const usual = { npm_config_loglevel: 'notice', npm_config_yes: '', npm_config_engine_strict: 'true' };
    for (const command of program.commands) expect(findOptionsTakenByNpm(command, [command.name()], usual)).toEqual([]);
    expect(findOptionsTakenByNpm(commandOf('ls'), ['ls', '--json'], { npm_config_json: 'true' })).toEqual([]);
  });
});

describe('under npm run', () => {
  const load = async () => {
    vi.stubEnv('npm_command', 'run');
    vi.stubEnv('npm_lifecycle_event', 'devnet');
    vi.resetModules();
    return import('../../../src/cli/input/npm-run.ts');
  };

  it('rewrites every command in a text, and nothing else', async () => {
    const { formatCommandsIn } = await load();
    for (const { name } of program.commands.map((command) => ({ name: command.name() }))) {
      expect(formatCommandsIn(`try: devnet ${name} x`, program)).toBe(`try: npm run devnet -- ${name} x`);
    }
    expect(formatCommandsIn('devnet ps; a devnet of 3', program)).toBe('npm run devnet -- ps; a devnet of 3');
  });

  it('says where to put the --', async () => {
    const { assertOptionsNotTakenByNpm } = await load();
    vi.stubEnv('npm_config_keep', 'true');
    vi.stubEnv('npm_config_loglevel', 'info');
    expect(() => assertOptionsNotTakenByNpm(program, ['up', 'ring.yaml'])).toThrow(
      expect.objectContaining({
        message: 'npm took --detach and --keep for its own: put -- before the options',
        hint: 'npm run devnet -- up ring.yaml --detach --keep',
      }),
    );
  });
});
