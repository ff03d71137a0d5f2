import { findServedNetworks } from '../network/control-socket/find-served-networks.ts';
import type { Runtime, StartedNetwork, StartOptions } from '../network/runtime.ts';
import { DevnetError } from '../shared/errors.ts';
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
  await assertNameFree(topology.name, runtime);
  const started = await runtime.start(topology, options);
  const isNew = started.steps.some((step) => step.do === 'make network' && step.why === undefined);
  try {
    // Another runtime may have started one at the same time: of two, at least one sees the other now.
    if (isNew) await assertNameFree(topology.name, runtime);
    return started;
  } catch (cause) {
    await started.network.down();
    throw cause;
  }
}

/** Checks that no other runtime has a network of a name. A runtime's own `start` does that for its own networks. */
async function assertNameFree(name: string, runtime: Runtime): Promise<void> {
  const none = { networks: [], failures: [] };
  // An engine may take seconds to connect to, so the runtime that has it does not connect once more.
  const finding = runtime.name === 'containers' ? findServedNetworks(name) : findNetworks(name);
  const { networks } = await raceSignal(finding, AbortSignal.timeout(NAME_CHECK_TIMEOUT_MS)).catch(() => none);
  const other = networks.find((network) => network.runtime !== runtime.name);
  if (!other) return;
  throw new DevnetError('name_taken', `a network "${name}" is running already, on the ${other.runtime} runtime`, {
    hint: `devnet down ${name} removes it; --name starts another one beside it`,
  });
}
