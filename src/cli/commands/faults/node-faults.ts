import type { Fault, HostFault } from '../../../network/fault.ts';
import { attachNetwork } from '../../../runtimes/find-networks.ts';
import { DevnetError } from '../../../shared/errors.ts';
import { selectNodes } from '../../input/select-network.ts';
import { writeToStderr } from '../../output/format.ts';
import { appendToJournal, type FaultOptions, runFaultCommand } from './inject-and-report.ts';

type NodeFaultKind = 'kill' | 'stop' | 'pause' | 'restart';
type MessageAction = Extract<Fault, { kind: 'messages' }>['action'];

interface SqueezeOptions extends FaultOptions {
  /** Cores. */
  cpus?: number;
  /** Bytes. */
  memory?: number;
}

interface MessagesOptions extends FaultOptions {
  type?: string;
  probability?: number;
  /** Seconds. */
  by: number;
}

const runNodeFault = (kind: NodeFaultKind) => (node: string, options: FaultOptions) =>
  runFaultCommand([node], options, ([name]) => ({ kind, node: name }));

/** The commands on one node, by name. */
export const nodeFaults = {
  kill: runNodeFault('kill'),
  stop: runNodeFault('stop'),
  pause: runNodeFault('pause'),
  restart: runNodeFault('restart'),
  unpause: runUnpause,
  squeeze: runSqueeze,
};

async function runUnpause(target: string, options: { name?: string }): Promise<void> {
  const { name, words } = selectNodes([target], options.name);
  const node = words[0] as string;
  const network = await attachNetwork(name);
  await network.unpause(node);
  appendToJournal(network, { event: 'fault_healed', fault: node });
  writeToStderr(`${node} continues`);
}

function runSqueeze(node: string, { cpus, memory, ...options }: SqueezeOptions): Promise<void> {
  if (cpus === undefined && memory === undefined) {
    throw new DevnetError('usage', 'nothing to limit: give --cpus or --memory', {
      hint: `devnet squeeze ${node} --cpus 0.1 --memory 32m`,
    });
  }
  return runFaultCommand([node], options, ([name]) => ({
    kind: 'squeeze',
    node: name,
    ...(cpus === undefined ? {} : { cpus }),
    ...(memory === undefined ? {} : { memory }),
  }));
}

export function runHost(host: string, action: HostFault['action'], options: FaultOptions): Promise<void> {
  return runFaultCommand([host], options, ([name]) => ({ kind: 'host', host: name, action }));
}

export function runMessages(
  sender: string,
  receiver: string,
  action: MessageAction,
  { type, probability, by, ...options }: MessagesOptions,
): Promise<void> {
  return runFaultCommand([sender, receiver], options, ([from, to]) => ({
    kind: 'messages',
    from,
    to,
    action,
    ...(type === undefined ? {} : { type }),
    ...(probability === undefined ? {} : { probability }),
    ...(action === 'delay' ? { delay: by * 1_000 } : {}),
  }));
}
