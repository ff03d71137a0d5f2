import { Command } from 'commander';
import { type Finding, type LinkMeasurement, measure } from '../../devnet/measure.ts';
import { findDevnet } from '../../devnet/observe.ts';
import { connectEngine } from '../../engine/engine.ts';
import { formatChance } from '../../topology/units.ts';
import { paint, table } from '../format.ts';
import { takeInterrupt } from '../interrupt.ts';
import { wholeNumber } from '../options.ts';

interface Options {
  name?: string;
  pings: number;
  datagrams: number;
  json?: true;
}

export const measureCommand = (): Command =>
  new Command('measure')
    .summary('measure every link, beside what is asked for')
    .description(
      'Pings over every link as its nodes have it, moves bytes where a rate is asked for, and counts packets where a loss\n' +
        'is. Marks what is outside: a round trip off by more than 1 ms and 5 %, a rate off by more than 5 %, a loss that is\n' +
        'not in the 95 % interval of what was counted. Exit status 1 when something is.',
    )
    .option('--name <name>', 'name of the devnet; without it, the only one there is')
    .option('--pings <count>', 'round trips a way', wholeNumber, 100)
    .option('--datagrams <count>', 'packets a way that has a loss', wholeNumber, 2_000)
    .option('--json', 'the figures as JSON')
    .action(run);

async function run(options: Options): Promise<void> {
  const engine = await connectEngine();
  const devnet = await findDevnet(engine, options.name);
  const { signal, release } = takeInterrupt(() => process.exit(130));
  const found = await measure(engine, devnet, { pings: options.pings, datagrams: options.datagrams, signal });
  release();
  if (options.json) process.stdout.write(`${JSON.stringify(found, null, 2)}\n`);
  else process.stdout.write(`${table([HEADING, ...found.map(row)])}\n`);
  if (found.some((one) => outside(one) || one.trouble !== undefined)) process.exitCode = 1;
}

const HEADING = ['WAY', 'ROUND TRIP', 'ASKED', 'RATE', 'ASKED', 'LOSS', 'ASKED', ''];

const outside = ({ roundTrip, rate, loss }: LinkMeasurement) => [roundTrip, rate, loss].some((one) => one?.outside);

function row(one: LinkMeasurement): string[] {
  const { from, to, roundTrip, rate, loss, trouble } = one;
  return [
    `${from} -> ${to}`,
    ...cells(
      roundTrip,
      ({ value, low, high }) => `${value.toFixed(1)} ms (${low.toFixed(1)} to ${high.toFixed(1)})`,
      ms,
    ),
    ...cells(rate, ({ value }) => mbit(value), mbit),
    ...cells(
      loss,
      ({ value, low, high, of }) => `${percent(value)} (${percent(low)} to ${percent(high)}, of ${of})`,
      formatChance,
    ),
    trouble === undefined ? (outside(one) ? paint('red', 'outside') : '') : paint('red', trouble),
  ];
}

function cells(
  finding: Finding | undefined,
  measured: (estimate: Finding['measured']) => string,
  asked: (value: number) => string,
): [string, string] {
  if (!finding) return ['-', '-'];
  const text = measured(finding.measured);
  return [finding.outside ? paint('red', text) : text, asked(finding.asked)];
}

const ms = (value: number) => `${value.toFixed(1)} ms`;
const mbit = (value: number) => `${(value / 1e6).toPrecision(3)} Mbit/s`;
const percent = (value: number) => `${(value * 100).toFixed(1)} %`;
