import { describe, expect, it } from 'vitest';
import { createProgram } from '../../../src/cli/program.ts';
import { type PageCommand, toCommandLine } from '../../../src/dashboard/page/page-command.ts';

const commands: [PageCommand, string][] = [
  [{ do: 'kill', node: 'n3' }, 'kill n3 --name ring'],
  [{ do: 'unpause', node: 'n3' }, 'unpause n3 --name ring'],
  [{ do: 'restart', node: 'n3' }, 'restart n3 --name ring'],
  [{ do: 'heal', targets: [] }, 'heal --name ring'],
  [{ do: 'heal', targets: ['partition-3fa2', 'n3'] }, 'heal partition-3fa2 n3 --name ring'],
  [{ do: 'cut', from: 'n1', to: 'n2' }, 'cut n1 n2 --name ring'],
  [{ do: 'cut', from: 'n1', to: 'n2', oneWay: true }, 'cut n1 n2 --one-way --name ring'],
  [
    { do: 'link', from: 'n1', to: 'n2', conditions: { delay: 80, jitter: 2.5, loss: 0.01, rate: 2_500_000 } },
    'link n1 n2 --delay 80ms --jitter 2.5ms --loss 1% --rate 2.5mbit --name ring',
  ],
  [
    { do: 'link', from: 'n1', to: 'n2', oneWay: true, conditions: { rate: 900 } },
    'link n1 n2 --rate 900bit --one-way --name ring',
  ],
  [{ do: 'clear', from: 'n1', to: 'n2' }, 'link n1 n2 --clear --name ring'],
  [{ do: 'partition', groups: [['n1', 'n2'], ['n3']] }, 'partition n1,n2 / n3 --name ring'],
  [{ do: 'send', node: 'n1', type: 'ping', payload: 'hello' }, 'send n1 ping hello --name ring'],
  [
    { do: 'send', node: 'n1', type: 'gossip', payload: `{"id": "it's"}` },
    `send n1 gossip '{"id": "it'\\''s"}' --name ring`,
  ],
  [{ do: 'measure', from: 'n1', to: 'n2' }, 'measure --name ring'],
  [{ do: 'run', file: 'my test.yaml', text: '' }, "run 'my test.yaml' --name ring"],
];

describe('the command line of a command of the page', () => {
  it.each(commands)('%o', (command, line) => {
    expect(toCommandLine(command, 'ring')).toBe(line);
  });

  it.each(commands)('is one of devnet, with options that it has: %o', (command) => {
    const [name, ...words] = toCommandLine(command, 'ring').split(' ');
    const found = createProgram().commands.find((one) => one.name() === name)!;
    const flags = found.options.map(({ long }) => long);
    expect(flags).toEqual(expect.arrayContaining(words.filter((word) => word.startsWith('--'))));
  });
});
