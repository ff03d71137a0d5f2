import { Command } from 'commander';
import { heal } from '../../../controller/faults/heal.ts';
import { findDevnet } from '../../../controller/state/network-state.ts';
import { connectEngine } from '../../../engine/engine.ts';
import type { HealResult } from '../../../network/fault.ts';
import { formatList } from '../../../shared/text.ts';
import { appendToJournal } from './fault-command.ts';

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
      for (const fault of healed.names) appendToJournal(devnet.name, { event: 'fault_healed', fault });
      if (healed.links.length > 0) appendToJournal(devnet.name, { event: 'links_reset', links: healed.links });
      process.stderr.write(formatHealed(healed));
    });

/** Pure: what was taken back, one line for each kind of it. */
export function formatHealed({ names, links }: HealResult): string {
  const lines = [
    ...(names.length > 0 ? [`healed: ${names.join(', ')}`] : []),
    ...(links.length > 0 ? [`as declared again: ${formatList(links)}`] : []),
  ];
  return `${lines.join('\n') || 'nothing was to heal'}\n`;
}
