import { setTimeout as wait } from 'node:timers/promises';
import type { LinkState } from '../../agents/netem/state/link-state.ts';
import type { ClientServer } from '../../agents/netem/state/shaping-plan.ts';
import { createContainer, inspectContainer, startContainer } from '../../engine/containers.ts';
import type { Engine } from '../../engine/engine.ts';
import { execWithInput } from '../../engine/exec.ts';
import { ensureNetemImage } from '../../engine/images/netem-image.ts';
import type { EngineNetwork } from '../../engine/networks.ts';
import type { ActiveLinkConditions } from '../../network/fault.ts';
import { DevnetError } from '../../shared/errors.ts';
import type { Topology } from '../../topology/index.ts';
import { readLastLines } from '../logs/container-exit.ts';
import { labelsFor, netemContainerName } from '../state/labels.ts';
import type { NetworkState } from '../state/network-state.ts';
import { macAddressOf } from '../state/subnet.ts';

/** How long the program may take to listen, and between two questions whether it does, milliseconds. */
const START_TIMEOUT_MS = 10_000;
const POLL_INTERVAL_MS = 50;

/** The program in the image, see docker/netem. */
const AGENT_COMMAND = ['node', '/devnet/netem.cjs'];

/**
 * Makes and starts the container that shapes and cuts links: in the network namespace of the machine that the engine runs on,
 * where the bridge is, with the right to change that network and no other.
 * @returns its id
 */
export async function createNetemContainer(engine: Engine, devnet: string, run: string): Promise<string> {
  const id = await createContainer(engine, {
    name: netemContainerName(devnet),
    image: await ensureNetemImage(engine),
    hostname: 'links',
    env: {},
    labels: labelsFor(devnet, run, 'links'),
    network: 'host',
    memory: 256 * 1024 * 1024,
    pidsLimit: 256,
    user: '0:0',
    // It keeps its state in a file, so that it goes on where it was when it is started again.
    writable: true,
    capabilities: ['NET_ADMIN'],
  });
  await startNetemContainer(engine, id);
  return id;
}

/** The links container of a devnet, made if need be, and running. */
export async function ensureNetemContainer(engine: Engine, devnet: NetworkState): Promise<string> {
  const { netemId: linksId } = devnet;
  if (linksId === undefined) return createNetemContainer(engine, devnet.name, devnet.run);
  if ((await inspectContainer(engine, linksId))?.state !== 'running') {
    await startNetemContainer(engine, linksId);
  }
  return linksId;
}

/** Starts the container and waits until its program can be asked. */
async function startNetemContainer(engine: Engine, id: string): Promise<void> {
  await startContainer(engine, id, 'the links container');
  const deadline = Date.now() + START_TIMEOUT_MS;
  for (;;) {
    try {
      await callNetemAgent(engine, id, 'show');
      return;
    } catch (failure) {
      const ended = (await inspectContainer(engine, id))?.state !== 'running';
      if (ended || Date.now() > deadline) throw ended ? await netemExitError(engine, id) : failure;
    }
    await wait(POLL_INTERVAL_MS);
  }
}

async function netemExitError(engine: Engine, id: string): Promise<DevnetError> {
  return new DevnetError('links_failed', `the container that shapes links ended:${await readLastLines(engine, id)}`, {
    hint: 'it runs in the network of the machine that the engine is on, with NET_ADMIN: does the engine allow that?',
  });
}

/** What the links are told to do now; undefined where nobody ever asked anything of them. */
export async function readLinkState(engine: Engine, devnet: NetworkState): Promise<LinkState | undefined> {
  if (devnet.netemId === undefined) return undefined;
  const id = await ensureNetemContainer(engine, devnet);
  return (await callNetemAgent<{ state: LinkState | null }>(engine, id, 'show')).state ?? undefined;
}

/** All that the links container tells of itself: what it is asked for, and what of it is in the kernel. */
export async function readNetemReport(engine: Engine, devnet: NetworkState): Promise<object | undefined> {
  if (devnet.netemId === undefined) return undefined;
  return callNetemAgent(engine, await ensureNetemContainer(engine, devnet), 'show');
}

/**
 * Has a state carried out, whole: afterwards nothing is left of the one before.
 * @returns the pairs of addresses whose connections are to go through the links container, and did not before: one that
 *   stands is reset by its next packet, unless it is dialed anew, see {@link redial}
 */
export async function applyLinkState(engine: Engine, id: string, state: LinkState): Promise<ClientServer[]> {
  return (await callNetemAgent<{ fresh: ClientServer[] }>(engine, id, 'apply', state)).fresh;
}

/** Takes every rule and queue of this devnet out of the kernel. */
export async function clearLinkState(engine: Engine, devnet: NetworkState): Promise<void> {
  if (devnet.netemId === undefined) return;
  await callNetemAgent(engine, await ensureNetemContainer(engine, devnet), 'clear');
}

/** A state of a devnet's links with nothing asked of them but what its topology declares. */
export function declaredLinkState(
  topology: Topology,
  network: EngineNetwork,
  addresses: ReadonlyMap<string, string>,
): LinkState {
  const address = (name: string) => addresses.get(name) as string;
  return {
    devnet: topology.name,
    bridge: `br-${network.id.slice(0, 12)}`,
    gateway: network.gateway,
    nodes: topology.nodes.map(({ name, port }) => ({
      name,
      address: address(name),
      port,
      mac: macAddressOf(address(name)),
    })),
    shaping: topology.shaping ?? 'auto',
    conditions: (topology.conditions ?? []).map((condition) => ({
      ...condition,
      from: address(condition.from),
      to: address(condition.to),
    })),
    cuts: [],
    messageFaults: [],
  };
}

/** What is asked of every pair of nodes of which anything is. */
export async function readLinkConditions(engine: Engine, devnet: NetworkState): Promise<ActiveLinkConditions[]> {
  const state = await readLinkState(engine, devnet);
  if (!state) return devnet.topology?.conditions ?? [];
  const names = new Map(state.nodes.map(({ name, address }) => [address, name]));
  const held = new Map<string, ActiveLinkConditions>();
  const at = (from: string, to: string): ActiveLinkConditions => {
    const made = held.get(`${from} ${to}`) ?? { from: names.get(from) ?? from, to: names.get(to) ?? to };
    held.set(`${from} ${to}`, made);
    return made;
  };
  for (const condition of state.conditions) {
    const { from, to, ...quality } = condition;
    Object.assign(at(from, to), quality);
  }
  for (const { fault, from, to } of state.cuts) {
    for (const a of from) for (const b of to) if (a !== b) at(a, b).cut = fault;
  }
  return [...held.values()];
}

type NetemReply = { ok: true } | { ok: false; error: string; hint?: string };

async function callNetemAgent<T>(engine: Engine, id: string, command: string, state?: LinkState): Promise<T> {
  const input = state === undefined ? '' : JSON.stringify(state);
  const { code, stdout, stderr } = await execWithInput(engine, id, [...AGENT_COMMAND, command], input);
  let answer: NetemReply | undefined;
  try {
    answer = JSON.parse(stdout) as NetemReply;
  } catch {
    // It ended before it could say why in its own words: its standard error has them.
  }
  if (answer?.ok) return answer as T;
  throw new DevnetError(
    'links_failed',
    `the links could not be changed: ${answer?.error ?? `${stderr.trim()} (exit ${code})`}`,
    {
      hint: answer?.hint ?? 'devnet logs shows what the links container wrote',
    },
  );
}
