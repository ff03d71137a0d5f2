import pLimit from 'p-limit';
import { compareVersions, type Engine } from './connection/engine.ts';
import { engineOf } from './connection/engine-hosts.ts';
import { disconnectContainer } from './container-endpoint.ts';
import { startContainer } from './container-lifecycle.ts';
import { removeContainer } from './containers.ts';
import { type NetworkEvent, watchNetwork } from './events.ts';
import { lockNetwork, type ReleaseLock } from './network-lock.ts';

// Docker before 28.1 counts a network's endpoints by read, add, write, so that concurrent updates are lost. When the count
// stays above zero, the network cannot be removed until the engine restarts: seen in 2 of some 30 removals of 50 containers,
// 8 at a time. Two concurrent connects can make the count too high, so containers connect one at a time; it takes three
// concurrent disconnects, so containers disconnect in pairs. Processes of one machine take turns by a lock, as a `heal` during a
// `down`; on a swarm they do not.

const MAX_PARALLEL_DISCONNECTS = 2;

const FIRST_FIXED_API = '1.49';

const miscountsEndpoints = ({ flavour, api }: Engine) =>
  flavour === 'docker' && compareVersions(api, FIRST_FIXED_API) < 0;

/** Starts a container; its name is for the error message. */
export type ContainerStarter = (id: string, name: string) => Promise<void>;

/** Returns how many containers should start or be removed at once: the number that an engine on two cores is fastest with. */
export function maxParallelContainers({ flavour, api, hosts }: Pick<Engine, 'flavour' | 'api' | 'hosts'>): number {
  const each = flavour === 'docker' && compareVersions(api, FIRST_FIXED_API) >= 0 ? 16 : 6;
  return each * (hosts?.list().length ?? 1);
}

/**
 * Returns a `startContainer` for many containers of one network. They connect one at a time, on each host; the rest of a start, which is
 * most of it, runs in parallel, so that this takes no longer than plain starts.
 * @param signal stops the watch
 * @param onLost called when the engine is gone
 */
export async function createContainerStarter(
  engine: Engine,
  networkId: string,
  signal: AbortSignal,
  onLost: (failure: Error) => void,
): Promise<ContainerStarter> {
  if (!miscountsEndpoints(engine)) return (id, name) => startContainer(engine, id, name);
  const onConnected = new Map<string, () => void>();
  const onEvent = ({ action, containerId }: NetworkEvent) => {
    if (action === 'connect') onConnected.get(containerId)?.();
  };
  await watchNetwork(engine, networkId, signal, onEvent, onLost);
  const turns = new Map<Engine, ReturnType<typeof pLimit>>();
  const turnOn = (host: Engine) => {
    const turn = turns.get(host) ?? pLimit(1);
    turns.set(host, turn);
    return turn;
  };
  return async (id, name) => {
    let start: Promise<void> | undefined;
    await turnOn(engineOf(engine, id))(async () => {
      const release = await lockFor(engine, networkId);
      const connected = new Promise<void>((resolve) => {
        onConnected.set(id, resolve);
      });
      start = startContainer(engine, id, name);
      // A start that fails, or a watch that ends, must not hold up the others.
      await Promise.race([connected, start.catch(() => {})]);
      onConnected.delete(id);
      await release();
    });
    await start;
  };
}

/**
 * Returns a `removeContainer` for many containers, each on one of `networkIds`; at most {@link maxParallelContainers} at
 * once.
 */
export function createContainerRemover(engine: Engine, networkIds: readonly string[]): (id: string) => Promise<void> {
  if (!miscountsEndpoints(engine)) return (id) => removeContainer(engine, id);
  const pair = pLimit(MAX_PARALLEL_DISCONNECTS);
  // One lock for all that are removed at a time.
  let users = 0;
  let locks: Promise<ReleaseLock[]> | undefined;
  return async (id) => {
    users++;
    locks ??= Promise.all(networkIds.map((network) => lockFor(engine, network)));
    const held = await locks;
    try {
      await pair(() => Promise.all(networkIds.map((network) => disconnectContainer(engine, network, id))));
    } finally {
      if (--users === 0) {
        locks = undefined;
        await Promise.all(held.map((release) => release()));
      }
    }
    await removeContainer(engine, id);
  };
}

const lockFor = (engine: Engine, networkId: string): Promise<ReleaseLock> =>
  engine.hosts ? Promise.resolve(async () => {}) : lockNetwork(networkId);
