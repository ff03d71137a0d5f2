import { Command } from 'commander';
import { describeDrift, isFree } from '../../devnet/drift.ts';
import type { Lack } from '../../devnet/lacks.ts';
import { findDevnet } from '../../devnet/observe.ts';
import { type DevnetStatus, type LinkStatus, type NodeStatus, status } from '../../devnet/status.ts';
import { connectEngine } from '../../engine/engine.ts';
import { bytes, count, duration, paint, table } from '../format.ts';

export const statusCommand = (): Command =>
  new Command('status')
    .alias('ps')
    .summary('nodes, links and drift of a devnet')
    .description(
      'Asks the engine and every node how things stand. Exits with 1 when the graph is not the declared one.',
    )
    .argument('[name]', 'name of the devnet; without it, the only one there is')
    .option('--json', 'as JSON')
    .action(run);

/** What does not work with nodes that do not answer, and how many of them are named. */
const LIMITS: Record<Lack, string> = {
  get_status: 'whether their links stand is not known, nor the round trips',
  get_peers: 'their links cannot be verified',
  remove_peer: 'a link taken out of the file stays until its node is made anew',
};
const MOST_NAMES = 8;

async function run(name: string | undefined, options: { json?: true }): Promise<void> {
  const engine = await connectEngine();
  const found = await status(engine, await findDevnet(engine, name));
  process.stdout.write(options.json ? `${JSON.stringify(found)}\n` : text(found));
  if (!isFree(found.drift)) process.exitCode = 1;
}

function text(found: DevnetStatus): string {
  const age = duration(Date.now() / 1000 - found.created);
  const heading = `${paint('bold', found.name)}: ${count(found.nodes.length, 'node')}, ${count(found.links.length, 'link')}, ${found.subnet || 'no network'}, up for ${age}`;
  const drift = describeDrift(found.drift);
  const verdict = isFree(found.drift)
    ? `${paint('green', '✔')} no drift: the graph is the declared one`
    : `${paint('red', '✘')} drift`;
  return [
    heading,
    '',
    table([['NODE', 'STATE', 'ADDRESS', 'UPTIME', 'MEMORY'], ...found.nodes.map(nodeRow)]),
    '',
    ...(found.links.length > 0 ? [table([['LINK', 'STATE', 'ROUND TRIP'], ...found.links.map(linkRow)]), ''] : []),
    verdict,
    ...drift.map((line) => `  ${line}`),
    ...limits(found.nodes),
    '',
  ].join('\n');
}

function limits(nodes: readonly NodeStatus[]): string[] {
  const lines = (Object.keys(LIMITS) as Lack[]).flatMap((lack) => {
    const names = nodes.filter(({ lacks }) => lacks?.includes(lack)).map(({ name }) => name);
    const more = names.length > MOST_NAMES ? ` and ${names.length - MOST_NAMES} more` : '';
    return names.length > 0 ? [`  ${lack}, by ${names.slice(0, MOST_NAMES).join(', ')}${more}: ${LIMITS[lack]}`] : [];
  });
  return lines.length > 0 ? [`${paint('yellow', '!')} not answered`, ...lines] : [];
}

function nodeRow({ name, state, address, uptime, exitCode, memory, memoryLimit }: NodeStatus): string[] {
  const words = exitCode === undefined ? state : `${state} (${exitCode})`;
  return [
    name,
    paint(state === 'running' ? 'green' : 'red', words),
    address,
    uptime === undefined ? '-' : duration(uptime),
    memory === undefined ? '-' : `${bytes(memory)} of ${bytes(memoryLimit ?? 0)}`,
  ];
}

function linkRow({ from, to, state, rtt }: LinkStatus): string[] {
  const colour = state === 'up' ? 'green' : state === 'listed' || state === 'unknown' ? 'yellow' : 'red';
  return [`${from} -> ${to}`, paint(colour, state), rtt === undefined ? '-' : `${rtt.toFixed(rtt < 10 ? 2 : 1)} ms`];
}
