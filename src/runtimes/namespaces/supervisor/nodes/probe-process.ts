import type { Probe } from '../../../../controller/inspect/probe.ts';
import type { RunningNode } from '../../../../network/running-network.ts';
import { openChildSession } from '../../child-session.ts';
import type { Programs } from '../../supervisor-protocol.ts';
import type { NodeProcess } from './node-process.ts';

/** Returns a probe that runs beside a node, in its network namespace. Nothing runs until a task does. */
export function startProbe(node: RunningNode, process: NodeProcess, { probe }: Programs): Probe {
  return { node, open: async () => openChildSession(process.exec(probe)), remove: async () => {} };
}
