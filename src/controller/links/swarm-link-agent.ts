import type { VersionedLinkState } from '../../agents/netem/link-controller.ts';
import type { LinkState } from '../../agents/netem/state/link-state.ts';
import type { Engine, EngineHost } from '../../engine/connection/engine.ts';
import { engineOn, leadingHost } from '../../engine/connection/engine-hosts.ts';
import { DevnetError, describeError } from '../../shared/errors.ts';
import { isBehind, type LinkHost, stateForHost, stateOfNetwork, versionOf } from './host-states.ts';
import type { AppliedLinkState, LinkAgent, LinkedNetwork, MissedHost } from './link-access.ts';
import { applyLinkState, readAgentReport, readAgentState } from './netem-agent.ts';
import { ensureNetemAgent } from './netem-container.ts';

/** The netem agent of one host. */
interface HostNetemAgent {
  host: LinkHost;
  /** Id of its container. */
  id: string;
  current: VersionedLinkState;
}

/**
 * Returns an agent that stands for those of all hosts. The one on the manager decides between changes that are made at the same
 * time; the others get what it has applied. An agent that has missed a state, as that of a host that was away, is sent it now.
 * @throws DevnetError `links_failed` when the manager's own does not answer, `no_such_devnet`
 */
export async function openSwarmLinkAgent(engine: Engine, network: LinkedNetwork): Promise<LinkAgent> {
  const { agents, missed } = await openHostAgents(engine, network);
  const [leader, ...followers] = agents;
  const newest = agents.reduce((a, b) => (versionOf(b.current) > versionOf(a.current) ? b : a));
  let version = versionOf(newest.current);
  const state = newest.current.state && stateOfNetwork(newest.current.state, newest.host);
  const stateFor = (state: LinkState, { host }: HostNetemAgent) => stateForHost(state, version, host, network.hosts);
  const proxied = new Map(
    agents.flatMap(({ current }) => (current.proxied ?? []).map((pair) => [`${pair.from} ${pair.to}`, pair])),
  );
  if (state) {
    const behind = agents.filter((agent) => isBehind(agent.current, stateFor(state, agent)));
    await Promise.all(
      behind.map(async (agent) => {
        try {
          await applyLinkState(engine, agent.id, stateFor(state, agent));
        } catch (cause) {
          if (agent === leader) throw cause;
          missed.push({ name: agent.host.name, reason: describeError(cause) });
        }
      }),
    );
    if (behind.includes(leader)) leader.current = await readAgentState(engine, leader.id);
  }

  /** Sends a state to the agents of all other hosts. */
  const applyOnFollowers = (next: LinkState) =>
    Promise.all(
      followers.map(async (agent) => {
        try {
          const applied = await applyLinkState(engine, agent.id, stateFor(next, agent));
          // A newer one there was made from this one.
          return { agent, applied: 'conflict' in applied ? undefined : applied };
        } catch (cause) {
          return { agent, cause };
        }
      }),
    );

  const apply = async (next: LinkState, revision?: string): ReturnType<LinkAgent['apply']> => {
    version++;
    const own = await applyLinkState(engine, leader.id, stateFor(next, leader), revision);
    if ('conflict' in own) {
      const { state: other, ...rest } = own.conflict;
      version = versionOf(own.conflict);
      if (revision === undefined) return apply(next);
      return { conflict: { ...rest, state: other && stateOfNetwork(other, leader.host) } };
    }
    const outcomes = await applyOnFollowers(next);
    const refusal = outcomes.find(({ cause }) => cause !== undefined && !isUnreachable(cause));
    const results = [own, ...outcomes.flatMap(({ applied }) => applied ?? [])];
    const mixed = refusal ? undefined : describeMixedKernels([own, ...outcomes.map(({ applied }) => applied)], agents);
    if (refusal || mixed) {
      await undo();
      throw refusal ? nameHost(refusal.agent.host, refusal.cause) : mixed;
    }
    const unreachable = outcomes.flatMap(({ agent, cause }) =>
      cause === undefined ? [] : [{ name: agent.host.name, reason: describeError(cause) }],
    );
    return mergeResults(results, [...missed, ...unreachable]);
  };

  /** Restores the state before one that some host has refused. */
  const undo = async () => {
    version++;
    const before = state ?? undefined;
    if (before === undefined) return;
    await applyLinkState(engine, leader.id, stateFor(before, leader));
    await applyOnFollowers(before);
  };

  const current = { state, revision: leader.current.revision, proxied: [...proxied.values()] };
  return { current, apply, ...(missed.length > 0 ? { missed } : {}) };
}

