import pLimit from 'p-limit';
import { removeContainer, startContainer } from './containers.ts';
import { compareVersions, type Engine } from './engine.ts';
import { httpStatusOf, toEngineError } from './engine-error.ts';
import { type NetworkEvent, watchNetwork } from './events.ts';

// Docker's engines before 28.1 count the endpoints of a network with read, add, write. Several at once lose updates, and when the
// count stays above zero the network cannot be removed until the engine restarts: seen in 2 of some 30 removals of 50
// containers, 8 at a time. Two that add at once can make the count too high, so containers come onto a network one at a
// time; of those that leave, it takes three to do so, and they leave in pairs.

/** Containers being started at once, and being removed: where the engine on a few cores is fastest. */
export const MAX_PARALLEL_CONTAINERS = 6;
const MAX_PARALLEL_DISCONNECTS = 2;

const FIRST_FIXED_API = '1.49';

const miscountsEndpoints = ({ flavour, api }: Engine) =>
  flavour === 'docker' && compareVersions(api, FIRST_FIXED_API) < 0;

/**
 * A `startContainer` for many containers of one network: each has its turn to come onto the network, and most of a start,
 * which is what follows, goes on side by side. It takes no longer than a start without turns.
 * @param signal ends the watching
 * @param lost called when the engine is gone
 */
export async function createContainerStarter(
  engine: Engine,
  networkId: string,
  signal: AbortSignal,
  lost: (failure: Error) => void,
): Promise<(id: string, name: string) => Promise<void>> {
  if (!miscountsEndpoints(engine)) return (id, name) => startContainer(engine, id, name);
  const connected = new Map<string, () => void>();
  const seen = ({ action, containerId }: NetworkEvent) => {
    if (action === 'connect') connected.get(containerId)?.();
  };
  await watchNetwork(engine, networkId, signal, seen, lost);
  const turn = pLimit(1);
  return async (id, name) => {
    let start: Promise<void> | undefined;
    await turn(async () => {
      const onNetwork = new Promise<void>((resolve) => {
        connected.set(id, resolve);
      });
      start = startContainer(engine, id, name);
      // A start that fails, or a watch that ends, must not hold up the others.
      await Promise.race([onNetwork, start.catch(() => {})]);
      connected.delete(id);
    });
    await start;
  };
}

/** A `removeContainer` for many containers, each on one of `networkIds`, to be called `PARALLEL` times at once at most. */
export function createContainerRemover(engine: Engine, networkIds: readonly string[]): (id: string) => Promise<void> {
  if (!miscountsEndpoints(engine)) return (id) => removeContainer(engine, id);
  const pair = pLimit(MAX_PARALLEL_DISCONNECTS);
  return async (id) => {
    await pair(() => Promise.all(networkIds.map((network) => disconnectContainer(engine, network, id))));
    await removeContainer(engine, id);
  };
}

/** Takes a container off a network; one that is not on it or that somebody else is removing, or either gone, is no error. */
async function disconnectContainer(engine: Engine, networkId: string, id: string): Promise<void> {
  try {
    await engine.docker.getNetwork(networkId).disconnect({ Container: id, Force: true });
  } catch (cause) {
    if (httpStatusOf(cause) === 404 || /is not connected|marked for removal/.test(String(cause))) return;
    throw toEngineError(cause, `take the container ${id.slice(0, 12)} off its network`);
  }
}
