import type { ProbeResult, ProbeTask } from '../../agents/probe/probe-task.ts';
import { createContainer, removeContainer, startContainer } from '../../engine/containers.ts';
import type { Engine } from '../../engine/engine.ts';
import { type ExecSession, openExecSession } from '../../engine/exec.ts';
import { ensureNodeImage } from '../../engine/images/node-image.ts';
import { DevnetError } from '../../shared/errors.ts';
import { labelsFor, probeContainerName } from '../state/labels.ts';
import type { NetworkState, ObservedNode } from '../state/network-state.ts';

const PROBE_COMMAND = ['node', '/devnet/probe.cjs'];

/** A container in the network of a node, from which its links are measured as it has them. */
export interface ProbeContainer {
  node: ObservedNode;
  id: string;
}

export async function startProbeContainer(
  engine: Engine,
  devnet: NetworkState,
  node: ObservedNode,
): Promise<ProbeContainer> {
  const image = await ensureNodeImage(engine);
  const id = await createContainer(engine, {
    name: probeContainerName(devnet.name, node.name),
    image: image.reference,
    entrypoint: ['node', '-e', 'setInterval(() => {}, 2 ** 30)'],
    hostname: 'probe',
    env: {},
    labels: labelsFor(devnet.name, devnet.run, 'probe'),
    network: { of: node.containerId },
    memory: 128 * 1024 * 1024,
    pidsLimit: 128,
    user: '1000:1000',
    writable: false,
    capabilities: [],
  });
  await startContainer(engine, id, `a probe beside ${node.name}`);
  return { node, id };
}

export async function removeProbeContainer(engine: Engine, { id }: ProbeContainer): Promise<void> {
  await removeContainer(engine, id);
}

/** A task that a probe is at. */
export interface ProbeRun {
  /** Resolves once it listens, where it is to. */
  ready: Promise<void>;
  result: Promise<ProbeResult>;
}

/** Has a probe carry out a task. The result says in `error` why it could not. */
export async function runProbe(engine: Engine, { id, node }: ProbeContainer, task: ProbeTask): Promise<ProbeRun> {
  const program: ExecSession = await openExecSession(engine, id, PROBE_COMMAND);
  let text = '';
  const all: ProbeResult = {};
  let isReady = () => {};
  const ready = new Promise<void>((resolve) => {
    isReady = resolve;
  });
  const result = new Promise<ProbeResult>((resolve, reject) => {
    program.onOutput((chunk) => {
      text += chunk;
      for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n')) {
        Object.assign(all, JSON.parse(text.slice(0, end)) as ProbeResult);
        text = text.slice(end + 1);
      }
      if (all.ready) isReady();
    });
    program.onEnd((failure) => {
      isReady();
      if (failure)
        reject(new DevnetError('engine_failed', `the probe beside ${node.name} was lost: ${failure.message}`));
      else resolve(all);
    });
  });
  program.write(Buffer.from(JSON.stringify(task)));
  program.end();
  return { ready, result };
}
