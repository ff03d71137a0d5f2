import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import type { Engine } from '../../engine/engine.ts';
import type { EngineNetwork } from '../../engine/networks.ts';
import { createDirectDialer, type Dialer, errorWithCode } from '../../network/dialer.ts';
import type { RunningNetwork } from '../../network/running-network.ts';
import { DevnetError } from '../../shared/errors.ts';
import { type NetworkState, toRunningNodes } from '../state/network-state.ts';
import { openTunnelDialer } from './tunnel-dialer.ts';

/**
 * Opens the way to a network's nodes: directly where this machine is on their bridge, and through the tunnel container, over
 * the engine's API, where it is not, as with Docker Desktop or an engine elsewhere.
 * @param tunnelId id of the tunnel container; absent when there is none
 * @throws DevnetError `engine_unroutable` when there is neither way
 */
export async function openDialer(
  engine: Engine,
  network: EngineNetwork,
  tunnelId: string | undefined,
): Promise<Dialer> {
  if (await isLocalAddress(network.gateway)) return createDirectDialer(network.gateway);
  if (tunnelId !== undefined) return openTunnelDialer(engine, tunnelId);
  throw unroutableError(network);
}

/** Returns a dialer that looks for the way to a network's nodes when it is first used. */
export function createDialer(
  engine: Engine,
  { network, tunnelId }: Pick<NetworkState, 'network' | 'tunnelId'>,
): Dialer {
  let opening: Promise<Dialer> | undefined;
  return {
    async connect(host, port, timeoutMs) {
      // Without its network, a node's address may be somebody else's by now.
      if (!network) throw errorWithCode('ENETUNREACH');
      opening ??= openDialer(engine, network, tunnelId).catch((cause: unknown) => {
        opening = undefined;
        throw cause;
      });
      return (await opening).connect(host, port, timeoutMs);
    },
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
  const addresses = new Map(nodes.map(({ name, host, port }) => [name, { host, port }]));
  try {
    return await use({ name: state.name, addresses, dialer, nodes: async () => nodes });
  } finally {
    dialer.close();
  }
}

export function unroutableError({ gateway }: EngineNetwork): DevnetError {
  return new DevnetError(
    'engine_unroutable',
    `this machine is not on the devnet's network (it does not have the address ${gateway})`,
    { hint: "it was brought up on the engine's machine, without a tunnel: bring it up from here, or run this there" },
  );
}

/**
 * Returns whether this machine has an address. It tries to bind it, since os.networkInterfaces() leaves out a bridge without
 * containers, and to connect to it, since a machine without any network can bind any address.
 */
export async function isLocalAddress(address: string): Promise<boolean> {
  const server = createServer((socket) => socket.destroy()).listen(0, address);
  try {
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const socket = connect({ host: address, port });
    try {
      await once(socket, 'connect');
      return true;
    } finally {
      socket.destroy();
    }
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'EADDRNOTAVAIL' || code === 'ENETUNREACH' || code === 'EHOSTUNREACH') return false;
    throw cause;
  } finally {
    server.close();
  }
}
