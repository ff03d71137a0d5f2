import { Command } from 'commander';
import { injectFault } from '../../../controller/faults/inject-fault.ts';
import { listDirections } from '../../../controller/inspect/measure-links.ts';
import { readLinkConditions } from '../../../controller/links/netem-agent.ts';
import { findNode } from '../../../controller/peers/send-message.ts';
import { findDevnet } from '../../../controller/state/network-state.ts';
import { connectEngine } from '../../../engine/engine.ts';
import type { ActiveLinkConditions } from '../../../network/fault.ts';
import { formatLinkConditions } from '../../../scenario/model/describe.ts';
import { DevnetError } from '../../../shared/errors.ts';
import type { LinkConditions } from '../../../topology/index.ts';
import { formatTime } from '../../../topology/model/units.ts';
import { parseMillisecondsOption, parseProbabilityOption, parseRateOption } from '../../input/option-parsers.ts';
import { formatTable } from '../../output/format.ts';
import { addFaultOptions, appendToJournal, type FaultOptions, runFaultCommand } from './fault-command.ts';

interface Options extends FaultOptions, LinkConditions {
  oneWay?: true;
  clear?: true;
  json?: true;
}

export const linkCommand = (): Command =>
  addFaultOptions(
    new Command('link')
      .summary('conditions of links: list, change, clear')
      .description(
        'Without nodes, lists what is asked for on every link. With two, gives the packets between them these conditions,\n' +
          'both ways, in place of those they had. A delay is one way: a round trip takes it twice.',
      )
      .argument('[a]', 'name of a node')
      .argument('[b]', 'name of the node at the other end')
      .option('--delay <time>', 'as in 80ms', parseMillisecondsOption)
      .option('--jitter <time>', 'delays vary by so much either way', parseMillisecondsOption)
      .option('--loss <chance>', 'of a packet to be lost, as in 1%', parseProbabilityOption)
      .option('--rate <rate>', 'bits a second, as in 10mbit', parseRateOption)
      .option('--duplicate <chance>', 'of a packet to come twice', parseProbabilityOption)
      .option('--reorder <chance>', 'of a packet to overtake those before it', parseProbabilityOption)
      .option('--corrupt <chance>', 'of a packet to have a bit turned', parseProbabilityOption)
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
  const quality: LinkConditions = Object.fromEntries(asked.filter(([, value]) => value !== undefined));
  const change = Object.keys(quality).length > 0;
  if (a === undefined) return listConditions(options);
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
  if (change) return runFaultCommand(options, () => ({ kind: 'link', ...way, quality }));
  await resetConditions(a, b, options);
}

async function resetConditions(a: string, b: string, options: Options): Promise<void> {
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
    await injectFault({ engine, devnet }, { kind: 'link', from, to, oneway: true, quality }, { name: 'clear' });
  }
  appendToJournal(devnet.name, { event: 'link_cleared', from: a, to: b });
  process.stderr.write(`link ${a} ${options.oneWay ? '->' : '<->'} ${b} is as declared\n`);
}

async function listConditions(options: Options): Promise<void> {
  const engine = await connectEngine();
  const devnet = await findDevnet(engine, options.name);
  const held = await readLinkConditions(engine, devnet);
  const rows = listDirections(devnet).map(([from, to]) => ({
    from,
    to,
    ...held.find((one) => one.from === from && one.to === to),
  }));
  if (options.json) {
    process.stdout.write(`${JSON.stringify(rows, null, 2)}\n`);
    return;
  }
  process.stdout.write(`${formatTable(rows.map((row) => [`${row.from} -> ${row.to}`, formatConditions(row)]))}\n`);
}

/** `cut (split), delay 50ms, loss 1%`; a dash where nothing is asked for. */
function formatConditions({ from: _from, to: _to, cut, ...quality }: ActiveLinkConditions): string {
  const parts = [...(cut === undefined ? [] : [`cut (${cut})`]), ...formatLinkConditions(quality)];
  return parts.length > 0 ? parts.join(', ') : '-';
}
