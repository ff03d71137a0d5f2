import type { HealResult } from '../../../network/fault.ts';
import { attachNetwork } from '../../../runtimes/find-networks.ts';
import { formatList } from '../../../shared/text.ts';
import { selectWords } from '../../input/select-network.ts';
import { writeToStderr } from '../../output/format.ts';
import { appendToJournal } from './inject-and-report.ts';

export async function run(names: string[], options: { name?: string }): Promise<void> {
  const { name, words } = await selectWords(names, options.name);
  const network = await attachNetwork(name);
  const healed = await network.heal(words.length > 0 ? words : undefined);
  appendToJournal(
    network,
    ...healed.names.map((fault) => ({ event: 'fault_healed', fault })),
    ...(healed.links.length > 0 ? [{ event: 'links_reset', links: healed.links }] : []),
  );
  if (healed.warning !== undefined) writeToStderr(`warning: ${healed.warning}`);
  writeToStderr(formatHealed(healed));
}

/** Formats what was healed, one line for faults and one for links. */
export function formatHealed({ names, links }: HealResult): string {
  const lines = [
    ...(names.length > 0 ? [`healed: ${names.join(', ')}`] : []),
    ...(links.length > 0 ? [`reset to declared: ${formatList(links)}`] : []),
  ];
  return lines.join('\n') || 'nothing to heal';
}
