import { randomUUID } from 'node:crypto';
import type { Engine } from '../engine/engine.ts';
import type { NodeImage } from '../engine/node-image.ts';
import { DevnetError } from '../errors.ts';
import type { Topology } from '../topology/index.ts';
import { apply } from './apply.ts';
import { down } from './down.ts';
import type { Drift } from './drift.ts';
import { checkHost } from './host-limits.ts';
import { ensureImages } from './images.ts';
import { type Observed, observe } from './observe.ts';
import { planUp, type Step } from './plan.ts';
import { findPresent } from './present.ts';
import { type Reaper, startReaper } from './reaper.ts';
import { beingChanged, draftRecord, dropRecord, settleRecord } from './record.ts';

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
  | { step: 'plan'; steps: readonly Step[]; change: boolean }
  | { step: 'network'; subnet: string; internal: boolean }
  | { step: 'started'; done: number }
  | { step: 'listening'; done: number }
  | { step: 'seeded'; done: number }
  | { step: 'verified'; done: number }
  | { step: 'removing'; why: Error };

export interface UpResult {
  devnet: Observed;
  /** Free of differences, but it names the links that no node can vouch for. */
  drift: Drift;
  /** What was done; none where all was as declared. */
  steps: readonly Step[];
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
  await checkHost(topology);
  const images = await ensureImages(engine, topology, (image) => progress({ step: 'image', image }));
  options.signal?.throwIfAborted();

  const before = await observe(engine, name);
  const run = before?.run ?? randomUUID();
  // A devnet that somebody else brought up is not this process's to take along.
  if (options.owned && !before) options.owned(await startReaper(engine, run));
  const draft = await draftRecord(engine, topology, run, images.bundled);
  let present: Awaited<ReturnType<typeof findPresent>>;
  try {
    present = await findPresent(engine, name, images.ids, draft.id);
    if (present && present.observed.run !== run) throw beingChanged(name);
  } catch (cause) {
    await dropRecord(engine, draft);
    throw cause;
  }
  const steps = planUp(topology, present);
  progress({ step: 'plan', steps, change: present !== undefined });
  const task = {
    topology,
    steps,
    observed: present?.observed,
    run,
    bundled: images.bundled,
    timeout: options.timeout ?? 30_000,
  };
  try {
    const drift = await apply(engine, task, options.signal, progress);
    await settleRecord(engine, draft);
    const devnet = await observe(engine, name);
    if (!devnet) throw new DevnetError('engine_failed', `the devnet "${name}" was removed while it came up`);
    return { devnet, drift, steps };
  } catch (cause) {
    const why = cause instanceof Error ? cause : new Error(String(cause));
    if (!present) await options.failed?.(why).catch(() => {});
    try {
      if (present) await dropRecord(engine, draft);
      else if (options.keep) await settleRecord(engine, draft);
      else {
        progress({ step: 'removing', why });
        await removeAttempt(engine, name, run);
      }
    } catch (remains) {
      throw withRemains(why, name, remains);
    }
    throw present ? halfChanged(why, name) : why;
  }
}

async function removeAttempt(engine: Engine, name: string, run: string): Promise<void> {
  const left = await observe(engine, name);
  if (left?.run === run) await down(engine, left);
}

/** The failure that counts is the first one; that cleaning up failed too only adds what is left to do. */
function withRemains(why: Error, name: string, remains: unknown): Error {
  const reason = remains instanceof Error ? remains.message : String(remains);
  return restated(
    why,
    `${why.message}\n  and what was made could not be removed: ${reason}`,
    `devnet down ${name}, once the engine answers`,
  );
}

function halfChanged(why: Error, name: string): Error {
  const hint = why instanceof DevnetError && why.hint !== undefined ? `${why.hint}; ` : '';
  return restated(
    why,
    why.message,
    `${hint}"${name}" is left as far as it was changed: devnet status ${name} shows it, up again goes on`,
  );
}

function restated(why: Error, message: string, hint: string): Error {
  return new DevnetError(why instanceof DevnetError ? why.code : 'engine_failed', message, { hint, cause: why });
}
