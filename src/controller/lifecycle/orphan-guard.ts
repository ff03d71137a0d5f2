import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { type Engine, plainHttpOptions } from '../../engine/engine.ts';
import { packageRoot } from '../../shared/package-root.ts';

/**
 * Has a container that is about to be made and started removed, should this process be killed in between. It takes a program
 * that reaches the engine by itself, and so holds no keys: where TLS is spoken there is none.
 * @returns to be called when that moment is over
 */
export async function startOrphanGuard(engine: Engine, container: string): Promise<() => void> {
  const dial = plainHttpOptions(engine);
  if (dial === undefined) return () => {};
  const file = join(packageRoot, 'dist', 'orphan-guard.cjs');
  const program = spawn(process.execPath, [file, JSON.stringify(dial), engine.api, container], {
    // Whoever ends this process and all that are of its group does not mean this one.
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
    windowsHide: true,
  });
  await once(program, 'spawn');
  const { stdin } = program;
  stdin.on('error', () => {}); // It is gone: somebody ended it, and that is theirs to do.
  program.unref();
  return () => stdin.end('done');
}
