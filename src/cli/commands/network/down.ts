import { Command } from 'commander';
import { down } from '../../../controller/lifecycle/down.ts';
import { findDevnet, type NetworkState, observeAll } from '../../../controller/state/network-state.ts';
import { connectEngine, type Engine } from '../../../engine/engine.ts';
import { DevnetError } from '../../../shared/errors.ts';
import { parseTimeSpanOption } from '../../input/option-parsers.ts';
import { formatDuration, paint, pluralize } from '../../output/format.ts';

interface Options {
  all?: true;
  olderThan?: number;
  json?: true;
}

export const downCommand = (): Command =>
  new Command('down')
    .summary('take a devnet down and remove all it left on the engine')
    .description(
      'Removes the containers and the network of a devnet, found by their labels: no file is needed, and one that was\n' +
        'left half-made or half-removed is removed as well. Without a name, the only devnet there is.',
    )
    .argument('[name]', 'name of the devnet')
    .option('--all', 'every devnet on the engine')
    .option('--older-than <span>', 'every devnet made longer ago than this: 30m, 2h, 1d', parseTimeSpanOption)
    .option('--json', 'what was removed, as JSON')
    .action(run);

async function run(name: string | undefined, options: Options): Promise<void> {
  const engine = await connectEngine();
  const chosen = await selectNetworks(engine, name, options);
  const removed: { name: string; nodes: number; seconds: number }[] = [];
  for (const devnet of chosen) {
    const began = performance.now();
    await down(engine, devnet);
    const seconds = (performance.now() - began) / 1000;
    removed.push({ name: devnet.name, nodes: devnet.nodes.length, seconds });
    if (!options.json) {
      process.stdout.write(
        `${paint('green', '✔')} ${devnet.name} is down: ${pluralize(devnet.nodes.length, 'node')} removed, in ${formatDuration(seconds)}\n`,
      );
    }
  }
  if (options.json) process.stdout.write(`${JSON.stringify(removed)}\n`);
  else if (chosen.length === 0) process.stdout.write('nothing to take down\n');
}

async function selectNetworks(
  engine: Engine,
  name: string | undefined,
  { all, olderThan }: Options,
): Promise<NetworkState[]> {
  if (!all && olderThan === undefined) return [await findDevnet(engine, name)];
  if (name !== undefined) {
    throw new DevnetError('usage', `down takes a name, or --all, or --older-than, not "${name}" along with them`, {
      hint: `devnet down ${name}`,
    });
  }
  const before = Date.now() / 1000 - (olderThan ?? 0);
  return (await observeAll(engine)).filter(({ created }) => created <= before);
}