/** Returns the report of each host's agent, by host. */
export async function readSwarmReport(engine: Engine, network: LinkedNetwork): Promise<object> {
  const { agents } = await openHostAgents(engine, network);
  const reports = agents.map(async ({ host, id }) => [host.name, await readAgentReport(engine, id)] as const);
  return { hosts: Object.fromEntries(await Promise.all(reports)) };
}

/** Opens the agents of the manager, which comes first, and of all hosts with nodes. */
async function openHostAgents(
  engine: Engine,
  { name, run, network, netemIds, hosts }: LinkedNetwork,
): Promise<{ agents: [HostNetemAgent, ...HostNetemAgent[]]; missed: MissedHost[] }> {
  if (!network) throw new DevnetError('no_such_devnet', `"${name}" has no network on the engine any more`);
  const leading = leadingHost(engine) as EngineHost;
  const used = new Set(hosts.values());
  const missed: MissedHost[] = [];
  const open = async (host: EngineHost): Promise<HostNetemAgent> => {
    engineOn(host);
    const overlay = { host: host.name, networkId: network.id };
    const { id, current } = await ensureNetemAgent(engine, { name, run, netemId: netemIds.get(host.name), overlay });
    netemIds.set(host.name, id);
    return { host: { name: host.name, clockAheadMs: host.clockAheadMs ?? 0 }, id, current };
  };
  const others = (engine.hosts?.list() ?? []).filter((host) => host.name !== leading.name && used.has(host.name));
  const [first, ...rest] = await Promise.all([
    open(leading),
    ...others.map((host) =>
      open(host).catch((cause: unknown) => {
        const reason = 'unavailable' in host.engine ? host.engine.unavailable : describeError(cause);
        missed.push({ name: host.name, reason });
        return undefined;
      }),
    ),
  ]);
  return { agents: [first as HostNetemAgent, ...rest.filter((agent) => agent !== undefined)], missed };
}

const isUnreachable = (cause: unknown): boolean =>
  cause instanceof DevnetError && ['engine_gone', 'engine_missing'].includes(cause.code);

function nameHost({ name }: LinkHost, cause: unknown): DevnetError {
  const { code, hint } = cause instanceof DevnetError ? cause : { code: 'links_failed' as const, hint: undefined };
  return new DevnetError(code, `${name}: ${describeError(cause)}`, { ...(hint ? { hint } : {}), cause });
}

/**
 * Returns an error where the kernels of some hosts can apply a condition and those of others cannot: then it would be applied
 * twice, or not at all.
 */
function describeMixedKernels(
  results: readonly (AppliedLinkState | undefined)[],
  agents: readonly HostNetemAgent[],
): DevnetError | undefined {
  const byProxy = agents.filter((_, index) => (results[index]?.proxied.length ?? 0) > 0);
  const byKernel = agents.filter((_, index) => results[index]?.proxied.length === 0);
  if (byProxy.length === 0 || byKernel.length === 0) return undefined;
  const names = (list: readonly HostNetemAgent[]) => list.map(({ host }) => host.name).join(', ');
  return new DevnetError(
    'links_failed',
    `the kernel of ${names(byProxy)} has no sch_netem, and that of ${names(byKernel)} has: they would not do the same`,
    { hint: '"shaping: relay" in the topology has all hosts use the proxy' },
  );
}

function mergeResults(results: readonly AppliedLinkState[], missed: readonly MissedHost[]): AppliedLinkState {
  const [{ proxied }] = results as [AppliedLinkState];
  const unsaved = results.find((result) => result.unsaved !== undefined)?.unsaved;
  return {
    fresh: results.flatMap(({ fresh }) => fresh),
    proxied,
    foreign: results.flatMap(({ foreign = [] }) => foreign),
    ...(unsaved === undefined ? {} : { unsaved }),
    ...(missed.length > 0 ? { missed } : {}),
  };
}
