import { setTimeout as wait } from 'node:timers/promises';
import type { Engine } from '../../engine/connection/engine.ts';
import { engineOn, findHost } from '../../engine/connection/engine-hosts.ts';
import { startContainer, unpauseContainer } from '../../engine/container-lifecycle.ts';
import { createContainer, inspectContainer, listContainers, removeContainer } from '../../engine/containers.ts';
import { ensureNetemImage } from '../../engine/images/netem-image.ts';
import { listVolumes } from '../../engine/volumes.ts';
import { DevnetError, describeError } from '../../shared/errors.ts';
import { readLastLines } from '../logs/container-exit.ts';
import { LABEL, labelsFor, linkStateVolumeName, netemContainerName, SWARM_LABELS } from '../state/labels.ts';
import { type NetworkState, observe } from '../state/network-state.ts';
import { overlayNamespacesMount } from '../state/overlay-mount.ts';
import { readAgentState, type VersionedLinkState } from './netem-agent.ts';

/** Time for a started agent to answer, on a busy machine too. */
const START_TIMEOUT_MS = 30_000;
const POLL_INTERVAL_MS = 50;
/** Of an agent that crashed. One that cannot run at all is soon left to the next command, which says why. */
const MAX_RESTARTS = 5;

/** The netem agent of a network, which shapes and cuts its links. */
export interface NetemAgent {
  /** Id of its container. */
  id: string;
  /** Its state when it was asked. */
  current: VersionedLinkState;
}

/** The network that an agent is for. */
export interface NetemNetwork extends Pick<NetworkState, 'name' | 'run' | 'netemId'> {
  /** In a swarm, the host that the agent is for, and the id of the overlay network. Absent: the engine's machine. */
  overlay?: { host: string; networkId: string };
}

/**
 * Returns a network's netem agent once it answers. It is created, started or unpaused where need be, and replaced where it
 * cannot be started; its state is in a volume, so nothing is lost with a container.
 * @throws DevnetError `links_failed` with its last lines, `no_such_devnet` when the network was removed meanwhile
 */
export async function ensureNetemAgent(engine: Engine, network: NetemNetwork): Promise<NetemAgent> {
  let id = network.netemId ?? (await createNetemContainer(engine, network));
  let created = network.netemId === undefined;
  let started = false;
  // Its image may have been built first, so the time begins here, and again with each start.
  let deadline = Date.now() + START_TIMEOUT_MS;
  for (;;) {
    try {
      return { id, current: await readAgentState(engine, id) };
    } catch (failure) {
      const state = (await inspectContainer(engine, id))?.state;
      if (state === 'running' || state === 'restarting') {
        if (Date.now() > deadline) throw netemSilentError(network.name, failure);
      } else if (state === undefined || started) {
        if (created && started) throw await netemExitError(engine, id);
        await removeContainer(engine, id);
        id = await createNetemContainer(engine, network);
        [created, started] = [true, false];
      } else if (state === 'paused') {
        await unpauseContainer(engine, id, 'the netem agent');
      } else {
        // Why it cannot be started is in its last lines, or in the error of the one that replaces it.
        await startContainer(engine, id, 'the netem agent').catch((cause: unknown) => {
          if (created) throw cause;
        });
        started = true;
        deadline = Date.now() + START_TIMEOUT_MS;
      }
    }
    await wait(POLL_INTERVAL_MS);
  }
}

/** Returns whether a network has a netem agent, or had one that somebody removed: its volume is left, and its rules. */
export async function hasNetemAgent(engine: Engine, { run, netemId, netemIds }: NetworkState): Promise<boolean> {
  if (netemId !== undefined || netemIds.size > 0) return true;
  return (await listVolumes(engine, `${LABEL.run}=${run}`, `${LABEL.role}=links`)).length > 0;
}

/**
 * Creates the container of a network's netem agent, in the network namespace of the engine's machine, where the bridge is.
 * NET_ADMIN is its only capability. On a host of a swarm it is on the overlay network itself, so that Docker makes the namespace
 * of the bridge before the first node is there, and it enters that, which takes SYS_ADMIN too.
 * @returns its id; that of another process's, where it was faster
 */
async function createNetemContainer(engine: Engine, { name, run, overlay }: NetemNetwork): Promise<string> {
  const labels = {
    ...labelsFor(name, run, 'links'),
    ...(overlay ? { ...SWARM_LABELS, [LABEL.host]: overlay.host } : {}),
  };
  const image = await ensureNetemImage(engine);
  if (overlay) await engine.hosts?.copyImage(image, [overlay.host]);
  const deadline = Date.now() + START_TIMEOUT_MS;
  for (;;) {
    try {
      const id = await createContainer(engine, {
        name: netemContainerName(name),
        image,
        hostname: 'links',
        env: { DEVNET_NETWORK: name },
        labels,
        ...(overlay ? inOverlay(engine, overlay) : { network: 'host', capabilities: ['NET_ADMIN'] }),
        memory: 256 * 1024 * 1024,
        pidsLimit: 256,
        user: '0:0',
        writable: false,
        // Links that its proxy shapes are broken while it does not run.
        maxRestarts: MAX_RESTARTS,
        volume: { name: linkStateVolumeName(name, run), labels, to: '/run/devnet' },
      });
      await assertNetworkExists(engine, name, run, id);
      return id;
    } catch (cause) {
      if (!(cause instanceof DevnetError) || cause.code !== 'name_taken') throw cause;
      const others = await listContainers(engine, `${LABEL.name}=${name}`, `${LABEL.role}=links`);
      const other = others.find(({ host }) => host === (overlay ? overlay.host : undefined));
      if (other?.labels[LABEL.run] === run) return other.id;
      // An engine gives a name away before it lists the container; if that fails, the name is free again.
      if (other !== undefined || Date.now() > deadline) throw cause;
    }
    await wait(POLL_INTERVAL_MS);
  }
}

function inOverlay(engine: Engine, { host, networkId }: NonNullable<NetemNetwork['overlay']>) {
  return {
    host,
    command: ['enter', networkId, 'serve'],
    network: { on: networkId },
    mounts: [overlayNamespacesMount(engineOn(findHost(engine, host)))],
    capabilities: ['NET_ADMIN', 'SYS_ADMIN'],
  };
}

/** Removes an agent that was created while another process removed its network, which would not find it. */
async function assertNetworkExists(engine: Engine, name: string, run: string, agentId: string): Promise<void> {
  const found = await observe(engine, name);
  // Its own container is found too.
  if (found?.run === run && found.recordIds.length + found.networks.length > 0) return;
  await removeContainer(engine, agentId);
  throw new DevnetError('no_such_devnet', `"${name}" was taken down meanwhile`);
}

function netemSilentError(name: string, cause: unknown): DevnetError {
  const message = `the netem agent runs, but does not answer after ${START_TIMEOUT_MS / 1_000} s: ${describeError(cause)}`;
  const hint = `docker logs ${netemContainerName(name)} shows its output; docker rm -f ${netemContainerName(name)} has the next command replace it`;
  return new DevnetError('links_failed', message, { hint, cause });
}

async function netemExitError(engine: Engine, id: string): Promise<DevnetError> {
  return new DevnetError('links_failed', `the netem agent ended:${await readLastLines(engine, id)}`, {
    hint: engine.hosts
      ? 'the engine must allow a container with NET_ADMIN and SYS_ADMIN; docs/swarm.md'
      : 'the engine must allow a container in its host network with NET_ADMIN',
  });
}
