import { remainsHint } from '../../controller/lifecycle/current-state.ts';
import { down } from '../../controller/lifecycle/down.ts';
import { describeFallback, type Reaper, startReaper } from '../../controller/lifecycle/reaper/reaper.ts';
import { up } from '../../controller/lifecycle/up.ts';
import { describeRemovedRules, removeStaleRules } from '../../controller/links/leftover-rules.ts';
import { assertEngineSupports, runtimeOf } from '../../controller/state/engine-support.ts';
import { type NetworkState, observe, observeAll } from '../../controller/state/network-state.ts';
import { connectEngine, type Engine } from '../../engine/connection/engine.ts';
import { measureClockOffset } from '../../engine/connection/measure-clock-offset.ts';
import type { FoundNetwork, Runtime, StartedNetwork, StartOptions } from '../../network/runtime.ts';
import { DevnetError } from '../../shared/errors.ts';
import { type ClockOffset, describeClockDifference } from '../../shared/time/clock-offset.ts';
import type { Topology } from '../../topology/index.ts';
import { ContainerNetwork, summarize } from './container-network.ts';

/** Connects to the user's engine. @throws DevnetError `engine_missing`, `engine_denied`, `engine_too_old`, `engine_gone` */
export async function connectContainerRuntime(): Promise<Runtime> {
  return containerRuntime(await connectEngine());
}

/**
 * Removes the rules that networks left in the kernel which were removed by hand, with their netem agents.
 * @returns a sentence that says whose they were; undefined where there were none
 */
export async function removeRulesWithoutNetwork(): Promise<string | undefined> {
  const devnets = await removeStaleRules(await connectEngine());
  return devnets.length === 0 ? undefined : describeRemovedRules(devnets);
}

/**
 * Returns the runtime whose nodes are containers on an engine, where everything is that it knows of a network. Of the networks
 * of a swarm, an engine without the swarm's hosts finds only what is on itself.
 */
export function containerRuntime(engine: Engine): Runtime {
  return {
    name: runtimeOf(engine),
    version: `${engine.flavour} ${engine.version}`,
    assertSupports: (requirements) => assertEngineSupports(engine, requirements),
    start: (topology, options) => startContainerNetwork(engine, topology, options),
    find: async (name) => {
      const states = name === undefined ? await observeAll(engine) : [await observe(engine, name)];
      let offset: Promise<ClockOffset> | undefined;
      const clock = () => {
        offset ??= measureClockOffset(engine);
        return offset;
      };
      return states.flatMap((state) => (state ? toFoundNetwork(engine, state, clock) : []));
    },
    lock: async (name) => {
      // The engine makes only one reaper of a name. It goes with the process that holds it, even one killed by SIGKILL.
      const { hosts: _, ...own } = engine;
      const reaper = await startReaper(own, name);
      return () => reaper.cancel();
    },
  };
}

export interface StartContainerOptions extends StartOptions {
  /** With `ownedByProcess`, called with the reaper of a new network before anything else of it exists. */
  onReaperStarted?: (reaper: Reaper) => void;
}

/**
 * Brings a topology up in containers; where a network of its name runs, applies the difference. Returns once every link
 * was read back from the nodes.
 * @throws DevnetError what `up` throws
 */
export async function startContainerNetwork(
  engine: Engine,
  topology: Topology,
  options: StartContainerOptions = {},
): Promise<StartedNetwork> {
  const { timeoutMs, signal, keepOnFailure = false, ownedByProcess = false, onFailed, onProgress } = options;
  let reaper: Reaper | undefined;
  const onReaperStarted = (started: Reaper) => {
    reaper = started;
    options.onReaperStarted?.(started);
  };
  try {
    const {
      devnet,
      steps,
      drift,
      notes: notesOfUp,
    } = await up(engine, topology, {
      keep: keepOnFailure,
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
      ...(signal ? { signal } : {}),
      ...(onProgress ? { onProgress } : {}),
      ...(ownedByProcess ? { onReaperStarted } : {}),
      onFailed: async (cause) => {
        const left = onFailed && (await observe(engine, topology.name));
        if (left) await onFailed(cause, new ContainerNetwork(engine, topology, left));
      },
    });
    const network = new ContainerNetwork(engine, topology, devnet, reaper);
    const fallback = reaper?.fallback ? describeFallback(reaper.fallback) : [];
    const notes = [...fallback, ...notesOfUp, ...describeHosts(engine)];
    return { network, steps, drift, ...(notes.length > 0 ? { notes } : {}) };
  } catch (cause) {
    await (keepOnFailure ? reaper?.cancel() : reaper?.release());
    // What failed before there was anything to take down.
    await engine.hosts?.removeUnused().catch(() => {});
    throw cause;
  }
}

/** Says which hosts of a swarm take no nodes, and why, and whose clocks differ. */
function describeHosts({ hosts }: Engine): string[] {
  return (hosts?.list() ?? []).flatMap(({ name, engine, clockAheadMs = 0 }) => {
    if ('unavailable' in engine) return [`the host ${name} takes no nodes: ${engine.unavailable}`];
    return describeClockDifference(name, clockAheadMs, 'the manager') ?? [];
  });
}

function toFoundNetwork(engine: Engine, state: NetworkState, clock: () => Promise<ClockOffset>): FoundNetwork {
  return {
    ...summarize(state),
    attach: async () => {
      if (state.topology) return new ContainerNetwork(engine, state.topology, state);
      throw new DevnetError('no_such_devnet', `only remains of the network "${state.name}" are left`, {
        hint: remainsHint(engine, state.name),
      });
    },
    clockOffset: clock,
    remove: () => down(engine, state),
  };
}
