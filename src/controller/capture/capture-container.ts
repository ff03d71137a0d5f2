import { randomBytes } from 'node:crypto';
import type { Engine } from '../../engine/connection/engine.ts';
import { createContainer, removeContainer, startAttachedContainer } from '../../engine/containers.ts';
import { type ExecSession, openExecSession } from '../../engine/exec.ts';
import { ensureCaptureImage } from '../../engine/images/capture-image.ts';
import type { CapturedPart, CaptureOptions } from '../../network/running-network.ts';
import { DevnetError } from '../../shared/errors.ts';
import { captureContainerName, labelsFor } from '../state/labels.ts';
import type { NetworkState } from '../state/network-state.ts';
import { readCapture } from './read-capture.ts';

const CAPTURE_COMMAND = ['node', '/devnet/capture.cjs'];
/** Waits until its standard input ends, which this process holds open. */
const WAITING = 'waiting';
const WAIT_COMMAND = ['node', '-e', `process.stdin.resume(); console.log('${WAITING}')`];

/**
 * Captures packets from a container in the network namespace of the engine's machine, where the bridge is. The container ends with the capture or with this process, whichever is first.
 * @throws DevnetError `usage` for a filter that is not valid, `image_missing` where there is no tcpdump, `engine_failed`
 */
export async function captureInContainer(
  engine: Engine,
  { name, run, network }: NetworkState,
  { filter, signal }: CaptureOptions,
): Promise<AsyncIterable<CapturedPart>> {
  if (!network) throw new DevnetError('no_such_devnet', `"${name}" has no network on the engine any more`);
  const image = await ensureCaptureImage(engine);
  const id = await createContainer(engine, {
    name: captureContainerName(name, randomBytes(4).toString('hex')),
    image,
    entrypoint: WAIT_COMMAND,
    hostname: 'capture',
    env: {},
    labels: labelsFor(name, run, 'capture'),
    network: 'host',
    memory: 256 * 1024 * 1024,
    pidsLimit: 64,
    user: '0:0',
    writable: false,
    // tcpdump changes its user in any case: from root to root.
    capabilities: ['NET_RAW', 'SETGID', 'SETUID'],
    attached: true,
  });
  try {
    const { connection } = await startAttachedContainer(engine, id, 'the capture agent', WAITING);
    const session = await openExecSession(engine, id, CAPTURE_COMMAND);
    const task = { bridge: network.bridge, subnet: network.subnet, ...(filter === undefined ? {} : { filter }) };
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
