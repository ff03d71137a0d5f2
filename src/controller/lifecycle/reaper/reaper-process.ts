import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { HOLDING, REAPER_TASK_ENV, RELEASED } from '../../../agents/reaper/reaper-task.ts';
import type { Engine } from '../../../engine/connection/engine.ts';
import { DevnetError } from '../../../shared/errors.ts';
import { packageRoot } from '../../../shared/files/package-root.ts';
import { reaperTaskHere, removeReaperContainer } from './reaper-container.ts';
import type { ReaperHold } from './reaper-hold.ts';

/**
 * Starts a reaper in a process of its own session on this machine, which no signal to this process reaches.
 * @param reasons why no container can be the reaper
 * @throws DevnetError `engine_failed` when it does not reach the engine
 */
export async function holdByProcess(engine: Engine, run: string, reasons: readonly string[]): Promise<ReaperHold> {
  const child = spawn(process.execPath, [join(packageRoot, 'dist', 'reaper.cjs')], {
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, [REAPER_TASK_ENV]: JSON.stringify(reaperTaskHere(engine, run)) },
    windowsHide: true,
  });
  const ended = once(child, 'close').then(() => {});
  let output = '';
  const holding = new Promise<void>((resolve) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text;
        if (output.includes(HOLDING)) resolve();
      });
    }
  });
  child.stdin.on('error', () => {}); // It was killed.
  await Promise.race([holding, ended]);
  if (!output.includes(HOLDING)) {
    await removeReaperContainer(engine, run);
    throw new DevnetError('engine_failed', `could not start the reaper: ${[output.trim(), ...reasons].join('\n  ')}`);
  }
  // It does not keep this process alive.
  child.unref();
  for (const stream of [child.stdin, child.stdout, child.stderr]) (stream as unknown as Socket).unref();
  return {
    connection: child.stdin,
    fallback: { pid: child.pid as number, reasons },
    ended,
    release: () => child.stdin.end(RELEASED),
    cancel: async () => {
      child.kill();
      await removeReaperContainer(engine, run);
    },
  };
}
