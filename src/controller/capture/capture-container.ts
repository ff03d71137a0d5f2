import { randomBytes } from 'node:crypto';
import { OVERLAY_BRIDGE } from '../../agents/overlay/overlay-namespace.ts';
import type { Engine } from '../../engine/connection/engine.ts';
import { engineOn, findHost, reachableEngines } from '../../engine/connection/engine-hosts.ts';
import { createContainer, removeContainer, startAttachedContainer } from '../../engine/containers.ts';
import { type ExecSession, openExecSession } from '../../engine/exec.ts';
import { ensureCaptureImage } from '../../engine/images/capture-image.ts';
import type { CapturedPart, CaptureOptions } from '../../network/running-network.ts';
import { DevnetError } from '../../shared/errors.ts';
import { captureContainerName, labelsFor } from '../state/labels.ts';
import type { NetworkState } from '../state/network-state.ts';
import { overlayNamespacesMount } from '../state/overlay-mount.ts';
import { mergeCaptures } from './merge-captures.ts';
import { readCapture } from './read-capture.ts';

const CAPTURE_COMMAND = ['node', '/devnet/capture.cjs'];
const WAITING = 'waiting';
/** tcpdump changes its user in any case: from root to root. */
const CAPABILITIES = ['NET_RAW', 'SETGID', 'SETUID'];
/**
 * Waits until its standard input ends, which this process holds open. The first process of a container ignores SIGTERM without a
 * listener.
 */
const WAIT_COMMAND = [
  'node',
  '-e',
  `process.stdin.resume(); process.on('SIGTERM', () => process.stdin.destroy()); console.log('${WAITING}')`,
];

/**
 * Captures packets from a container in the network namespace of the engine's machine, where the bridge is; in a swarm, from one on
 * each host with nodes. The containers end with the capture or with this process, whichever is first.
 * @throws DevnetError `usage` for a filter that is not valid, `image_missing` where there is no tcpdump, `engine_failed`
 */
export async function captureInContainers(
  engine: Engine,
  devnet: NetworkState,
  options: CaptureOptions,
): Promise<AsyncIterable<CapturedPart>> {
  const image = await ensureCaptureImage(engine);
  if (!engine.hosts) return captureInContainer(engine, devnet, image, options);
  // The namespace of the bridge is where a node runs.
  const used = new Set(devnet.nodes.flatMap(({ host, state }) => (host && state === 'running' ? [host] : [])));
  const hosts = reachableEngines(engine).flatMap(({ host }) => (host && used.has(host.name) ? [host] : []));
  await engine.hosts.copyImage(image, [...used]);
  const ending = new AbortController();
  const end = () => ending.abort();
  options.signal.addEventListener('abort', end, { once: true });
  if (options.signal.aborted) end();
  try {
    const captures = hosts.map(async ({ name, clockAheadMs = 0 }) => ({
      source: { name, clockAheadMs },
      parts: await captureInContainer(engine, devnet, image, { ...options, signal: ending.signal }, name),
    }));
    return mergeCaptures(await Promise.all(captures), end);
  } catch (cause) {
    end();
    throw cause;
  }
}

async function captureInContainer(
  engine: Engine,
  { name, run, network }: NetworkState,
  image: string,
  { filter, signal }: CaptureOptions,
  host?: string,
): Promise<AsyncIterable<CapturedPart>> {
  if (!network) throw new DevnetError('no_such_devnet', `"${name}" has no network on the engine any more`);
  const id = await createContainer(engine, {
    name: captureContainerName(name, randomBytes(4).toString('hex')),
    image,
    entrypoint: WAIT_COMMAND,
    hostname: 'capture',
    env: {},
    labels: labelsFor(name, run, 'capture'),
    memory: 256 * 1024 * 1024,
    pidsLimit: 64,
    user: '0:0',
    writable: false,
    ...(host === undefined
      ? { network: 'host', capabilities: CAPABILITIES }
      : {
          host,
          mounts: [overlayNamespacesMount(engineOn(findHost(engine, host)))],
          capabilities: [...CAPABILITIES, 'SYS_ADMIN'],
        }),
    attached: true,
  });
  try {
    const { connection } = await startAttachedContainer(engine, id, 'the capture agent', WAITING);
    const session = await openExecSession(engine, id, CAPTURE_COMMAND);
    const { bridge, subnet } = network;
    const place = host === undefined ? { bridge } : { bridge: OVERLAY_BRIDGE, overlayId: network.id };
    const task = { ...place, subnet, ...(filter === undefined ? {} : { filter }) };
    return await readCapture(
      closingToo(session, () => connection.destroy()),
      task,
      signal,
    );
  } catch (cause) {
    await removeContainer(engine, id);
    throw cause;
  }
}

/** Returns a session that also calls `onClose` when it is closed. */
function closingToo(session: ExecSession, onClose: () => void): ExecSession {
  const close = () => {
    session.close();
    onClose();
  };
  return { ...session, close };
}
