import type { FoundNetwork } from '../../../network/runtime.ts';
import { findNetwork } from '../../../runtimes/find-networks.ts';
import { DevnetError, describeError } from '../../../shared/errors.ts';
import { pluralize } from '../../../shared/text.ts';
import type { ClockOffset } from '../../../shared/time/clock-offset.ts';
import { networkName } from '../../input/select-network.ts';
import { formatDuration, paint } from '../../output/format.ts';
import { listNetworks } from '../list-networks.ts';

interface Options {
  name?: string;
  all?: true;
  /** Seconds. */
  olderThan?: number;
  json?: true;
}

export async function run(argument: string | undefined, options: Options): Promise<void> {
  const { all, olderThan, json } = options;
  const name = argument ?? options.name;
  const several = all || olderThan !== undefined;
  if (several && name !== undefined) {
    throw new DevnetError('usage', `give either the name "${name}", or --all or --older-than`, {
      hint: `devnet down ${name}`,
    });
  }
  const chosen = several
    ? await listOlderThan(olderThan ?? 0)
    : [await findNetwork(networkName(argument, options.name))];
  const removed: { name: string; nodes: number; seconds: number }[] = [];
  // One that cannot be removed does not keep the others.
  const failures: unknown[] = [];
  for (const network of chosen) {
    const began = performance.now();
    try {
      await network.remove();
    } catch (cause) {
      failures.push(cause);
      continue;
    }
    const seconds = (performance.now() - began) / 1000;
    removed.push({ name: network.name, nodes: network.nodes.length, seconds });
    if (!json) {
      process.stdout.write(
        `${paint('green', '✔')} ${network.name} is down: ${pluralize(network.nodes.length, 'node')} removed in ${formatDuration(seconds)}\n`,
      );
    }
  }
  if (json) process.stdout.write(`${JSON.stringify(removed)}\n`);
  else if (chosen.length === 0) process.stdout.write('no network to remove\n');
  if (failures.length > 0) throw joinFailures(failures);
}

/** Returns the only failure, or one that says all. */
function joinFailures([first, ...others]: readonly unknown[]): unknown {
  if (others.length === 0 || !(first instanceof DevnetError)) return first;
  return new DevnetError(first.code, [first, ...others].map(describeError).join('\n'), {
    ...(first.hint === undefined ? {} : { hint: first.hint }),
    cause: first,
  });
}

/** Returns the networks that are at least this old, by the clock of their engine. */
async function listOlderThan(seconds: number): Promise<FoundNetwork[]> {
  const networks = await listNetworks();
  const offsets = await Promise.all(networks.map((network) => network.clockOffset()));
  return networks.filter(({ created }, index) => {
    const { offsetMs } = offsets[index] as ClockOffset;
    return (Date.now() + offsetMs) / 1000 - created >= seconds;
  });
}
