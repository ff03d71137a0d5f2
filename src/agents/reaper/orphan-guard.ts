// Runs beside a process that starts a reaper, and outlives it. A reaper that was created and not started yet watches nobody: if
// its owner is killed at that moment, it would stay for ever. The guard then removes it.
import { text } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import { EngineClient, EngineStatusError } from '../../engine/connection/engine-client.ts';
import { REAPER_TASK_ENV, type ReaperTask } from './reaper-task.ts';

const task = JSON.parse(process.env[REAPER_TASK_ENV] ?? '') as ReaperTask;
const engine = new EngineClient(task.engine);

/** An engine creates a container even if its client is gone, so the container may still be about to appear. */
const MAX_ATTEMPTS = 60;
const RETRY_INTERVAL_MS = 250;

/**
 * Removes the container unless it is running: a running reaper notices that its owner is gone.
 *
 * @returns whether it is gone or running
 */
async function removeUnstartedReaper(): Promise<boolean> {
  try {
    await engine.call('DELETE', `/containers/${task.container}`);
    return true;
  } catch (error) {
    return error instanceof EngineStatusError && error.status === 409;
  }
}

async function main(): Promise<void> {
  // The owner writes something once the reaper is running, or could not be created.
  if ((await text(process.stdin)) !== '') return;
  for (let attempts = 0; attempts < MAX_ATTEMPTS; attempts++) {
    if (await removeUnstartedReaper()) return;
    await wait(RETRY_INTERVAL_MS);
  }
}

void main();
