import type { Engine } from '../engine/engine.ts';
import { imageId } from '../engine/images.ts';
import { engineSubnets } from '../engine/networks.ts';
import { heldNodeImage } from '../engine/node-image.ts';
import { DevnetError } from '../errors.ts';
import type { Topology } from '../topology/index.ts';
import { type Check, judgeHost, readHost } from './host-limits.ts';
import { hostSubnets } from './host-routes.ts';
import { imageIds } from './images.ts';
import type { Present } from './plan.ts';
import { findPresent } from './present.ts';
import { formatSubnet, freeSubnets, overlaps, parseSubnet, type Subnet } from './subnet.ts';

export type { Check } from './host-limits.ts';

/** What `up` would find, without touching anything. */
export interface Preflight {
  checks: Check[];
  /** What runs of this devnet, for the plan to start from. */
  present: Present | undefined;
}

/** Looks at the machine, the engine's images and networks, and at what runs under this name. */
export async function preflight(engine: Engine, topology: Topology): Promise<Preflight> {
  const bundled = await heldNodeImage(engine);
  const ids = await imageIds(engine, topology, bundled);
  const [host, images, { check: name, present }] = await Promise.all([
    readHost(),
    checkImages(engine, topology, bundled),
    checkName(engine, topology, ids),
  ]);
  const subnet = present?.observed.network ? [] : [await checkSubnet(engine, topology)];
  return { checks: [...judgeHost(topology, host), ...subnet, ...images, name], present };
}

async function checkImages(engine: Engine, topology: Topology, bundled: string | undefined): Promise<Check[]> {
  const named = [...new Set(topology.nodes.flatMap(({ image }) => image ?? []))];
  const checks = await Promise.all(
    named.map(async (image): Promise<Check> => {
      if (await imageId(engine, image)) return { what: 'image', verdict: 'fine', found: `${image} is on the engine` };
      const fix = `docker build -t ${image} … , or docker load it, if no registry has it`;
      return { what: 'image', verdict: 'warns', found: `${image} is not on the engine: it will be pulled`, fix };
    }),
  );
  if (topology.nodes.every(({ image }) => image !== undefined)) return checks;
  const found = bundled === undefined ? 'the bundled node is to be built' : `${bundled} is on the engine`;
  return [...checks, { what: 'image', verdict: 'fine', found }];
}

async function checkName(
  engine: Engine,
  topology: Topology,
  ids: Present['images'],
): Promise<{ check: Check; present: Present | undefined }> {
  const what = 'name';
  try {
    const present = await findPresent(engine, topology.name, ids);
    const found = present ? `"${topology.name}" runs: up changes it` : `"${topology.name}" is free`;
    return { check: { what, verdict: 'fine', found }, present };
  } catch (cause) {
    if (!(cause instanceof DevnetError) || cause.code !== 'name_taken') throw cause;
    const fix = cause.hint === undefined ? {} : { fix: cause.hint };
    return { check: { what, verdict: 'fails', found: cause.message, ...fix }, present: undefined };
  }
}

async function checkSubnet(engine: Engine, { network, nodes }: Topology): Promise<Check> {
  const what = 'subnet';
  const taken = [...(await engineSubnets(engine)).flatMap((text) => parseSubnet(text) ?? []), ...(await hostSubnets())];
  if (network.subnet === undefined) {
    const free = freeSubnets(nodes.length, taken).next().value;
    return free
      ? { what, verdict: 'fine', found: `${formatSubnet(free)} is free` }
      : {
          what,
          verdict: 'fails',
          found: `no private one for ${nodes.length} nodes is free`,
          fix: 'docker network prune removes unused networks',
        };
  }
  const other = taken.find((one) => overlaps(one, parseSubnet(network.subnet as string) as Subnet));
  return other
    ? {
        what,
        verdict: 'fails',
        found: `${network.subnet} overlaps ${formatSubnet(other)}`,
        fix: 'take `subnet` out of the file, or name another',
      }
    : { what, verdict: 'fine', found: `${network.subnet} is free` };
}
