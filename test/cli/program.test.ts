import { describe, expect, it } from 'vitest';
import { createProgram } from '../../src/cli/program.ts';

const commands = createProgram().commands.flatMap((command) => [command, ...command.commands]);

describe('the help of a command', () => {
  it('does not offer commands that it does not list', () => {
    const usages = commands.map((command) => command.helpInformation().split('\n')[0]);
    expect(usages).toContain('Usage: devnet experiment [options] <file>');
    expect(usages.filter((usage) => usage?.includes('[command]'))).toEqual([]);
  });

  it('says which faults heal knows by their name', () => {
    const uses = commands.flatMap((command) => {
      const as = command.options.find(({ long }) => long === '--as');
      return as ? [`${command.name()}: ${as.description}`] : [];
    });
    expect(uses.filter((use) => use.includes('for devnet heal')).map((use) => use.split(':')[0])).toEqual([
      'link',
      'partition',
      'cut',
      'messages',
      'host',
    ]);
  });

  it('gives times with their unit', () => {
    const defaults = commands.flatMap((command) =>
      command.options
        .filter(({ flags, defaultValue }) => flags.endsWith('<time>') && defaultValue !== undefined)
        .map((option) => `${command.name()} ${option.long}: ${option.defaultValueDescription ?? option.defaultValue}`),
    );
    expect(defaults).toEqual(['messages --by: 1s']);
  });
});
