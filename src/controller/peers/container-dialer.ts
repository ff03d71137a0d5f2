import type { Engine } from '../../engine/connection/engine.ts';
import type { ContainerStarter } from '../../engine/endpoint-count-workaround.ts';
import type { EngineNetwork } from '../../engine/networks.ts';
import { createDirectDialer, type Dialer, errorWithCode } from '../../network/dialer.ts';
import type { RunningNetwork } from '../../network/running-network.ts';
import { type NetworkState, nodeAddressesOf, toRunningNodes } from '../state/network-state.ts';
import { findNodeRoute, isOnBridge, type NetworkLocation } from './node-route.ts';
import { openTunnelDialer } from './tunnel-dialer.ts';

interface OpenDialerOptions {
  onEnd?: () => void;
  start?: ContainerStarter;
}

/**
 * Opens the way to a network's nodes, see {@link findNodeRoute}.
 * @param options.onEnd called when the way ends, as when the engine restarts: a new one has to be opened
 * @param options.start starts the tunnel container, where many containers start at the same time
 * @throws DevnetError `engine_failed` when the tunnel cannot be started
 */
export async function openDialer(
  engine: Engine,
  location: NetworkLocation,
  { onEnd = () => {}, start }: OpenDialerOptions = {},
): Promise<Dialer> {
  const route = await findNodeRoute(engine, location, start);
  const dialer =
    route.via === 'bridge'
      ? createBridgeDialer(location.network, onEnd)
      : await openTunnelDialer(engine, route.containerId, onEnd);
  return Object.assign(dialer, { network: { name: location.name, id: location.run } });
}

/**
 * Returns a dialer that looks for the way to a network's nodes when it is first used or opened, and again when that has ended.
 * @param start starts the tunnel container, where many containers start at the same time
 */
export function createDialer(
  engine: Engine,
  { name, run, network }: Pick<NetworkState, keyof NetworkLocation>,
  start?: ContainerStarter,
): Dialer & { open(): Promise<Dialer> } {
  let opening: Promise<Dialer> | undefined;
  const forget = () => {
    opening = undefined;
  };
  const open = async () => {
    // Without its network, a node's address may be somebody else's by now.
    if (!network) throw errorWithCode('ENETUNREACH');
    const options = { onEnd: forget, ...(start ? { start } : {}) };
    opening ??= openDialer(engine, { name, run, network }, options).catch((cause: unknown) => {
      forget();
      throw cause;
    });
    return opening;
  };
  return {
    network: { name, id: run },
    open,
    connect: async (host, port, timeoutMs) => (await open()).connect(host, port, timeoutMs),
    close() {
      opening?.then(
        (dialer) => dialer.close(),
        () => {},
      );
    },
  };
}

/** A network's nodes and the way to them, as far as the engine's view of it goes. */
export type NodeAccess = Pick<RunningNetwork, 'name' | 'addresses' | 'dialer' | 'nodes'>;

/** Gives access to a network's nodes for as long as `use` takes. */
export async function withNodes<T>(
  engine: Engine,
  state: NetworkState,
  use: (access: NodeAccess) => Promise<T>,
): Promise<T> {
  const dialer = createDialer(engine, state);
  const nodes = toRunningNodes(state);
  try {
    return await use({ name: state.name, addresses: nodeAddressesOf(state), dialer, nodes: async () => nodes });
  } finally {
    dialer.close();
  }
}

/** Looks at the route before every dial: while this process runs, the network may go and another one get its addresses. */
function createBridgeDialer(network: EngineNetwork, onEnd: () => void): Dialer {
  const direct = createDirectDialer(network.gateway);
  return {
    async connect(host, port, timeoutMs) {
      if (!isOnBridge(network)) {
        onEnd();
        throw errorWithCode('ENETUNREACH');
      }
      return direct.connect(host, port, timeoutMs);
    },
    close: () => direct.close(),
  };
}
