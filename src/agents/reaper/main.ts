// Runs in a container with the engine's socket. Its standard input is held open by its owner: when the owner ends, however it
// does, the reaper removes everything of the owner's run, and then ends too.
import { type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';

const [socketPath, api, run] = process.argv.slice(2) as [string, string, string];

/** Requests that the owner had under way may still take effect: the reaper ends after this long without anything new. */
const QUIET_PERIOD_MS = 2_000;
const MAX_SWEEPS = 60;
/** Number of SIGTERMs that a program gets before it is removed. */
const MAX_TERM_ATTEMPTS = 50;
const TERM_INTERVAL_MS = 200;
/** With more at once, some engines lose count of the endpoints of a network. */
const MAX_PARALLEL_REMOVALS = 2;

async function callEngine(method: string, path: string): Promise<unknown> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    request({ socketPath, method, path: `/v${api}${path}` }, resolve)
      .once('error', reject)
      .end();
  });
  const body = await text(response);
  const { statusCode = 0 } = response;
  // 404 and 409: it is gone, stopped or being removed already.
  if (statusCode < 400 || statusCode === 404 || statusCode === 409) return body === '' ? undefined : JSON.parse(body);
  throw new Error(`${method} ${path}: ${statusCode} ${body.trim()}`);
}

const runFilter = encodeURIComponent(JSON.stringify({ label: [`devnet.run=${run}`] }));

interface EngineResource {
  Id: string;
  Labels: Record<string, string>;
}

async function listRunResources(kind: string, query = ''): Promise<EngineResource[]> {
  const resources = (await callEngine('GET', `/${kind}?${query}filters=${runFilter}`)) as EngineResource[];
  return resources.filter(({ Labels }) => Labels['devnet.role'] !== 'reaper');
}

async function listRunVolumes(): Promise<string[]> {
  const found = (await callEngine('GET', `/volumes?filters=${runFilter}`)) as { Volumes: { Name: string }[] | null };
  return (found.Volumes ?? []).map(({ Name }) => Name);
}

/** Sends SIGTERM until the container has stopped: a program that has only just started has no listener for it yet. */
async function terminate(id: string): Promise<void> {
  for (let attempts = 0; attempts < MAX_TERM_ATTEMPTS; attempts++) {
    await callEngine('POST', `/containers/${id}/kill?signal=SIGTERM`);
    await wait(TERM_INTERVAL_MS);
    const running = await listRunResources('containers/json');
    if (!running.some(({ Id }) => Id === id)) return;
  }
}

/** @returns the number of containers and networks that there were */
async function removeRunResources(): Promise<number> {
  const containers = await listRunResources('containers/json', 'all=1&');
  // The netem agent removes its rules from the kernel on SIGTERM. One that was killed must be started again for that.
  for (const { Id } of containers.filter(({ Labels }) => Labels['devnet.role'] === 'links')) {
    await callEngine('POST', `/containers/${Id}/start`);
    await terminate(Id);
  }
  const remaining = containers.map(({ Id }) => Id);
  const removeRemaining = async () => {
    for (let id = remaining.pop(); id !== undefined; id = remaining.pop())
      await callEngine('DELETE', `/containers/${id}?force=1&v=1`);
  };
  await Promise.all(Array.from({ length: MAX_PARALLEL_REMOVALS }, removeRemaining));
  const networks = await listRunResources('networks');
  for (const { Id } of networks) await callEngine('DELETE', `/networks/${Id}`);
  for (const name of await listRunVolumes()) await callEngine('DELETE', `/volumes/${name}`);
  return containers.length + networks.length;
}

async function main(): Promise<void> {
  process.stdout.write('holding\n');
  await text(process.stdin);
  for (let sweeps = 0; sweeps < MAX_SWEEPS; sweeps++) {
    let found = 1;
    try {
      found = await removeRunResources();
    } catch (error) {
      process.stderr.write(`${(error as Error).message}\n`);
    }
    if (found === 0 && sweeps > 0) return;
    await wait(found === 0 ? QUIET_PERIOD_MS : QUIET_PERIOD_MS / 4);
  }
}

// Without a listener, the first process of a container ignores it. The engine stops, or somebody stopped the reaper: what the
// owner runs is none of its business then.
process.on('SIGTERM', () => process.exit(0));

main().then(
  () => process.exit(0),
  (error: Error) => {
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  },
);
