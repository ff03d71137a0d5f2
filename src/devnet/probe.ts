import { createContainer, removeContainer, startContainer } from '../engine/containers.ts';
import type { Engine } from '../engine/engine.ts';
import { openProgram, type Program } from '../engine/exec.ts';
import { ensureNodeImage } from '../engine/node-image.ts';
import { DevnetError } from '../errors.ts';
import type { ProbeResult, ProbeTask } from '../probe/task.ts';
import { labelsFor, probeName } from './labels.ts';
import type { Observed, ObservedNode } from './observe.ts';

const PROGRAM = ['node', '/devnet/probe.cjs'];

/** A container in the network of a node, from which its links are measured as it has them. */
export interface Probe {
  node: ObservedNode;
  id: string;
}

export async function openProbe(engine: Engine, devnet: Observed, node: ObservedNode): Promise<Probe> {
  const image = await ensureNodeImage(engine);
  const id = await createContainer(engine, {
    name: probeName(devnet.name, node.name),
    image: image.reference,
    entrypoint: ['node', '-e', 'setInterval(() => {}, 2 ** 30)'],
    hostname: 'probe',
    env: {},
    labels: labelsFor(devnet.name, devnet.run, 'probe'),
    network: { of: node.containerId },
    memory: 128 * 1024 * 1024,
    pids: 128,
    user: '1000:1000',
    writable: false,
    capabilities: [],
  });
  await startContainer(engine, id, `a probe beside ${node.name}`);
  return { node, id };
}

export async function closeProbe(engine: Engine, { id }: Probe): Promise<void> {
  await removeContainer(engine, id);
}

/** A task that a probe is at. */
export interface Probing {
  /** Resolves once it listens, where it is to. */
  ready: Promise<void>;
  result: Promise<ProbeResult>;
}

/** Has a probe carry out a task. The result says in `error` why it could not. */
export async function probe(engine: Engine, { id, node }: Probe, task: ProbeTask): Promise<Probing> {
  const program: Program = await openProgram(engine, id, PROGRAM);
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
