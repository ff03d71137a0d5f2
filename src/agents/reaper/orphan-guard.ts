// Runs beside a process that starts a reaper, and outlives it. Between being made and being started a reaper holds nobody's
// hand: one whose owner was killed in that moment would stay for ever, as nothing but a name.
import { type RequestOptions, request } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';

const [dial, api, name] = process.argv.slice(2) as [string, string, string];

/** An engine that was asked to make a container makes it, whoever is left to be told: it may still be about to. */
const MAX_ATTEMPTS = 60;
const RETRY_INTERVAL_MS = 250;

/** Removes the container, but not from under its program: one that runs sees for itself that its owner is gone. @returns the engine's status */
function removeUnstartedReaper(): Promise<number> {
  const options: RequestOptions = { ...JSON.parse(dial), method: 'DELETE', path: `/v${api}/containers/${name}` };
  return new Promise((resolve) => {
    const ask = request(options, (reply) => {
      reply.resume().once('end', () => resolve(reply.statusCode ?? 0));
    });
    // An engine that does not answer may do so the next time.
    ask.once('error', () => resolve(0)).end();
  });
}

async function main(): Promise<void> {
  let said = '';
  for await (const chunk of process.stdin) said += chunk;
  if (said !== '') return; // The reaper holds by itself, or there is none.
  for (let tries = 0; tries < MAX_ATTEMPTS; tries++) {
    const status = await removeUnstartedReaper();
    if (status === 204 || status === 409) return;
    await wait(RETRY_INTERVAL_MS);
  }
}

void main();
