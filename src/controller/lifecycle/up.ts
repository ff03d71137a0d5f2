import { randomUUID } from 'node:crypto';
import type { Engine } from '../../engine/connection/engine.ts';
import { topologyRequirements } from '../../network/capabilities.ts';
import type { Drift } from '../../network/links/drift.ts';
import type { PlanStep } from '../../network/plan-step.ts';
import type { UpStep } from '../../network/runtime.ts';
import { DevnetError, describeError } from '../../shared/errors.ts';
import type { Topology } from '../../topology/index.ts';
import { distributeBundledImage, distributeImages } from '../placement/distribute-images.ts';
import { placeNodes } from '../placement/place-nodes.ts';
import { assertEngineSupports } from '../state/engine-support.ts';
import {
  changeInProgressError,
  commitDraft,
  createDraftRecord,
  discardDraft,
  keepFailedDraft,
} from '../state/network-record.ts';
import { type NetworkState, observe } from '../state/network-state.ts';
import { type CurrentState, readCurrentState } from './current-state.ts';
import { down } from './down.ts';
import { assertHostCapacity } from './host-limits.ts';
import { ensureImages } from './images.ts';
import { planRollout } from './plan.ts';
import { type Reaper, startReaper } from './reaper/reaper.ts';
import { rollOut } from './rollout.ts';

const DEFAULT_TIMEOUT_MS = 30_000;

/** Options of {@link up}. */
export interface UpOptions {
  /** Time without progress for nodes to listen, and for links to connect, milliseconds. @default 30,000 */
  timeoutMs?: number;
  /** Keeps a new network that failed, to look at it. @default false: it is removed */
  keep?: boolean;
  /** Aborts with its reason as the error, and cleans up as after any failure. @default none */
  signal?: AbortSignal;
  /** Ties a new network to this process: called with its reaper before anything else of the network exists. @default no reaper */
  onReaperStarted?: (reaper: Reaper) => void;
  /** Called when a new network failed, before it is removed. Its own failure is ignored. @default none */
  onFailed?: (cause: Error) => Promise<unknown>;
  /** Called after each step. @default none */
  onProgress?: (step: UpStep) => void;
}

/** Result of {@link up}. */
export interface UpResult {
  /** The network as the engine has it at the end. */
  devnet: NetworkState;
  /** Without differences; `unknown` has the links that no node reports. */
  drift: Drift;
  /** The steps that were done; none where the network was as declared. */
  steps: readonly PlanStep[];
  /** Sentences for the user: what is not as usual, and why. */
  notes: readonly string[];
}

/**
 * Brings a network up as its topology declares, and returns when the nodes report every declared link. Where a network of
 * this name exists, only the difference is applied.
 *
 * After a failure a new network is removed, unless `keep`. An existing one stays as far as it was changed: its declared
 * topology remains in force, and the one that failed is kept beside it until an `up` succeeds.
 * @throws DevnetError `host_limit`, `image_missing`, `image_failed`, `name_taken`, `subnet_taken`, `node_died`, `node_silent`,
 *   `node_unreachable`, `not_verified`, `links_failed`, `engine_gone`, `engine_failed`, …; the reason of `signal`
 */
export async function up(engine: Engine, topology: Topology, options: UpOptions = {}): Promise<UpResult> {
  const { name } = topology;
  const {
    keep = false,
    signal,
    onReaperStarted,
    onFailed,
    onProgress = () => {},
    timeoutMs = DEFAULT_TIMEOUT_MS,
  } = options;
  if (!engine.hosts) await assertHostCapacity(topology);
  await assertEngineSupports(engine, topologyRequirements(topology));
  const images = await ensureImages(engine, topology, (image) => onProgress({ step: 'image', image }));
  signal?.throwIfAborted();

  const before = await observe(engine, name);
  if (before && before.isSwarm !== (engine.hosts !== undefined)) throw otherRuntimeError(before);
  const run = before?.run ?? randomUUID();
  const hosts = await placeNodes(engine, topology, before);
  await distributeImages(engine, topology, images.defaultImage, hosts, (image, host, progress) =>
    onProgress({ step: 'image to host', image, host, ...progress }),
  );
  if (onReaperStarted && !before) await distributeBundledImage(engine);
  // A network that another process brought up does not end with this one.
  if (onReaperStarted && !before) onReaperStarted(await startReaper(engine, run));
  const draft = await createDraftRecord(engine, topology, run, images.recordImage, hosts);
  let current: CurrentState | undefined;
  try {
    current = await readCurrentState(engine, name, images.idsByNode, draft.id);
    if (current && current.networkState.run !== run) throw changeInProgressError(name);
  } catch (cause) {
    await discardDraft(engine, draft);
    throw cause;
  }
  const steps = planRollout(topology, current);
  onProgress({ step: 'plan', steps, change: current !== undefined });
  const input = {
    topology,
    steps,
    networkState: current?.networkState,
    netemAnswered: current?.links !== undefined,
    run,
    defaultImage: images.defaultImage,
    hosts,
    timeoutMs,
  };
  try {
    const { drift, notes } = await rollOut(engine, input, signal, onProgress);
    await commitDraft(engine, draft);
    const devnet = await observe(engine, name);
    if (!devnet) throw new DevnetError('engine_failed', `another process removed "${name}" while it came up`);
    return { devnet, drift, steps, notes };
  } catch (cause) {
    const why = cause instanceof Error ? cause : new Error(String(cause));
    if (!current) await onFailed?.(why).catch(() => {});
    try {
      if (current) await keepFailedDraft(engine, draft);
      else if (keep) await commitDraft(engine, draft);
      else {
        onProgress({ step: 'removing', why });
        const rest = await observe(engine, name);
        if (rest?.run === run) await down(engine, rest);
      }
    } catch (cleanupFailure) {
      throw cleanupError(why, name, cleanupFailure);
    }
    throw current ? partialChangeError(why, name) : why;
  }
}

/** Error for a name that a network of one machine has in a swarm, or the other way round. */
function otherRuntimeError({ name, isSwarm }: NetworkState): DevnetError {
  const runtime = isSwarm ? 'swarm' : 'containers';
  return new DevnetError('name_taken', `a network "${name}" is running already, on the ${runtime} runtime`, {
    hint: `devnet down ${name} removes it; --name starts another one beside it`,
  });
}

/** Adds to the failure of an `up` that cleaning up failed too. */
function cleanupError(why: Error, name: string, failure: unknown): Error {
  const message = `${why.message}\n  cleaning up failed too: ${describeError(failure)}`;
  return rewrapError(why, message, `devnet down ${name}, once the engine answers`);
}

function partialChangeError(why: Error, name: string): Error {
  const hint = why instanceof DevnetError && why.hint !== undefined ? `${why.hint}; ` : '';
  return rewrapError(
    why,
    why.message,
    `${hint}"${name}" is changed in part: devnet status ${name} compares it with both topologies, devnet up again continues`,
  );
}

function rewrapError(why: Error, message: string, hint: string): Error {
  return new DevnetError(why instanceof DevnetError ? why.code : 'engine_failed', message, { hint, cause: why });
}
