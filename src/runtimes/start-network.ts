import { findServedNetworks } from '../network/control-socket/find-served-networks.ts';
import type { Runtime, StartedNetwork, StartOptions, UpStep } from '../network/runtime.ts';
import { DevnetError } from '../shared/errors.ts';
import { anySignal } from '../shared/time/any-signal.ts';
import { raceSignal } from '../shared/time/race-signal.ts';
import type { Topology } from '../topology/index.ts';
import { findNetworks } from './find-networks.ts';

/** An engine that does not answer by then has no say in which names are free, milliseconds. */
const NAME_CHECK_TIMEOUT_MS = 2_000;

/**
 * Starts a network whose name no network of another runtime has.
 * @throws DevnetError `name_taken`; what the runtime's `start` throws
 */
export async function startNetwork(
  runtime: Runtime,
  topology: Topology,
  options: StartOptions = {},
): Promise<StartedNetwork> {
  const { name } = topology;
  await assertNameFree(name, runtime, findServedNetworks(name));
  // Another runtime may start one at the same time. Of two, at least one sees the other once it has the name itself; an engine
  // takes a while to answer, so it is asked while the network comes up.
  const taken = new AbortController();
  // An engine is not connected to once more for its own networks.
  const isOnEngine = runtime.name === 'containers' || runtime.name === 'swarm';
  let check: Promise<void> | undefined;
  const checkOnce = () => {
    if (check) return check;
    const finding = isOnEngine ? findServedNetworks(name) : findNetworks(name);
    check = assertNameFree(name, runtime, finding);
    check.catch((cause: unknown) => taken.abort(cause));
    return check;
  };
  const onProgress = (step: UpStep) => {
    if (!isOnEngine) checkOnce().catch(() => {}); // It aborts the start.
    options.onProgress?.(step);
  };
  const signal = options.signal ? anySignal([options.signal, taken.signal]) : taken.signal;
  const started = await runtime.start(topology, { ...options, signal, onProgress });
  try {
    if (check || isNew(started)) await checkOnce();
    return started;
  } catch (cause) {
    if (isNew(started)) await started.network.down();
    throw cause;
  }
}

function isNew({ steps }: StartedNetwork): boolean {
  return steps.some((step) => step.do === 'make network' && step.why === undefined);
}

/** Checks that no other runtime has a network of a name. A runtime's own `start` does that for its own networks. */
async function assertNameFree(
  name: string,
  runtime: Runtime,
  finding: ReturnType<typeof findServedNetworks>,
): Promise<void> {
  const none = { networks: [], failures: [] };
  const { networks } = await raceSignal(finding, AbortSignal.timeout(NAME_CHECK_TIMEOUT_MS)).catch(() => none);
  const other = networks.find((network) => network.runtime !== runtime.name);
  if (!other) return;
  throw new DevnetError('name_taken', `a network "${name}" is running already, on the ${other.runtime} runtime`, {
    hint: `devnet down ${name} removes it; --name starts another one beside it`,
  });
}
