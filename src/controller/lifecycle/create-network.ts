import type { Engine } from '../../engine/engine.ts';
import { createNetwork, type EngineNetwork, listSubnets } from '../../engine/networks.ts';
import { DevnetError } from '../../shared/errors.ts';
import { formatSubnet, overlaps, parseSubnet, type Subnet } from '../../shared/subnet.ts';
import type { Topology } from '../../topology/model/topology.ts';
import { labelsFor, networkName } from '../state/labels.ts';
import { freeSubnets, gatewayAddress } from '../state/subnet.ts';
import { listHostSubnets } from './host-subnets.ts';

/** Subnets lost to others between choosing and making before giving up: more than devnets ever start at once. */
const MAX_SUBNET_ATTEMPTS = 32;

/**
 * The devnet's bridge network, on the declared subnet or on one that is free here and on the engine.
 * @throws DevnetError `subnet_taken`
 */
export async function createNodeNetwork(engine: Engine, topology: Topology, run: string): Promise<EngineNetwork> {
  const [engines, host] = await Promise.all([listSubnets(engine), listHostSubnets()]);
  const { subnet, internal } = topology.network;
  const make = (chosen: Subnet) =>
    createNetwork(engine, {
      name: networkName(topology.name),
      subnet: formatSubnet(chosen),
      gateway: gatewayAddress(chosen),
      internal,
      labels: labelsFor(topology.name, run, 'network'),
    });
  return subnet === undefined
    ? createWithFreeSubnet(
        topology.nodes.length,
        [...engines.flatMap((text) => parseSubnet(text) ?? []), ...host],
        make,
      )
    : createWithDeclaredSubnet(subnet, host, make);
}

async function createWithDeclaredSubnet(
  text: string,
  host: Subnet[],
  make: (subnet: Subnet) => Promise<EngineNetwork>,
): Promise<EngineNetwork> {
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

async function createWithFreeSubnet(
  nodes: number,
  taken: Subnet[],
  make: (subnet: Subnet) => Promise<EngineNetwork>,
): Promise<EngineNetwork> {
  let lost: unknown;
  let tries = 0;
  for (const subnet of freeSubnets(nodes, taken)) {
    try {
      return await make(subnet);
    } catch (failure) {
      const retry = failure instanceof DevnetError && failure.code === 'subnet_taken' && ++tries < MAX_SUBNET_ATTEMPTS;
      if (!retry) throw failure;
      lost = failure;
    }
  }
  throw new DevnetError('subnet_taken', `no private subnet for ${nodes} nodes is free on this machine`, {
    hint: 'docker network prune removes unused networks; `subnet` in the file names one',
    cause: lost,
  });
}
