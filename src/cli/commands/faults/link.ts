import { type ActiveLinkConditions, PROXY_LIMITATION } from '../../../network/fault.ts';
import { formatLinkConditions } from '../../../network/faults/describe-fault.ts';
import { attachNetwork } from '../../../runtimes/find-networks.ts';
import { DevnetError } from '../../../shared/errors.ts';
import type { LinkConditions, Topology } from '../../../topology/index.ts';
import { formatTime } from '../../../topology/model/units.ts';
import { selectNodes, selectWords } from '../../input/select-network.ts';
import { formatTable, writeToStderr } from '../../output/format.ts';
import { appendToJournal, type FaultOptions, runFaultCommand } from './inject-and-report.ts';

interface Options extends FaultOptions, LinkConditions {
  oneWay?: true;
  clear?: true;
  json?: true;
}

export async function run(a: string | undefined, b: string | undefined, options: Options): Promise<void> {
  const { delay, jitter, loss, rate, duplicate, reorder, corrupt, oneWay } = options;
  const given = Object.entries({ delay, jitter, loss, rate, duplicate, reorder, corrupt });
  const conditions: LinkConditions = Object.fromEntries(given.filter(([, value]) => value !== undefined));
  const change = Object.keys(conditions).length > 0;
  if (b === undefined && !change && !options.clear) return listConditions(a, options);
  if (a === undefined || b === undefined) {
    throw new DevnetError(
      'usage',
      `a link has two ends: name the node at the other end${a === undefined ? '' : ` of ${a}`}`,
      {
        hint: `devnet link ${a ?? 'NODE'} OTHER --delay 80ms`,
      },
    );
  }
  if (change === (options.clear === true)) {
    throw new DevnetError('usage', 'give either conditions to set or --clear', {
      hint: `devnet link ${a} ${b} --delay 80ms; devnet link ${a} ${b} --clear`,
    });
  }
  if (jitter !== undefined && jitter > (delay ?? 0)) {
    throw new DevnetError(
      'usage',
      `a jitter of ${formatTime(jitter)} around a delay of ${formatTime(delay ?? 0)} goes below 0`,
      { hint: 'give a --delay at least as long' },
    );
  }
  if (options.clear) return resetConditions(a, b, options);
  await runFaultCommand([a, b], options, ([from, to]) => ({
    kind: 'link',
    from,
    to,
    ...(oneWay ? { oneway: true } : {}),
    quality: conditions,
  }));
}

async function resetConditions(a: string, b: string, options: Options): Promise<void> {
  const { name, words } = selectNodes([a, b], options.name);
  const [first, second] = words as [string, string];
  const network = await attachNetwork(name);
  const forward = { from: first, to: second };
  await network.heal(options.oneWay ? [forward] : [forward, { from: second, to: first }]);
  appendToJournal(network, { event: 'link_cleared', from: first, to: second });
  writeToStderr(`link ${first} ${options.oneWay ? '->' : '<->'} ${second} is as declared`);
}

/** Lists the configured conditions of every link of a network. */
async function listConditions(argument: string | undefined, options: Options): Promise<void> {
  const { name, words } = await selectWords(argument === undefined ? [] : [argument], options.name);
  const [node] = words;
  if (node !== undefined) {
    throw new DevnetError('usage', `a link has two ends: name the node at the other end of ${node}`, {
      hint: `devnet link ${node} OTHER --delay 80ms`,
    });
  }
  const network = await attachNetwork(name);
  const active = new Map((await network.linkConditions()).map((one) => [`${one.from} ${one.to}`, one]));
  const rows = directionsOf(network.topology).map(([from, to]) => ({
    from,
    to,
    ...active.get(`${from} ${to}`),
  }));
  process.stdout.write(`${options.json ? JSON.stringify(rows, null, 2) : formatLinks(rows)}\n`);
}

/** Formats the conditions of links as a table, with the limits of those that the proxy applies below it. */
export function formatLinks(links: readonly ActiveLinkConditions[]): string {
  return [
    formatTable(links.map((link) => [`${link.from} -> ${link.to}`, formatConditions(link)])),
    ...(links.some(({ proxied }) => proxied) ? [`(1) ${PROXY_LIMITATION}`] : []),
  ].join('\n');
}

/** Returns both directions of every link, once each. */
function directionsOf({ links }: Topology): [string, string][] {
  const directions = links.flatMap(({ from, to }): [string, string][] => [
    [from, to],
    [to, from],
  ]);
  return [...new Map(directions.map((direction) => [direction.join(' '), direction])).values()];
}

/** Formats conditions, as in `cut (split), delay 50ms, loss 1%`; a dash stands for none. */
function formatConditions({ from: _from, to: _to, cut, proxied, ...conditions }: ActiveLinkConditions): string {
  const parts = [
    ...(cut === undefined ? [] : [`cut (${cut})`]),
    ...formatLinkConditions(conditions),
    ...(proxied ? ['TCP only (1)'] : []),
  ];
  return parts.length > 0 ? parts.join(', ') : '-';
}
