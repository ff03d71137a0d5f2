import { describe, expect, it } from 'vitest';
import { complete } from '../../../../src/cli/commands/shell/complete.ts';
import { createProgram } from '../../../../src/cli/program.ts';

const program = createProgram();
const NODES: Record<string, string[]> = { ring: ['n1', 'n2'], star: ['hub', 'n1'] };
const names = {
  networks: async () => Object.keys(NODES),
  nodes: async (network?: string) =>
    network === undefined ? [...new Set(Object.values(NODES).flat())] : (NODES[network] ?? []),
};

async function valuesAfter(...words: string[]): Promise<string[]> {
  const { values, files } = await complete(program, words, names);
  return [...values.map(({ value }) => value), ...(files ? [':files'] : [])];
}

describe('complete', () => {
  it('lists commands with their summaries, without the hidden one', async () => {
    expect(await valuesAfter('va')).toEqual(['validate']);
    expect(await valuesAfter('help', 'mea')).toEqual(['measure']);
    expect(await valuesAfter('')).toEqual(expect.arrayContaining(['up', 'ps', 'help', 'completion']));
    expect(await valuesAfter('comp')).toEqual(['compare', 'completion']);
    const { values } = await complete(program, ['up'], names);
    expect(values).toEqual([{ value: 'up', description: expect.stringContaining('start a network') }]);
  });

  it('lists options of a command, and what they take', async () => {
    expect(await valuesAfter('down', '--')).toEqual(['--name', '--all', '--older-than', '--json', '--help']);
    expect(await valuesAfter('up', '--engine', '')).toEqual(['containers', 'namespaces', 'process', 'swarm']);
    expect(await valuesAfter('logs', '--level', 'w')).toEqual(['warn']);
    expect(await valuesAfter('kill', '--name', '')).toEqual(['ring', 'star']);
    expect(await valuesAfter('graph', '-o', '')).toEqual([':files']);
    expect(await valuesAfter('measure', '--pings', '')).toEqual([]);
  });

  it("completes devnet's own part of the log", async () => {
    expect(await valuesAfter('logs', '')).toEqual(['n1', 'n2', 'hub', 'devnet']);
    expect(await valuesAfter('logs', 'ring', 'd')).toEqual(['devnet']);
    expect(await valuesAfter('logs', 'ring/')).toEqual(['ring/n1', 'ring/n2', 'ring/devnet']);
    expect(await valuesAfter('kill', '')).not.toContain('devnet');
  });

  it('completes every argument of every command by what it is called', async () => {
    const kinds = { node: 'n1', network: 'ring', file: ':files', folder: ':files' };
    for (const command of program.commands) {
      for (const [index, argument] of command.registeredArguments.entries()) {
        const before = command.registeredArguments.slice(0, index).map((_, at) => `x${at}`);
        const found = await valuesAfter(command.name(), ...before, '');
        for (const [word, value] of Object.entries(kinds)) {
          const isNamed = argument
            .name()
            .split('-')
            .some((part) => part === word || part === `${word}s`);
          if (isNamed) expect(found, `${command.name()} ${argument.name()}`).toContain(value);
        }
        if (argument.argChoices) expect(found).toEqual(argument.argChoices);
      }
    }
  });

  it.each([
    'send',
    'exec',
    'link',
    'cut',
    'partition',
    'messages',
    'kill',
    'stop',
    'pause',
    'unpause',
    'restart',
    'squeeze',
    'heal',
  ])('names nodes after %s', async (command) => {
    expect(await valuesAfter(command, '')).toEqual(['n1', 'n2', 'hub']);
  });

  it.each(['down', 'status', 'ps', 'top', 'measure', 'dump'])('names networks after %s', async (command) => {
    expect(await valuesAfter(command, '')).toEqual(['ring', 'star']);
  });

  it('names the nodes of the chosen network', async () => {
    expect(await valuesAfter('kill', 'star/')).toEqual(['star/hub', 'star/n1']);
    expect(await valuesAfter('link', '--name', 'star', '')).toEqual(['hub', 'n1']);
    expect(await valuesAfter('link', '--name', 'star', 'hub', 'n')).toEqual(['n1']);
  });

  it('leaves the rest to the shell', async () => {
    expect(await valuesAfter('graph', 'r')).toEqual(['ring', ':files']);
    expect(await valuesAfter('send', 'n1', '')).toEqual([]);
    expect(await valuesAfter('nonsense', '')).toEqual([':files']);
  });
});
