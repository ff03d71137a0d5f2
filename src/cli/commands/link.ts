import { Command } from 'commander';
import { inject } from '../../devnet/faults/inject.ts';
import { heldConditions, type LinkConditions } from '../../devnet/links.ts';
import { waysOf } from '../../devnet/measure.ts';
import { findDevnet } from '../../devnet/observe.ts';
import { findNode } from '../../devnet/send.ts';
import { connectEngine } from '../../engine/engine.ts';
import { DevnetError } from '../../errors.ts';
import type { LinkQuality } from '../../scenario/fault.ts';
import { qualityParts } from '../../scenario/words.ts';
import { formatTime } from '../../topology/units.ts';
import { carryOut, type FaultOptions, journal, withFaultOptions } from '../fault.ts';
import { table } from '../format.ts';
import { chance, milliseconds, rate } from '../options.ts';

interface Options extends FaultOptions, LinkQuality {
  oneWay?: true;
  clear?: true;
  json?: true;
}

export const linkCommand = (): Command =>
  withFaultOptions(
    new Command('link')
      .summary('conditions of links: list, change, clear')
      .description(
        'Without nodes, lists what is asked for on every link. With two, gives the packets between them these conditions,\n' +
          'both ways, in place of those they had. A delay is one way: a round trip takes it twice.',
      )
      .argument('[a]', 'name of a node')
      .argument('[b]', 'name of the node at the other end')
      .option('--delay <time>', 'as in 80ms', milliseconds)
      .option('--jitter <time>', 'delays vary by so much either way', milliseconds)
      .option('--loss <chance>', 'of a packet to be lost, as in 1%', chance)
      .option('--rate <rate>', 'bits a second, as in 10mbit', rate)
      .option('--duplicate <chance>', 'of a packet to come twice', chance)
      .option('--reorder <chance>', 'of a packet to overtake those before it', chance)
      .option('--corrupt <chance>', 'of a packet to have a bit turned', chance)
      .option('--one-way', 'only from the first to the second')
      .option('--clear', 'back to what the topology declares')
      .option('--json', 'the list as JSON'),
  )
    .addHelpText(
      'after',
      `
Examples:
  devnet link                              what is asked for on every link
  devnet link n1 n2 --delay 80ms --loss 1%
  devnet link n1 n2 --rate 1mbit --one-way --for 30s
  devnet link n1 n2 --clear`,
    )
    .action(run);

async function run(a: string | undefined, b: string | undefined, options: Options): Promise<void> {
  const { delay, jitter, loss, rate, duplicate, reorder, corrupt } = options;
  const asked = Object.entries({ delay, jitter, loss, rate, duplicate, reorder, corrupt });
  const quality: LinkQuality = Object.fromEntries(asked.filter(([, value]) => value !== undefined));
  const change = Object.keys(quality).length > 0;
  if (a === undefined) return list(options);
  if (b === undefined || change === (options.clear === true)) {
    throw new DevnetError(
      'usage',
      b === undefined ? `a link has two ends: ${a} and which other?` : 'change it, or clear it?',
      {
        hint: `devnet link ${a} ${b ?? 'OTHER'} --delay 80ms; devnet link ${a} ${b ?? 'OTHER'} --clear`,
      },
    );
  }
  if (jitter !== undefined && jitter > (delay ?? 0)) {
    throw new DevnetError(
      'usage',
      `a jitter of ${formatTime(jitter)} around a delay of ${formatTime(delay ?? 0)} goes below 0`,
      {
        hint: 'give a --delay at least as long',
      },
    );
  }
  const way = { from: a, to: b, ...(options.oneWay ? { oneway: true } : {}) };
  if (change) return carryOut(options, () => ({ kind: 'link', ...way, quality }));
  await clear(a, b, options);
}

async function clear(a: string, b: string, options: Options): Promise<void> {
  const engine = await connectEngine();
  const devnet = await findDevnet(engine, options.name);
  for (const name of [a, b]) findNode(devnet, name);
  const ways = options.oneWay
    ? [[a, b]]
    : [
        [a, b],
        [b, a],
      ];
  for (const [from, to] of ways as [string, string][]) {
    const declared = devnet.topology?.conditions?.find((one) => one.from === from && one.to === to);
    const { from: _from, to: _to, ...quality } = declared ?? { from, to };
    await inject({ engine, devnet }, { kind: 'link', from, to, oneway: true, quality }, { name: 'clear' });
  }
  journal(devnet.name, { event: 'link_cleared', from: a, to: b });
  process.stderr.write(`link ${a} ${options.oneWay ? '->' : '<->'} ${b} is as declared\n`);
}

async function list(options: Options): Promise<void> {
  const engine = await connectEngine();
  const devnet = await findDevnet(engine, options.name);
  const held = await heldConditions(engine, devnet);
  const rows = waysOf(devnet).map(([from, to]) => ({
    from,
    to,
    ...held.find((one) => one.from === from && one.to === to),
  }));
  if (options.json) {
    process.stdout.write(`${JSON.stringify(rows, null, 2)}\n`);
    return;
  }
  process.stdout.write(`${table(rows.map((row) => [`${row.from} -> ${row.to}`, conditionText(row)]))}\n`);
}

/** `cut (split), delay 50ms, loss 1%`; a dash where nothing is asked for. */
function conditionText({ from: _from, to: _to, cut, ...quality }: LinkConditions): string {
  const parts = [...(cut === undefined ? [] : [`cut (${cut})`]), ...qualityParts(quality)];
  return parts.length > 0 ? parts.join(', ') : '-';
}
