import { DevnetError } from '../shared/errors.ts';
import { poll, sleep } from '../shared/time/poll.ts';
import type { Engine } from './connection/engine.ts';
import { httpStatusOf, toEngineError, wrapEngineErrors } from './connection/engine-error.ts';
import { containerHandle, engineOf } from './connection/engine-hosts.ts';
import { type ContainerState, isStopped, parseContainerState } from './container-state.ts';

// An engine may answer before its list of containers has the new state: Docker 26 and 28 list a killed container as running
// for up to 25 ms, Podman 5 for up to 300 ms. Whoever reads the list next would take a dead node for a running one, so each
// function here returns when the list has the state.

/** Time for the engine's list to have a state that the engine has confirmed. */
const STATE_TIMEOUT_MS = 10_000;
const STATE_POLL_INTERVAL_MS = 5;
const NEVER = new AbortController().signal;

/**
 * Time in which a container must freeze. The runtime gives up after about 50 ms when a process of the container starts another
 * one or a thread meanwhile, thaws the container and leaves it to the caller to try again (opencontainers/runc, pull request 4388).
 */
const FREEZE_TIMEOUT_MS = 10_000;
const FREEZE_RETRY_INTERVAL_MS = 50;

/** The container already has the state. */
const NOT_MODIFIED = 304;

/** Starts a container; one that runs is left as it is. @param name for the error message only */
export async function startContainer(engine: Engine, id: string, name: string): Promise<void> {
  // Not waited for: all engines list a container as running before they answer, and `up` starts many.
  await wrapEngineErrors(`start ${name}`, () => unlessNotModified(containerHandle(engine, id).start()));
}

/** Sends SIGKILL, and returns when the container has ended. @param name for the error message only */
export function killContainer(engine: Engine, id: string, name: string): Promise<void> {
  const kill = () => containerHandle(engine, id).kill({ signal: 'SIGKILL' });
  return changeState(engine, id, `kill ${name}`, isStopped, kill);
}

/**
 * Sends SIGTERM, and SIGKILL after the grace period; returns when the container has ended. One that has ended already is left
 * as it is.
 * @param name for the error message only
 */
export function stopContainer(engine: Engine, id: string, name: string, graceSeconds: number): Promise<void> {
  return changeState(engine, id, `stop ${name}`, isStopped, async () => {
    const container = containerHandle(engine, id);
    // Podman refuses to stop a paused container; the frozen program could not end by itself either.
    if (engine.flavour === 'podman' && (await readState(engine, id)) === 'paused') await container.unpause();
    await unlessNotModified(container.stop({ t: graceSeconds }));
  });
}

/** Freezes a container's processes. @param name for the error message only */
export function pauseContainer(engine: Engine, id: string, name: string): Promise<void> {
  const isPaused = (state: ContainerState | undefined) => state === 'paused';
  return changeState(engine, id, `pause ${name}`, isPaused, () =>
    untilFrozen(() => containerHandle(engine, id).pause()),
  );
}

async function untilFrozen(pause: () => Promise<unknown>): Promise<void> {
  const signal = AbortSignal.timeout(FREEZE_TIMEOUT_MS);
  for (;;) {
    try {
      await pause();
      return;
    } catch (cause) {
      if (signal.aborted || !/unable to freeze/i.test(String(cause))) throw cause;
      await sleep(FREEZE_RETRY_INTERVAL_MS, NEVER);
    }
  }
}

/** @param name for the error message only */
export function unpauseContainer(engine: Engine, id: string, name: string): Promise<void> {
  const isUnpaused = (state: ContainerState | undefined) => state !== 'paused';
  return changeState(engine, id, `unpause ${name}`, isUnpaused, () => containerHandle(engine, id).unpause());
}

/**
 * Sends a request that changes a container's state, and waits until the engine lists it in such a state.
 * @param task for error messages: `kill n3`
 * @throws DevnetError `engine_failed`
 */
async function changeState(
  engine: Engine,
  id: string,
  task: string,
  isReached: (state: ContainerState | undefined) => boolean,
  request: () => Promise<unknown>,
): Promise<void> {
  try {
    await request();
  } catch (cause) {
    throw await stateConflictError(engine, id, task, cause);
  }
  const result = await poll(() => readState(engine, id), isReached, {
    timeoutMs: STATE_TIMEOUT_MS,
    intervalMs: STATE_POLL_INTERVAL_MS,
    signal: NEVER,
    isFatal: () => true,
  });
  if (result.met) return;
  throw new DevnetError(
    'engine_failed',
    `could not ${task}: the engine confirmed it, and ${STATE_TIMEOUT_MS / 1_000} s later still lists it as ${result.last}`,
    { hint: 'restart the engine, then run devnet heal' },
  );
}

/** Says in which state the container is, where that is why the engine refused; each engine has words and codes of its own. */
async function stateConflictError(engine: Engine, id: string, task: string, cause: unknown): Promise<DevnetError> {
  const failure = toEngineError(cause, task);
  if (failure.code !== 'engine_failed' || ![409, 500].includes(httpStatusOf(cause) ?? 0)) return failure;
  const state = await readState(engine, id).catch(() => undefined);
  const isRefused = /not running|not paused|already paused|only kill running|state improper/i.test(failure.message);
  if (!isRefused || state === undefined) return failure;
  return new DevnetError('engine_failed', `could not ${task}: it is ${state}`, { cause });
}

/** Returns a container's state as the engine lists it; undefined when it is gone. */
async function readState(engine: Engine, id: string): Promise<ContainerState | undefined> {
  const [found] = await wrapEngineErrors('list a container', () =>
    engineOf(engine, id).docker.listContainers({ all: true, filters: { id: [id] } }),
  );
  return found && parseContainerState(found.State);
}

async function unlessNotModified(request: Promise<unknown>): Promise<void> {
  try {
    await request;
  } catch (cause) {
    if (httpStatusOf(cause) !== NOT_MODIFIED) throw cause;
  }
}
