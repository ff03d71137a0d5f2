import { setTimeout as wait } from 'node:timers/promises';
import type { Engine } from '../../../engine/connection/engine.ts';
import { reachableEngines } from '../../../engine/connection/engine-hosts.ts';
import { DevnetError } from '../../../shared/errors.ts';
import { findEngineSockets } from './engine-socket.ts';
import { claimReaperName, holdByContainer, startOrphanGuard } from './reaper-container.ts';
import type { ReaperFallback, ReaperHold } from './reaper-hold.ts';
import { holdByProcess } from './reaper-process.ts';

/** A reaper that waits as long as this process lives and neither releases nor cancels it. */
export type Reaper = Omit<ReaperHold, 'ended'>;

/** Says who the reaper is where no container can be. */
export function describeFallback({ pid, reasons }: ReaperFallback): string[] {
  return [
    `if this command is killed, process ${pid} on this machine removes the network, unless this machine ends too:`,
    'no container reaches the socket of the engine:',
    ...reasons.map((reason) => `  ${reason}`),
  ];
}

/** Wait before a reaper that was lost is started again: the engine may be restarting. */
const REVIVAL_INTERVAL_MS = 1_000;

/**
 * Starts a reaper, which removes everything of a run once this process has ended, even by SIGKILL. It has reached the engine's
 * API when this returns. One that is lost, as when the engine restarts, is started again. Its container has the label of the
 * run but no network's name: it belongs to no network and removes itself. In a swarm, each host has one.
 * @throws DevnetError `name_taken` when the run has a reaper, `engine_failed`
 */
export async function startReaper(engine: Engine, run: string): Promise<Reaper> {
  const others = engine.hosts ? reachableEngines(engine).filter((host) => host.engine.docker !== engine.docker) : [];
  const [own, ...onOthers] = await Promise.all([
    startReaperOn(engine, run),
    ...others.map((host) => startReaperOn(host.engine, run)),
  ]);
  const all = [own, ...onOthers];
  return {
    ...own,
    release: () => {
      for (const reaper of all) reaper.release();
    },
    cancel: async () => {
      await Promise.all(all.map((reaper) => reaper.cancel()));
    },
  };
}

async function startReaperOn(engine: Engine, run: string): Promise<Reaper> {
  let hold = await holdRun(engine, run);
  let isOver = false;
  const watch = async (): Promise<void> => {
    await hold.ended;
    while (!isOver) {
      await wait(REVIVAL_INTERVAL_MS, undefined, { ref: false });
      if (isOver) return;
      try {
        hold = await holdRun(engine, run);
      } catch {
        continue; // The engine is still away.
      }
      // It was released while the reaper was away.
      if (isOver) return hold.release();
      return watch();
    }
  };
  void watch();
  const { connection, fallback } = hold;
  return {
    connection,
    ...(fallback ? { fallback } : {}),
    release: () => {
      isOver = true;
      hold.release();
    },
    cancel: () => {
      isOver = true;
      return hold.cancel();
    },
  };
}

/** Starts what holds: a container with the engine's socket, or else a process here. */
async function holdRun(engine: Engine, run: string): Promise<ReaperHold> {
  const dismissGuard = await startOrphanGuard(engine, run);
  try {
    const reasons: string[] = [];
    for (const socket of await findEngineSockets(engine)) {
      try {
        return await holdByContainer(engine, run, socket);
      } catch (cause) {
        if (!(cause instanceof DevnetError) || cause.code !== 'engine_failed') throw cause;
        reasons.push(`${socket}: ${cause.message.replace(/^could not [^:]+: /, '')}`);
      }
    }
    await claimReaperName(engine, run);
    return await holdByProcess(engine, run, reasons);
  } finally {
    dismissGuard();
  }
}
