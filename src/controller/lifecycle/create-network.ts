import type { Engine } from '../../engine/engine.ts';
import { createNetwork, type EngineNetwork, listSubnets } from '../../engine/networks.ts';
import { DevnetError } from '../../shared/errors.ts';
import { formatSubnet, overlaps, parseSubnet, type Subnet } from '../../shared/subnet.ts';
import type { Topology } from '../../topology/model/topology.ts';
import { freeSubnets, gatewayAddress } from '../state/address-plan.ts';
import { engineNetworkName, labelsFor } from '../state/labels.ts';
import { listHostSubnets } from './host-subnets.ts';

/** Subnets that other processes may take between the choice and the creation: more than networks ever start at once. */
const MAX_SUBNET_ATTEMPTS = 32;

/**
 * Creates the bridge network of a topology's nodes, on the declared subnet or on one that neither this machine nor the engine
 * uses.
 * @throws DevnetError `subnet_taken`
 */
export async function createNodeNetwork(engine: Engine, topology: Topology, run: string): Promise<EngineNetwork> {
  const { subnet: declared, internal } = topology.network;
  const create = (subnet: Subnet) =>
    createNetwork(engine, {
      name: engineNetworkName(topology.name),
      subnet: formatSubnet(subnet),
      gateway: gatewayAddress(subnet),
      internal,
      labels: labelsFor(topology.name, run, 'network'),
    });
  const used = await listHostSubnets();
  if (declared !== undefined) return create(checkDeclaredSubnet(declared, used));
  const engineSubnets = (await listSubnets(engine)).flatMap((text) => parseSubnet(text) ?? []);
  return createOnFreeSubnet(topology.nodes.length, [...engineSubnets, ...used], create);
}

/** @throws DevnetError `subnet_taken` */
function checkDeclaredSubnet(text: string, used: readonly Subnet[]): Subnet {
  const subnet = parseSubnet(text);
  if (!subnet) throw new DevnetError('subnet_taken', `"${text}" is not an IPv4 subnet`);
  const other = used.find((candidate) => overlaps(subnet, candidate));
  if (!other) return subnet;
  throw new DevnetError('subnet_taken', `the subnet ${text} overlaps ${formatSubnet(other)}, which this machine uses`, {
    hint: 'remove `subnet` from the file to have a free one chosen, or choose another',
  });
}

async function createOnFreeSubnet(
  nodes: number,
  used: readonly Subnet[],
  create: (subnet: Subnet) => Promise<EngineNetwork>,
): Promise<EngineNetwork> {
  let failure: unknown;
  let attempts = 0;
  for (const subnet of freeSubnets(nodes, used)) {
    try {
      return await create(subnet);
    } catch (cause) {
      const isTaken = cause instanceof DevnetError && cause.code === 'subnet_taken';
      if (!isTaken || ++attempts >= MAX_SUBNET_ATTEMPTS) throw cause;
      failure = cause;
    }
  }
  throw new DevnetError('subnet_taken', `no private subnet for ${nodes} nodes is free on this machine`, {
    hint: 'docker network prune removes unused networks; `subnet` in the file chooses one',
    cause: failure,
  });
}
