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
import { macAddressOf } from '../state/address-plan.ts';
import { labelsFor, netemContainerName } from '../state/labels.ts';
import type { NetworkState } from '../state/network-state.ts';

/** Time for the agent to listen. */
const START_TIMEOUT_MS = 10_000;
const POLL_INTERVAL_MS = 50;

/** Asks the agent, see docker/netem. */
const AGENT_COMMAND = ['node', '/devnet/netem.cjs'];

/**
 * Creates and starts the netem agent, which shapes and cuts links, in the network namespace of the engine's machine, where the
 * bridge is. NET_ADMIN is its only capability.
 * @returns its container's id
 * @throws DevnetError `links_failed` with its last lines
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
    // It keeps its state in a file, for when it is restarted.
    writable: true,
    capabilities: ['NET_ADMIN'],
  });
  await startNetemContainer(engine, id);
  return id;
}

/** Creates or starts the netem agent of a network where it does not run. @returns its container's id */
export async function ensureNetemContainer(engine: Engine, devnet: NetworkState): Promise<string> {
  const { netemId } = devnet;
  if (netemId === undefined) return createNetemContainer(engine, devnet.name, devnet.run);
  if ((await inspectContainer(engine, netemId))?.state !== 'running') await startNetemContainer(engine, netemId);
  return netemId;
}

async function startNetemContainer(engine: Engine, id: string): Promise<void> {
  await startContainer(engine, id, 'the netem agent');
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
  return new DevnetError('links_failed', `the netem agent ended:${await readLastLines(engine, id)}`, {
    hint: 'the engine must allow a container in its host network with NET_ADMIN',
  });
}

/** Returns the link state in force; undefined where the network has no netem agent. */
export async function readLinkState(engine: Engine, devnet: NetworkState): Promise<LinkState | undefined> {
  if (devnet.netemId === undefined) return undefined;
  const id = await ensureNetemContainer(engine, devnet);
  return (await callNetemAgent<{ state: LinkState | null }>(engine, id, 'show')).state ?? undefined;
}

/** Returns the netem agent's report: its link state, and its rules and queues in the kernel. */
export async function readNetemReport(engine: Engine, devnet: NetworkState): Promise<object | undefined> {
  if (devnet.netemId === undefined) return undefined;
  return callNetemAgent(engine, await ensureNetemContainer(engine, devnet), 'show');
}

/**
 * Applies a link state in place of the one before.
 * @returns the pairs of addresses whose connections must pass through the agent's proxy and did not before: the next packet on
 *   such a connection resets it, unless it is reconnected first, see `reconnectLinks`
 * @throws DevnetError `links_failed`
 */
export async function applyLinkState(engine: Engine, id: string, state: LinkState): Promise<ClientServer[]> {
  return (await callNetemAgent<{ fresh: ClientServer[] }>(engine, id, 'apply', state)).fresh;
}

/** Removes every rule and queue of a network from the kernel. */
export async function clearLinkState(engine: Engine, devnet: NetworkState): Promise<void> {
  if (devnet.netemId === undefined) return;
  await callNetemAgent(engine, await ensureNetemContainer(engine, devnet), 'clear');
}

/** Returns the link state that a topology declares, without faults. */
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

/** Returns the link conditions in force, nodes by name. Pairs of nodes without any are omitted. */
export async function readLinkConditions(engine: Engine, devnet: NetworkState): Promise<ActiveLinkConditions[]> {
  const state = await readLinkState(engine, devnet);
  if (!state) return devnet.topology?.conditions ?? [];
  const names = new Map(state.nodes.map(({ name, address }) => [address, name]));
  const active = new Map<string, ActiveLinkConditions>();
  const at = (from: string, to: string): ActiveLinkConditions => {
    const found = active.get(`${from} ${to}`) ?? { from: names.get(from) ?? from, to: names.get(to) ?? to };
    active.set(`${from} ${to}`, found);
    return found;
  };
  for (const { from, to, ...conditions } of state.conditions) Object.assign(at(from, to), conditions);
  for (const { fault, from, to } of state.cuts) {
    for (const a of from) for (const b of to) if (a !== b) at(a, b).cut = fault;
  }
  return [...active.values()];
}

type NetemReply = { ok: true } | { ok: false; error: string; hint?: string };

async function callNetemAgent<T>(engine: Engine, id: string, command: string, state?: LinkState): Promise<T> {
  const input = state === undefined ? '' : JSON.stringify(state);
  const { code, stdout, stderr } = await execWithInput(engine, id, [...AGENT_COMMAND, command], input);
  let reply: NetemReply | undefined;
  try {
    reply = JSON.parse(stdout) as NetemReply;
  } catch {
    // It ended without a reply; the reason is in its standard error.
  }
  if (reply?.ok) return reply as T;
  throw new DevnetError(
    'links_failed',
    `the links could not be changed: ${reply?.error ?? `${stderr.trim()} (exit ${code})`}`,
    { hint: reply?.hint ?? "devnet logs shows the netem agent's output" },
  );
}
