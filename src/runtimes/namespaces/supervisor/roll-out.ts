import { availableParallelism } from 'node:os';
import { setTimeout as wait } from 'node:timers/promises';
import pLimit from 'p-limit';
import { PeerSeeder } from '../../../controller/lifecycle/peer-seeder.ts';
import type { ChangeOptions } from '../../../network/control-socket/changeable-network.ts';
import { type Drift, findDrift, hasNoDrift } from '../../../network/links/drift.ts';
import { namesByAddress } from '../../../network/node-names.ts';
import type { PlanStep } from '../../../network/plan-step.ts';
import { notVerifiedError } from '../../../network/reconcile/not-verified-error.ts';
import type { RunningNetwork } from '../../../network/running-network.ts';
import { DevnetError } from '../../../shared/errors.ts';
import { raceSignal } from '../../../shared/time/race-signal.ts';
import type { TopologyNode } from '../../../topology/index.ts';
import type { NetworkDevices } from './network-devices.ts';
import type { NodeSlot, NodeSlots } from './nodes/node-slots.ts';

/** Longest wait for a node to log that it listens, milliseconds: a program of somebody else may not. */
const MAX_ANNOUNCEMENT_WAIT_MS = 150;
/** Nodes of a core that start at the same time. With more, all would listen late, and links would be seeded only then. */
const MAX_STARTING_PER_CORE = 3;

/** Parts of a network that a rollout acts on. Its bridge is there, and its cables are there or being made. */
export interface RolloutTargets {
  network: Pick<RunningNetwork, 'dialer' | 'addresses' | 'topology'>;
  subnet: string;
  devices: NetworkDevices;
  slots: NodeSlots;
  applyDeclaredConditions: () => Promise<void>;
}

/**
 * Carries out the steps of a plan: sets the conditions of links, starts nodes, seeds their links and verifies them.
 * @throws DevnetError `node_died`, `node_silent`, `not_verified`
 */
export async function rollOut(
  { network, subnet, devices, slots, applyDeclaredConditions }: RolloutTargets,
  steps: readonly PlanStep[],
  { timeoutMs, signal, onProgress }: ChangeOptions,
): Promise<Drift> {
  onProgress({ step: 'network', subnet, internal: true });
  const failure = new AbortController();
  const failed = AbortSignal.any([signal, failure.signal]);
  slots.onDeath = (error) => failure.abort(error);
  const { links } = network.topology;
  const seeder = new PeerSeeder(network, links, steps, timeoutMs, failed, onProgress);
  try {
    if (steps.some((step) => step.do === 'set conditions')) {
      await devices.made();
      await applyDeclaredConditions();
    }
    const nodesOf = (task: PlanStep['do']) =>
      new Set(steps.flatMap((step) => (step.do === task && 'node' in step ? step.node : [])));
    const [made, paused] = [nodesOf('make node'), nodesOf('unpause node')];
    let started = 0;
    const limit = pLimit(MAX_STARTING_PER_CORE * availableParallelism());
    const startNode = async (slot: NodeSlot) => {
      await devices.made(slot.declared.name);
      failed.throwIfAborted();
      slots.start(slot);
      onProgress({ step: 'started', done: ++started });
      await Promise.race([slot.listening, wait(MAX_ANNOUNCEMENT_WAIT_MS, undefined, { ref: false })]);
    };
    const listening = slots.all.map(async (slot) => {
      const { name } = slot.declared;
      if (made.has(name)) await limit(startNode, slot);
      else if (paused.has(name)) slot.process?.unpause();
      if (await seeder.waitUntilListening(name, false)) return;
      throw silentError(slot.declared, timeoutMs, slots.lastLines(name));
    });
    await raceSignal(Promise.all(listening), failed);
    const reports = await raceSignal(seeder.verified(), failed);
    const drift = findDrift(links, namesByAddress(network), reports);
    if (hasNoDrift(drift)) return drift;
    throw notVerifiedError(drift, timeoutMs, '--timeout SECONDS waits longer');
  } finally {
    slots.onDeath = undefined;
    seeder.close();
  }
}

function silentError({ name, port }: TopologyNode, timeoutMs: number, lastLines: string): DevnetError {
  const seconds = timeoutMs / 1_000;
  return new DevnetError(
    'node_silent',
    `${name} runs, but nothing listens on its port ${port} after ${seconds} s${lastLines}`,
    { hint: `check \`port\` of ${name} in the topology; --timeout SECONDS waits longer` },
  );
}
