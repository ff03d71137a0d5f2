import { Command } from 'commander';
import { measureLinks } from '../../../controller/inspect/measure-links.ts';
import { findDevnet } from '../../../controller/state/network-state.ts';
import { connectEngine } from '../../../engine/engine.ts';
import type { LinkMeasurement, MeasuredCondition } from '../../../network/link-measurement.ts';
import { formatPercentage } from '../../../topology/model/units.ts';
import { handleInterrupt } from '../../input/interrupt.ts';
import { parseWholeNumberOption } from '../../input/option-parsers.ts';
import { formatTable, paint } from '../../output/format.ts';

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
    .option('--pings <count>', 'round trips a way', parseWholeNumberOption, 100)
    .option('--datagrams <count>', 'packets a way that has a loss', parseWholeNumberOption, 2_000)
    .option('--json', 'the figures as JSON')
    .action(run);

async function run(options: Options): Promise<void> {
  const engine = await connectEngine();
  const devnet = await findDevnet(engine, options.name);
  const { signal, release } = handleInterrupt(() => process.exit(130));
  const found = await measureLinks(engine, devnet, { pings: options.pings, datagrams: options.datagrams, signal });
  release();
  if (options.json) process.stdout.write(`${JSON.stringify(found, null, 2)}\n`);
  else process.stdout.write(`${formatTable([HEADING, ...found.map(formatRow)])}\n`);
  if (found.some((one) => isOutsideTolerance(one) || one.trouble !== undefined)) process.exitCode = 1;
}

const HEADING = ['WAY', 'ROUND TRIP', 'ASKED', 'RATE', 'ASKED', 'LOSS', 'ASKED', ''];

const isOutsideTolerance = ({ roundTrip, rate, loss }: LinkMeasurement) =>
  [roundTrip, rate, loss].some((one) => one?.outside);

function formatRow(one: LinkMeasurement): string[] {
  const { from, to, roundTrip, rate, loss, trouble } = one;
  return [
    `${from} -> ${to}`,
    ...formatCells(
      roundTrip,
      ({ value, low, high }) => `${value.toFixed(1)} ms (${low.toFixed(1)} to ${high.toFixed(1)})`,
      formatMs,
    ),
    ...formatCells(rate, ({ value }) => formatMbit(value), formatMbit),
    ...formatCells(
      loss,
      ({ value, low, high, of }) =>
        `${formatPercent(value)} (${formatPercent(low)} to ${formatPercent(high)}, of ${of})`,
      formatPercentage,
    ),
    trouble === undefined ? (isOutsideTolerance(one) ? paint('red', 'outside') : '') : paint('red', trouble),
  ];
}

function formatCells(
  finding: MeasuredCondition | undefined,
  measured: (estimate: MeasuredCondition['measured']) => string,
  asked: (value: number) => string,
): [string, string] {
  if (!finding) return ['-', '-'];
  const text = measured(finding.measured);
  return [finding.outside ? paint('red', text) : text, asked(finding.asked)];
}

const formatMs = (value: number) => `${value.toFixed(1)} ms`;
const formatMbit = (value: number) => `${(value / 1e6).toPrecision(3)} Mbit/s`;
const formatPercent = (value: number) => `${(value * 100).toFixed(1)} %`;
