import type { Engine } from '../../engine/connection/engine.ts';
import { readEngineFeatures } from '../../engine/connection/engine-features.ts';
import { measureClockOffset } from '../../engine/connection/measure-clock-offset.ts';
import { findImageId } from '../../engine/images/images.ts';
import { findLocalNodeImage } from '../../engine/images/node-image.ts';
import { topologyRequirements, UnsupportedError } from '../../network/capabilities.ts';
import { type ActiveLinkConditions, PROXY_LIMITATION } from '../../network/fault.ts';
import { DevnetError } from '../../shared/errors.ts';
import { formatSubnet, parseSubnet, type Subnet } from '../../shared/subnet.ts';
import { describeClockOffset } from '../../shared/time/clock-offset.ts';
import type { Topology } from '../../topology/index.ts';
import { readLinkConditions } from '../links/link-state.ts';
import { addressesInSwarm } from '../state/address-plan.ts';
import { assertEngineSupports } from '../state/engine-support.ts';
import { explainNoFreeSubnet, findSubnetConflict, readUsedSubnets, unusedSubnets } from './choose-subnet.ts';
import { type CurrentState, readCurrentState } from './current-state.ts';
import { checkHostResources, type PreflightCheck, readHostResources } from './host-limits.ts';
import { resolveImageIds } from './images.ts';

export type { PreflightCheck } from './host-limits.ts';

/** Checks of what `up` depends on. */
export interface PreflightResult {
  checks: PreflightCheck[];
  /** State that the plan starts from; undefined for a new network. */
  currentState: CurrentState | undefined;
}

/**
 * Checks the machine, the engine's images and subnets, and the network's name. Changes nothing.
 * @throws DevnetError `engine_failed`
 */
export async function preflight(engine: Engine, topology: Topology): Promise<PreflightResult> {
  const bundled = await findLocalNodeImage(engine);
  const ids = await resolveImageIds(engine, topology, bundled);
  const [host, clock, features, images, { check: name, current }] = await Promise.all([
    engine.hosts ? [] : checkHostResources(topology, await readHostResources()),
    checkClock(engine),
    checkFeatures(engine, topology),
    checkImages(engine, topology, bundled),
    checkNetworkName(engine, topology, ids),
  ]);
  const subnet = current?.networkState.network ? [] : [await checkSubnet(engine, topology)];
  const active = current ? await readLinkConditions(engine, current.networkState) : [];
  return {
    checks: [...host, ...clock, ...features, ...subnet, ...images, ...describeShaping(topology, active), name],
    currentState: current,
  };
}

/** Warns of an engine whose clock is off, since times in the log are by it. */
async function checkClock(engine: Engine): Promise<PreflightCheck[]> {
  const { offsetMs } = await measureClockOffset(engine);
  const found = describeClockOffset(offsetMs);
  const fix = "set both clocks, as by NTP; times in the log are the engine's";
  return found === undefined ? [] : [{ what: 'clock', verdict: 'warns', found, fix }];
}

/** Checks what not every engine can do. */
async function checkFeatures(engine: Engine, topology: Topology): Promise<PreflightCheck[]> {
  const { limits, description, alternative } = await readEngineFeatures(engine);
  const fix = `use ${alternative}: docs/engines.md`;
  try {
    await assertEngineSupports(engine, topologyRequirements(topology));
  } catch (cause) {
    if (!(cause instanceof UnsupportedError)) throw cause;
    return [{ what: 'engine', verdict: 'fails', found: cause.message, fix }];
  }
  const found = `limits of memory and processor are not in force on ${description}`;
  return limits ? [] : [{ what: 'engine', verdict: 'warns', found, fix }];
}

async function checkImages(engine: Engine, topology: Topology, bundled: string | undefined): Promise<PreflightCheck[]> {
  const declared = [...new Set(topology.nodes.flatMap(({ image }) => image ?? []))];
  const checks = await Promise.all(
    declared.map(async (image): Promise<PreflightCheck> => {
      if (await findImageId(engine, image))
        return { what: 'image', verdict: 'fine', found: `${image} is on the engine` };
      const fix = `docker pull ${image} shows whether a registry has it; docker build -t ${image} … makes it here`;
      return { what: 'image', verdict: 'warns', found: `${image} is not on the engine: it will be pulled`, fix };
    }),
  );
  if (topology.nodes.every(({ image }) => image !== undefined)) return checks;
  const found = bundled === undefined ? 'the bundled node will be built' : `${bundled} is on the engine`;
  return [...checks, { what: 'image', verdict: 'fine', found }];
}

/**
 * Says what applies the declared link conditions, as far as that is known before the netem agent runs.
 * @param active the conditions in force, where the network runs
 */
export function describeShaping(
  { conditions, shaping }: Pick<Topology, 'conditions' | 'shaping'>,
  active: readonly ActiveLinkConditions[],
): PreflightCheck[] {
  const shaped = conditions.filter(({ delay, jitter, rate }) => delay || jitter || rate);
  if (shaped.length === 0 || shaping === 'kernel') return [];
  const what = 'link conditions';
  if (shaping === 'relay' || active.some(({ proxied }) => proxied)) {
    const fix = 'a kernel with sch_netem shapes every packet: docs/faults.md';
    return [{ what, verdict: 'warns', found: PROXY_LIMITATION, fix }];
  }
  const found = 'by the kernel where it has what they need (sch_netem, sch_htb); elsewhere by a proxy, for TCP only';
  return [{ what, verdict: 'fine', found }];
}

async function checkNetworkName(
  engine: Engine,
  topology: Topology,
  ids: CurrentState['imageIds'],
): Promise<{ check: PreflightCheck; current: CurrentState | undefined }> {
  const what = 'name';
  try {
    const current = await readCurrentState(engine, topology.name, ids);
    const found = current ? `"${topology.name}" runs: up changes it` : `"${topology.name}" is free`;
    return { check: { what, verdict: 'fine', found }, current };
  } catch (cause) {
    if (!(cause instanceof DevnetError) || cause.code !== 'name_taken') throw cause;
    const fix = cause.hint === undefined ? {} : { fix: cause.hint };
    return { check: { what, verdict: 'fails', found: cause.message, ...fix }, current: undefined };
  }
}

async function checkSubnet(engine: Engine, { network, nodes }: Topology): Promise<PreflightCheck> {
  const used = await readUsedSubnets(engine);
  const addresses = engine.hosts ? addressesInSwarm(nodes.length) : nodes.length;
  const free = network.subnet === undefined ? unusedSubnets(addresses, used).next().value : parseSubnet(network.subnet);
  const refusal =
    network.subnet === undefined
      ? free
        ? undefined
        : explainNoFreeSubnet(nodes.length, used)
      : findSubnetConflict(network.subnet, used);
  const what = 'subnet';
  if (refusal) return { what, verdict: 'fails', found: refusal.message, fix: refusal.hint };
  return { what, verdict: 'fine', found: `${formatSubnet(free as Subnet)} is free` };
}
