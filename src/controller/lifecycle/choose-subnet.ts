import type { Engine } from '../../engine/connection/engine.ts';
import { listSubnets } from '../../engine/networks.ts';
import { formatSubnet, overlaps, parseSubnet, type Subnet } from '../../shared/subnet.ts';
import { formatList } from '../../shared/text.ts';
import { freeSubnets, PRIVATE_POOLS } from '../state/address-plan.ts';
import { type HostSubnet, listHostSubnets } from './host-subnets.ts';

/** Subnets that a new network must miss. */
export interface UsedSubnets {
  host: readonly HostSubnet[];
  /** Those of the engine's networks. */
  engine: readonly Subnet[];
}

/** Why no subnet can be used, and what to do. */
export interface SubnetRefusal {
  message: string;
  hint: string;
}

export async function readUsedSubnets(engine: Engine): Promise<UsedSubnets> {
  const [host, networks] = await Promise.all([listHostSubnets(), listSubnets(engine)]);
  return { host, engine: networks.flatMap((text) => parseSubnet(text) ?? []) };
}

/** Yields subnets with room for `nodes` nodes that neither this machine nor the engine uses. */
export function unusedSubnets(nodes: number, { host, engine }: UsedSubnets): Generator<Subnet> {
  return freeSubnets(nodes, [...engine, ...host]);
}

/** Explains why there are none: the routes of this machine leave none, or the engine's networks have taken them. */
export function explainNoFreeSubnet(nodes: number, { host }: UsedSubnets): SubnetRefusal {
  const message = `no private subnet for ${nodes} nodes is free`;
  if (freeSubnets(nodes, host).next().value === undefined) {
    const inTheWay = host.filter((subnet) => PRIVATE_POOLS.some((pool) => overlaps(pool, subnet)));
    const named = inTheWay.map((subnet) => `${formatSubnet(subnet)} (${subnet.use})`);
    return {
      message: `${message}: this machine uses ${formatList([...new Set(named)])}`,
      hint: 'ip route shows its routes: end the VPN that sets them, or make them narrower',
    };
  }
  return {
    message: `${message} beside the engine's networks`,
    hint: 'devnet ls and docker network ls show them; devnet down, or docker network rm, removes one',
  };
}

/** Returns what is wrong with a declared subnet on this machine; undefined when nothing is. */
export function findSubnetConflict(text: string, { host, engine }: UsedSubnets): SubnetRefusal | undefined {
  const subnet = parseSubnet(text);
  const hint = 'remove `subnet` from the file to have a free one chosen, or choose another';
  if (!subnet) return { message: `"${text}" is not an IPv4 subnet`, hint };
  const ofHost = host.find((one) => overlaps(subnet, one));
  if (ofHost) {
    return {
      message: `${text} overlaps ${formatSubnet(ofHost)}, which this machine uses: ${ofHost.use}`,
      hint: ofHost.use.startsWith('a route') ? `${hint}; ip route shows the route` : hint,
    };
  }
  const ofEngine = engine.find((one) => overlaps(subnet, one));
  if (!ofEngine) return undefined;
  return { message: `${text} overlaps ${formatSubnet(ofEngine)}, which a network of the engine uses`, hint };
}
