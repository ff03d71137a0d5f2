import { once } from 'node:events';
import { createServer } from 'node:net';
import type { Engine } from '../engine/engine.ts';
import { createNetwork, engineSubnets, type Network, removeNetwork } from '../engine/networks.ts';
import { DevnetError } from '../errors.ts';
import type { Topology } from '../topology/topology.ts';
import { hostSubnets } from './host-routes.ts';
import { labelsFor, networkName } from './labels.ts';
import { formatSubnet, freeSubnets, gatewayOf, overlaps, parseSubnet, type Subnet } from './subnet.ts';

/** Subnets lost to others between choosing and making before giving up: more than devnets ever start at once. */
const MOST_TRIES = 32;

/**
 * The devnet's bridge network, on the declared subnet or on one that is free here and on the engine.
 * @throws DevnetError `subnet_taken`, `engine_unroutable`
 */
export async function makeNetwork(engine: Engine, topology: Topology, run: string): Promise<Network> {
  const [engines, host] = await Promise.all([engineSubnets(engine), hostSubnets()]);
  const { subnet, internal } = topology.network;
  const make = (chosen: Subnet) =>
    createNetwork(engine, {
      name: networkName(topology.name),
      subnet: formatSubnet(chosen),
      gateway: gatewayOf(chosen),
      internal,
      labels: labelsFor(topology.name, run, 'network'),
    });
  const network =
    subnet === undefined
      ? await makeFree(topology.nodes.length, [...engines.flatMap((text) => parseSubnet(text) ?? []), ...host], make)
      : await makeDeclared(subnet, host, make);
  try {
    await requireRoute(network);
  } catch (failure) {
    await removeNetwork(engine, network.id);
    throw failure;
  }
  return network;
}

async function makeDeclared(
  text: string,
  host: Subnet[],
  make: (subnet: Subnet) => Promise<Network>,
): Promise<Network> {
  const subnet = parseSubnet(text);
  if (!subnet) throw new DevnetError('subnet_taken', `"${text}" is no IPv4 subnet`);
  const route = host.find((other) => overlaps(subnet, other));
  if (route) {
    throw new DevnetError(
      'subnet_taken',
      `the subnet ${text} overlaps ${formatSubnet(route)}, which this machine uses already`,
      {
        hint: 'take `subnet` out of the file to have a free one chosen, or name another',
      },
    );
  }
  return make(subnet);
}

async function makeFree(nodes: number, taken: Subnet[], make: (subnet: Subnet) => Promise<Network>): Promise<Network> {
  let lost: unknown;
  let tries = 0;
  for (const subnet of freeSubnets(nodes, taken)) {
    try {
      return await make(subnet);
    } catch (failure) {
      const retry = failure instanceof DevnetError && failure.code === 'subnet_taken' && ++tries < MOST_TRIES;
      if (!retry) throw failure;
      lost = failure;
    }
  }
  throw new DevnetError('subnet_taken', `no private subnet for ${nodes} nodes is free on this machine`, {
    hint: 'docker network prune removes unused networks; `subnet` in the file names one',
    cause: lost,
  });
}

/** The controller talks to nodes from its own address on their bridge: without one it cannot reach them. */
async function requireRoute({ gateway }: Network): Promise<void> {
  if (await isOwnAddress(gateway)) return;
  throw new DevnetError(
    'engine_unroutable',
    `the engine's networks are not on this machine (it does not have the address ${gateway})`,
    {
      hint: "run devnet on the engine's own Linux machine: engines in a virtual machine or behind DOCKER_HOST are not supported yet",
    },
  );
}

/** Whether this machine has an address. Asked by binding to it: a bridge without containers is not among os.networkInterfaces(). */
async function isOwnAddress(address: string): Promise<boolean> {
  const server = createServer().listen(0, address);
  try {
    await once(server, 'listening');
    return true;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EADDRNOTAVAIL') return false;
    throw cause;
  } finally {
    server.close();
  }
}
