import { findServedNetworks } from '../network/control-socket/find-served-networks.ts';
import type { RunningNetwork } from '../network/running-network.ts';
import type { FindResult, FoundNetwork } from '../network/runtime.ts';
import { DevnetError } from '../shared/errors.ts';

/**
 * Finds the networks that run, of all runtimes, by name: those that processes of this user run, and those on the engine.
 * @param name only those of this name
 */
export async function findNetworks(name?: string): Promise<FindResult> {
  const { networks, failures } = mergeResults(await Promise.all([findServed(name), findOnEngine(name)]));
  return { networks: networks.sort((a, b) => (a.name < b.name ? -1 : 1)), failures };
}

/**
 * Finds a network.
 * @param name absent: the only one there is
 * @throws DevnetError `no_such_devnet` when there is none, or several and no name; what kept networks from being found
 */
export async function findNetwork(name?: string): Promise<FoundNetwork> {
  const served = await findServed(name);
  // Where a process runs it, no engine is needed.
  if (name !== undefined && served.networks[0]) return served.networks[0];
  const { networks, failures } = mergeResults([served, await findOnEngine(name)]);
  const [only, ...others] = networks;
  if (!only && failures.length > 0) throw failures[0];
  if (only && (name !== undefined || others.length === 0)) return only;
  if (only) {
    throw new DevnetError('no_such_devnet', `several networks are running: ${listNames(networks)}`, {
      hint: `choose one: add --name ${only.name}`,
    });
  }
  if (name === undefined) throw new DevnetError('no_such_devnet', 'no network is running', { hint: 'devnet up' });
  const running = listNames((await findNetworks()).networks);
  throw new DevnetError('no_such_devnet', `there is no network "${name}"`, {
    hint: running === '' ? 'no network is running' : `running: ${running}`,
  });
}

/**
 * Attaches to a network that runs, whatever runs it.
 * @param name absent: the only one there is
 * @throws DevnetError as {@link findNetwork}; `no_such_devnet` when only remains of it are left
 */
export async function attachNetwork(name?: string): Promise<RunningNetwork> {
  return (await findNetwork(name)).attach();
}

function findServed(name?: string): Promise<FindResult> {
  return collectFailures(() => findServedNetworks(name));
}

function findOnEngine(name?: string): Promise<FindResult> {
  return collectFailures(async () => {
    // Loaded only here: what a process runs is found without.
    const { connectContainerRuntime } = await import('./containers/container-runtime.ts');
    return { networks: await (await connectContainerRuntime()).find(name), failures: [] };
  });
}

async function collectFailures(find: () => Promise<FindResult>): Promise<FindResult> {
  try {
    return await find();
  } catch (cause) {
    if (!(cause instanceof DevnetError)) throw cause;
    return { networks: [], failures: [cause] };
  }
}

function mergeResults(results: readonly FindResult[]): FindResult {
  return {
    networks: results.flatMap(({ networks }) => networks),
    failures: results.flatMap(({ failures }) => failures),
  };
}

const listNames = (networks: readonly FoundNetwork[]) => networks.map(({ name }) => name).join(', ');
