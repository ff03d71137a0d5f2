// Runs beside a process that starts a reaper, and outlives it. A reaper that was created and not started yet watches nobody: if
// its owner is killed at that moment, it would stay for ever. The guard then removes it.
import { type RequestOptions, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';

const [httpOptions, api, name] = process.argv.slice(2) as [string, string, string];

/** An engine creates a container even if its client is gone, so the container may still be about to appear. */
const MAX_ATTEMPTS = 60;
const RETRY_INTERVAL_MS = 250;

/**
 * Removes the container unless it is running: a running reaper notices that its owner is gone.
 *
 * @returns the engine's status, 0 if it did not answer
 */
function removeUnstartedReaper(): Promise<number> {
  const options: RequestOptions = { ...JSON.parse(httpOptions), method: 'DELETE', path: `/v${api}/containers/${name}` };
  return new Promise((resolve) => {
    request(options, (response) => response.resume().once('end', () => resolve(response.statusCode ?? 0)))
      .once('error', () => resolve(0))
      .end();
  });
}

async function main(): Promise<void> {
  // The owner writes something once the reaper is running, or could not be created.
  if ((await text(process.stdin)) !== '') return;
  for (let attempts = 0; attempts < MAX_ATTEMPTS; attempts++) {
    const status = await removeUnstartedReaper();
    if (status === 204 || status === 409) return;
    await wait(RETRY_INTERVAL_MS);
  }
}

void main();
