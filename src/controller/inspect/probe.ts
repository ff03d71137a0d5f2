import type { ProbeResult, ProbeTask } from '../../agents/probe/probe-task.ts';
import type { ExecSession } from '../../engine/exec.ts';
import type { RunningNode } from '../../network/running-network.ts';
import { DevnetError } from '../../shared/errors.ts';
import { JsonLinesParser } from '../../shared/files/json-lines.ts';

/** A probe agent in a node's network namespace, which measures its links as the node has them. */
export interface Probe {
  readonly node: RunningNode;
  /** Starts the agent's program. @throws DevnetError `engine_failed` */
  open(): Promise<ExecSession>;
  remove(): Promise<void>;
}

/** A running task of a probe. */
export interface ProbeRun {
  /** Resolves once the task listens, or has ended. */
  ready: Promise<void>;
  result: Promise<ProbeResult>;
}

/** Runs a task in a probe. A task that fails says why in `error` of its result. */
export async function runProbe({ open, node }: Probe, task: ProbeTask): Promise<ProbeRun> {
  const session = await open();
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
