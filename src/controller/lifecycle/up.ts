import { randomUUID } from 'node:crypto';
import type { Engine } from '../../engine/engine.ts';
import type { NodeImage } from '../../engine/images/node-image.ts';
import type { Drift } from '../../network/drift.ts';
import { DevnetError, describeError } from '../../shared/errors.ts';
import type { Topology } from '../../topology/index.ts';
import { changeInProgressError, commitDraft, createDraftRecord, discardDraft } from '../state/network-record.ts';
import { type NetworkState, observe } from '../state/network-state.ts';
import { readCurrentState } from './current-state.ts';
import { down } from './down.ts';
import { assertHostCapacity } from './host-limits.ts';
import { ensureImages } from './images.ts';
import { type PlanStep, planRollout } from './plan.ts';
import { type Reaper, startReaper } from './reaper-container.ts';
import { rollOut } from './rollout.ts';

export interface UpOptions {
  /** How long a node may take to listen once it was started, and the links to stand once all were seeded, milliseconds. */
  timeout?: number;
  /** On failure leave what was made, to look at. */
  keep?: boolean;
  /** Its reason becomes the error; what was made is removed as after any failure. */
  signal?: AbortSignal;
  /** A new devnet is not to outlive this process: called with what sees to that, before there is anything to remove. */
  owned?: (reaper: Reaper) => void;
  /** Something that was to be new failed: called while what was made is still there. How it ends is no concern of `up`. */
  failed?: (why: Error) => Promise<unknown>;
  progress?: (step: UpStep) => void;
}

/** What `up` has just done; counts grow to the topology's, `started` to the number of nodes to make. */
export type UpStep =
  | { step: 'image'; image: NodeImage }
  /** `change`: a devnet of this name runs, and these are the steps from it to what is declared. */
  | { step: 'plan'; steps: readonly PlanStep[]; change: boolean }
  | { step: 'network'; subnet: string; internal: boolean }
  | { step: 'started'; done: number }
  | { step: 'listening'; done: number }
  | { step: 'seeded'; done: number }
  | { step: 'verified'; done: number }
  | { step: 'removing'; why: Error };

export interface UpResult {
  devnet: NetworkState;
  /** Free of differences, but it names the links that no node can vouch for. */
  drift: Drift;
  /** What was done; none where all was as declared. */
  steps: readonly PlanStep[];
}

/**
 * Brings about what a topology declares, and returns when every declared link is seen in the nodes' own answers. Where a
 * devnet of this name runs, only the difference is applied.
 * @throws DevnetError `name_taken`, `subnet_taken`, `image_missing`, `host_limit`, `node_died`, `node_silent`,
 *   `not_verified`, `engine_gone`, …; a devnet that was to be new is removed first, unless `keep`; one that was to be
 *   changed is left as far as it came
 */
export async function up(engine: Engine, topology: Topology, options: UpOptions = {}): Promise<UpResult> {
  const { name } = topology;
  const progress = options.progress ?? (() => {});
  await assertHostCapacity(topology);
  const images = await ensureImages(engine, topology, (image) => progress({ step: 'image', image }));
  options.signal?.throwIfAborted();

  const before = await observe(engine, name);
  const run = before?.run ?? randomUUID();
  // A devnet that somebody else brought up is not this process's to take along.
  if (options.owned && !before) options.owned(await startReaper(engine, run));
  const draft = await createDraftRecord(engine, topology, run, images.defaultImage);
  let present: Awaited<ReturnType<typeof readCurrentState>>;
  try {
    present = await readCurrentState(engine, name, images.idsByNode, draft.id);
    if (present && present.networkState.run !== run) throw changeInProgressError(name);
  } catch (cause) {
    await discardDraft(engine, draft);
    throw cause;
  }
  const steps = planRollout(topology, present);
  progress({ step: 'plan', steps, change: present !== undefined });
  const task = {
    topology,
    steps,
    networkState: present?.networkState,
    run,
    defaultImage: images.defaultImage,
    timeoutMs: options.timeout ?? 30_000,
  };
  try {
    const drift = await rollOut(engine, task, options.signal, progress);
    await commitDraft(engine, draft);
    const devnet = await observe(engine, name);
    if (!devnet) throw new DevnetError('engine_failed', `the devnet "${name}" was removed while it came up`);
    return { devnet, drift, steps };
  } catch (cause) {
    const why = cause instanceof Error ? cause : new Error(String(cause));
    if (!present) await options.failed?.(why).catch(() => {});
    try {
      if (present) await discardDraft(engine, draft);
      else if (options.keep) await commitDraft(engine, draft);
      else {
        progress({ step: 'removing', why });
        await removeFailedNetwork(engine, name, run);
      }
    } catch (remains) {
      throw withCleanupFailure(why, name, remains);
    }
    throw present ? partialChangeError(why, name) : why;
  }
}

async function removeFailedNetwork(engine: Engine, name: string, run: string): Promise<void> {
  const left = await observe(engine, name);
  if (left?.run === run) await down(engine, left);
}

/** The failure that counts is the first one; that cleaning up failed too only adds what is left to do. */
function withCleanupFailure(why: Error, name: string, remains: unknown): Error {
  const reason = describeError(remains);
  return rewrapError(
    why,
    `${why.message}\n  and what was made could not be removed: ${reason}`,
    `devnet down ${name}, once the engine answers`,
  );
}

function partialChangeError(why: Error, name: string): Error {
  const hint = why instanceof DevnetError && why.hint !== undefined ? `${why.hint}; ` : '';
  return rewrapError(
    why,
    why.message,
    `${hint}"${name}" is left as far as it was changed: devnet status ${name} shows it, up again goes on`,
  );
}

function rewrapError(why: Error, message: string, hint: string): Error {
  return new DevnetError(why instanceof DevnetError ? why.code : 'engine_failed', message, { hint, cause: why });
}
