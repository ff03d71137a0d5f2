import { Command } from 'commander';
import { restartNode } from '../../../controller/lifecycle/restart-node.ts';
import { findDevnet } from '../../../controller/state/network-state.ts';
import { connectEngine } from '../../../engine/engine.ts';
import { addFaultOptions, appendToJournal, type FaultOptions, runFaultCommand } from './fault-command.ts';

const HELP_TEXT = {
  kill: [
    'end a node as a crash would',
    'Ends a node at once. devnet heal NODE starts it again and tells it of its peers.',
  ],
  stop: ['ask a node to end', 'Asks a node to end. devnet heal NODE starts it again and tells it of its peers.'],
  pause: ['freeze a node', 'Freezes a node: its connections stay, and nobody answers on them.'],
} as const;

const nodeFaultCommand = (kind: keyof typeof HELP_TEXT): Command =>
  addFaultOptions(
    new Command(kind)
      .summary(HELP_TEXT[kind][0])
      .description(HELP_TEXT[kind][1])
      .argument('<node>', 'name of the node'),
  ).action((node: string, options: FaultOptions) => runFaultCommand(options, () => ({ kind, node })));

export const killCommand = (): Command => nodeFaultCommand('kill');
export const stopCommand = (): Command => nodeFaultCommand('stop');
export const pauseCommand = (): Command => nodeFaultCommand('pause');

export const restartCommand = (): Command =>
  new Command('restart')
    .summary('stop a node and start it again')
    .description('Asks a node to end, starts it again, and tells it of its peers. It is back when the command ends.')
    .argument('<node>', 'name of the node')
    .option('--name <name>', 'name of the devnet; without it, the only one there is')
    .action((node: string, options: FaultOptions) => runFaultCommand(options, () => ({ kind: 'restart', node })));

export const unpauseCommand = (): Command =>
  new Command('unpause')
    .summary('let a paused node go on')
    .argument('<node>', 'name of the node')
    .option('--name <name>', 'name of the devnet; without it, the only one there is')
    .action(async (node: string, options: { name?: string }) => {
      const engine = await connectEngine();
      const devnet = await findDevnet(engine, options.name);
      await restartNode(engine, devnet.name, node);
      appendToJournal(devnet.name, { event: 'fault_healed', fault: node });
      process.stderr.write(`${node} goes on\n`);
    });
