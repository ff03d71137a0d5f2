import { PROXY_LIMITATION } from '../../../network/fault.ts';
import type { LinkMeasurement, MeasuredCondition } from '../../../network/links/link-measurement.ts';
import { attachNetwork } from '../../../runtimes/find-networks.ts';
import { formatList } from '../../../shared/text.ts';
import { formatPercentage } from '../../../topology/model/units.ts';
import { handleInterrupt } from '../../input/interrupt.ts';
import { networkName } from '../../input/select-network.ts';
import { formatTable, paint } from '../../output/format.ts';

interface Options {
  name?: string;
  pings: number;
  datagrams: number;
  json?: true;
}

export async function run(argument: string | undefined, options: Options): Promise<void> {
  const { pings, datagrams, name, json } = options;
  const network = await attachNetwork(networkName(argument, name));
  const { signal, release } = handleInterrupt();
  const measured = await network.measureLinks({ pings, datagrams, signal });
  release();
  network.close();
  if (json) process.stdout.write(`${JSON.stringify(measured, null, 2)}\n`);
  else
    process.stdout.write(
      `${[formatTable([HEADING, ...measured.map(formatRow)]), ...formatLimits(measured)].join('\n')}\n`,
    );
  if (measured.some((one) => isOutsideTolerance(one) || one.trouble !== undefined)) process.exitCode = 1;
}

/** Returns lines that say what the proxy does not do on the links that it shapes; none where there are none. */
export function formatLimits(measured: readonly LinkMeasurement[]): string[] {
  const proxied = measured.filter(({ conditions }) => conditions.proxied);
  if (proxied.length === 0) return [];
  const which =
    proxied.length === measured.length ? 'these links' : formatList(proxied.map(({ from, to }) => `${from} -> ${to}`));
  return ['', `limits of ${which}: ${PROXY_LIMITATION}`];
}

const HEADING = ['LINK', 'ROUND TRIP', 'CONFIGURED', 'RATE', 'CONFIGURED', 'LOSS', 'CONFIGURED', ''];

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
    ...formatCells(
      rate,
      ({ value, low, high }) => `${formatMbit(value)} (${toMbit(low)} to ${toMbit(high)})`,
      formatMbit,
    ),
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
  configured: (value: number) => string,
): [string, string] {
  if (!finding) return ['-', '-'];
  const text = measured(finding.measured);
  return [finding.outside ? paint('red', text) : text, configured(finding.asked)];
}

const formatMs = (value: number) => `${value.toFixed(1)} ms`;
const toMbit = (value: number) => (value / 1e6).toPrecision(3);
const formatMbit = (value: number) => `${toMbit(value)} Mbit/s`;
const formatPercent = (value: number) => `${(value * 100).toFixed(1)} %`;
