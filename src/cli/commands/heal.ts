import { Command } from 'commander';
import { heal } from '../../devnet/faults/heal.ts';
import { findDevnet } from '../../devnet/observe.ts';
import { connectEngine } from '../../engine/engine.ts';
import { journal } from '../fault.ts';

export const healCommand = (): Command =>
  new Command('heal')
    .summary('take faults back')
    .description(
      'Takes back the faults of these names, or what was done to these nodes. Without a name all: links are as the\n' +
        'topology declares them, every node runs with what it was given, and knows its peers.',
    )
    .argument('[fault-or-node...]', 'what to heal; without any, everything')
    .option('--name <name>', 'name of the devnet; without it, the only one there is')
    .action(async (names: string[], options: { name?: string }) => {
      const engine = await connectEngine();
      const devnet = await findDevnet(engine, options.name);
      const healed = await heal({ engine, devnet }, names.length > 0 ? names : undefined);
      for (const fault of healed) journal(devnet.name, { event: 'fault_healed', fault });
      process.stderr.write(healed.length > 0 ? `healed: ${healed.join(', ')}\n` : 'nothing was to heal\n');
    });
