import type { Engine } from '../../engine/connection/engine.ts';
import { removeContainer } from '../../engine/containers.ts';
import { openExecSession } from '../../engine/exec.ts';
import { startIdleContainer } from '../peers/idle-container.ts';
import { labelsFor, probeContainerName } from '../state/labels.ts';
import type { NetworkState, ObservedNode } from '../state/network-state.ts';
import type { Probe } from './probe.ts';

const PROBE_COMMAND = ['node', '/devnet/probe.cjs'];

/** Starts the container of a probe. @throws DevnetError `engine_failed` */
export async function startProbeContainer(engine: Engine, devnet: NetworkState, node: ObservedNode): Promise<Probe> {
  const id = await startIdleContainer(engine, `the probe of ${node.name}`, {
    name: probeContainerName(devnet.name, node.name),
    ...(node.host === undefined ? {} : { host: node.host }),
    hostname: 'probe',
    labels: labelsFor(devnet.name, devnet.run, 'probe'),
    network: { of: node.containerId },
  });
  return {
    node: { name: node.name, state: node.state, host: node.address, port: node.port },
    open: () => openExecSession(engine, id, PROBE_COMMAND),
    remove: () => removeContainer(engine, id),
  };
}
