import { hasEngine } from '../engine/connection/engine-endpoint.ts';
import { findServedNetworks } from '../network/control-socket/find-served-networks.ts';
import type { RunningNetwork } from '../network/running-network.ts';
import type { FindResult, FoundNetwork } from '../network/runtime.ts';
import { DevnetError } from '../shared/errors.ts';

const NOTHING_FOUND: FindResult = { networks: [], failures: [] };

/**
 * Finds the networks that run, of all runtimes, by name: those that processes of this user run, and those on the engine.
 * @param name only those of this name
 */
export async function findNetworks(name?: string): Promise<FindResult> {
  const all = await Promise.all([findServed(name), findOnEngine(name)]);
  const networks = all.flatMap((one) => one.networks);
  return {
    networks: networks.sort((a, b) => (a.name < b.name ? -1 : 1)),
    failures: all.flatMap(({ failures }) => failures),
  };
}

/**
 * Finds a network.
 * @param name absent: the only one there is
 * @throws DevnetError `no_such_devnet` when there is none, or several and no name; what kept networks from being found
 */
export function findNetwork(name?: string): Promise<FoundNetwork> {
  return name === undefined ? findOnlyNetwork() : findNamedNetwork(name);
}

async function findOnlyNetwork(): Promise<FoundNetwork> {
  const { networks, failures } = await findNetworks();
  const [only, ...others] = networks;
  if (!only) throw failures[0] ?? new DevnetError('no_such_devnet', 'no network is running', { hint: 'devnet up' });
  if (others.length === 0) return only;
  throw new DevnetError('no_such_devnet', `several networks are running: ${listNames(networks)}`, {
    hint: `choose one: add --name ${only.name}`,
  });
}

async function findNamedNetwork(name: string): Promise<FoundNetwork> {
  const served = await findServed(name);
  // Where a process runs it, no engine is needed.
  const onEngine = served.networks.length > 0 ? NOTHING_FOUND : await findOnEngine(name);
  const [found] = [...served.networks, ...onEngine.networks];
  if (found) return found;
  if (served.failures.length > 0) throw served.failures[0];
  if (onEngine.failures.length > 0) throw notServedError(name, onEngine.failures[0] as DevnetError);
  const running = listNames((await findNetworks()).networks);
  throw new DevnetError('no_such_devnet', `there is no network "${name}"`, {
    hint: running === '' ? 'no network is running' : `running: ${running}`,
  });
}

/** Adds to the failure of an engine that no process runs the network either. */
function notServedError(name: string, failure: DevnetError): DevnetError {
  const { code, message, hint } = failure;
  return new DevnetError(code, `no process of yours runs a network "${name}", and ${message}`, {
    ...(hint === undefined ? {} : { hint }),
    cause: failure,
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
    // Whoever runs nodes without an engine has none to start before they can see that nothing runs.
    if (!hasEngine()) return NOTHING_FOUND;
    // Loaded only here: what a process runs is found without.
    const { connectContainerRuntime } = await import('./containers/container-runtime.ts');
    const networks = await (await connectContainerRuntime()).find(name);
    const isSwarm = ({ runtime }: FoundNetwork) => runtime === 'swarm';
    if (!networks.some(isSwarm)) return { networks, failures: [] };
    const { networks: ofSwarm, failures } = await collectFailures(() => findInSwarm(name));
    return { networks: [...networks.filter((one) => !isSwarm(one)), ...ofSwarm], failures };
  });
}

/** Finds networks again of which the engine has only a part, on all hosts of its swarm. */
async function findInSwarm(name?: string): Promise<FindResult> {
  const { connectSwarmRuntime } = await import('./swarm/swarm-runtime.ts');
  return { networks: await (await connectSwarmRuntime()).find(name), failures: [] };
}

/** Puts what the user can act on into the result. */
async function collectFailures(find: () => Promise<FindResult>): Promise<FindResult> {
  try {
    return await find();
  } catch (cause) {
    if (!(cause instanceof DevnetError)) throw cause;
    return { networks: [], failures: [cause] };
  }
}

const listNames = (networks: readonly FoundNetwork[]) => networks.map(({ name }) => name).join(', ');
