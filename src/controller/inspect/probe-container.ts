import type { ProbeResult, ProbeTask } from '../../agents/probe/probe-task.ts';
import { removeContainer } from '../../engine/containers.ts';
import type { Engine } from '../../engine/engine.ts';
import { type ExecSession, openExecSession } from '../../engine/exec.ts';
import { DevnetError } from '../../shared/errors.ts';
import { JsonLinesParser } from '../../shared/json-lines.ts';
import { startIdleContainer } from '../peers/idle-container.ts';
import { labelsFor, probeContainerName } from '../state/labels.ts';
import type { NetworkState, ObservedNode } from '../state/network-state.ts';

const PROBE_COMMAND = ['node', '/devnet/probe.cjs'];

/** A probe agent in a node's network namespace, which measures its links as the node has them. */
export interface ProbeContainer {
  node: ObservedNode;
  id: string;
}

/** @throws DevnetError `engine_failed` */
export async function startProbeContainer(
  engine: Engine,
  devnet: NetworkState,
  node: ObservedNode,
): Promise<ProbeContainer> {
  const id = await startIdleContainer(engine, `the probe of ${node.name}`, {
    name: probeContainerName(devnet.name, node.name),
    hostname: 'probe',
    labels: labelsFor(devnet.name, devnet.run, 'probe'),
    network: { of: node.containerId },
  });
  return { node, id };
}

export async function removeProbeContainer(engine: Engine, { id }: ProbeContainer): Promise<void> {
  await removeContainer(engine, id);
}

/** A running task of a probe. */
export interface ProbeRun {
  /** Resolves once the task listens, or has ended. */
  ready: Promise<void>;
  result: Promise<ProbeResult>;
}

/** Runs a task in a probe. A task that fails says why in `error` of its result. */
export async function runProbe(engine: Engine, { id, node }: ProbeContainer, task: ProbeTask): Promise<ProbeRun> {
  const session: ExecSession = await openExecSession(engine, id, PROBE_COMMAND);
  const parser = new JsonLinesParser<ProbeResult>();
  const collected: ProbeResult = {};
  let onReady = () => {};
  const ready = new Promise<void>((resolve) => {
    onReady = resolve;
  });
  const result = new Promise<ProbeResult>((resolve, reject) => {
    session.onOutput((chunk) => {
      for (const part of parser.push(chunk)) Object.assign(collected, part);
      if (collected.ready) onReady();
    });
    session.onEnd((failure) => {
      onReady();
      if (failure) reject(new DevnetError('engine_failed', `the probe of ${node.name} was lost: ${failure.message}`));
      else resolve(collected);
    });
  });
  session.write(Buffer.from(JSON.stringify(task)));
  session.end();
  return { ready, result };
}
