import { Command } from 'commander';
import { findDevnet } from '../../devnet/observe.ts';
import { revive } from '../../devnet/revive.ts';
import { connectEngine } from '../../engine/engine.ts';
import { carryOut, type FaultOptions, journal, withFaultOptions } from '../fault.ts';

const ABOUT = {
  kill: [
    'end a node as a crash would',
    'Ends a node at once. devnet heal NODE starts it again and tells it of its peers.',
  ],
  stop: ['ask a node to end', 'Asks a node to end. devnet heal NODE starts it again and tells it of its peers.'],
  pause: ['freeze a node', 'Freezes a node: its connections stay, and nobody answers on them.'],
} as const;

const command = (kind: keyof typeof ABOUT): Command =>
  withFaultOptions(
    new Command(kind).summary(ABOUT[kind][0]).description(ABOUT[kind][1]).argument('<node>', 'name of the node'),
  ).action((node: string, options: FaultOptions) => carryOut(options, () => ({ kind, node })));

export const killCommand = (): Command => command('kill');
export const stopCommand = (): Command => command('stop');
export const pauseCommand = (): Command => command('pause');

export const restartCommand = (): Command =>
  new Command('restart')
    .summary('stop a node and start it again')
    .description('Asks a node to end, starts it again, and tells it of its peers. It is back when the command ends.')
    .argument('<node>', 'name of the node')
    .option('--name <name>', 'name of the devnet; without it, the only one there is')
    .action((node: string, options: FaultOptions) => carryOut(options, () => ({ kind: 'restart', node })));

export const unpauseCommand = (): Command =>
  new Command('unpause')
    .summary('let a paused node go on')
    .argument('<node>', 'name of the node')
    .option('--name <name>', 'name of the devnet; without it, the only one there is')
    .action(async (node: string, options: { name?: string }) => {
      const engine = await connectEngine();
      const devnet = await findDevnet(engine, options.name);
      await revive(engine, devnet.name, node);
      journal(devnet.name, { event: 'fault_healed', fault: node });
      process.stderr.write(`${node} goes on\n`);
    });
