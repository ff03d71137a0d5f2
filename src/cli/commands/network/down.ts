import { hasEngine } from '../../../engine/connection/engine-endpoint.ts';
import type { FoundNetwork } from '../../../network/runtime.ts';
import { findNetwork } from '../../../runtimes/find-networks.ts';
import { DevnetError, describeError } from '../../../shared/errors.ts';
import { pluralize } from '../../../shared/text.ts';
import type { ClockOffset } from '../../../shared/time/clock-offset.ts';
import { networkName } from '../../input/select-network.ts';
import { formatDuration, paint, writeToStderr } from '../../output/format.ts';
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
    : [await findNetworkOrTidyUp(networkName(argument, options.name))];
  if (all && chosen.length === 0) await removeWhatHasNoNetwork();
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

/** Finds a network. Where there is none, removes what one that is gone has left. @throws as findNetwork */
async function findNetworkOrTidyUp(name: string | undefined): Promise<FoundNetwork> {
  try {
    return await findNetwork(name);
  } catch (cause) {
    if (cause instanceof DevnetError && cause.code === 'no_such_devnet') await removeWhatHasNoNetwork();
    throw cause;
  }
}

/** Removes the agents of a swarm that an `up` left which was killed early, and the rules of networks that were removed by hand. */
async function removeWhatHasNoNetwork(): Promise<void> {
  if (!hasEngine()) return;
  const [{ removeUnusedAgents }, { removeRulesWithoutNetwork }] = await Promise.all([
    import('../../../runtimes/swarm/swarm-runtime.ts'),
    import('../../../runtimes/containers/container-runtime.ts'),
  ]);
  // An engine that does not answer has been reported already, where it matters.
  if (await removeUnusedAgents().catch(() => false))
    writeToStderr('removed the agents on the hosts of the swarm, which no network used');
  const removed = await removeRulesWithoutNetwork().catch(() => undefined);
  if (removed !== undefined) writeToStderr(removed);
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
