// Runs in a container with the engine's socket, and holds its standard input, which its owner holds at the other end. When the
// owner ends, however it does, everything of its run is removed; then this ends too.
import { type IncomingMessage, request } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';

const [socketPath, api, run] = process.argv.slice(2) as [string, string, string];

/** What the owner had under way when it ended may still come: after so long without anything new, nothing does. */
const QUIET_PERIOD_MS = 2_000;
const MAX_SWEEPS = 60;
/** How often a program is asked to end, with this pause after each time, before it is removed as it is. */
const MAX_TERM_ATTEMPTS = 50;
const TERM_INTERVAL_MS = 200;
/** More at once, and some engines lose count of what is on a network. */
const MAX_PARALLEL_REMOVALS = 2;

function callEngine(method: string, path: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const ask = request({ socketPath, method, path: `/v${api}${path}` }, (reply: IncomingMessage) => {
      let text = '';
      reply.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      reply.once('end', () => {
        const { statusCode = 0 } = reply;
        // Gone already, stopped already, being removed already: all of that is what is wanted.
        if (statusCode < 400 || statusCode === 404 || statusCode === 409)
          resolve(text === '' ? undefined : JSON.parse(text));
        else reject(new Error(`${method} ${path}: ${statusCode} ${text.trim()}`));
      });
    });
    ask.once('error', reject).end();
  });
}

interface EngineResource {
  Id: string;
  Labels: Record<string, string>;
}

const listRunResources = async (what: string, query: string) => {
  const filters = encodeURIComponent(JSON.stringify({ label: [`devnet.run=${run}`] }));
  const found = (await callEngine('GET', `/${what}?${query}filters=${filters}`)) as EngineResource[];
  return found.filter(({ Labels }) => Labels['devnet.role'] !== 'reaper');
};

/** Asks a program to end until it has: one that was only just started does not listen for signals yet. */
async function terminate(id: string): Promise<void> {
  for (let asked = 0; asked < MAX_TERM_ATTEMPTS; asked++) {
    await callEngine('POST', `/containers/${id}/kill?signal=SIGTERM`);
    await wait(TERM_INTERVAL_MS);
    const running = await listRunResources('containers/json', '');
    if (!running.some(({ Id }) => Id === id)) return;
  }
}

/** @returns how many things there were */
async function removeRunResources(): Promise<number> {
  const containers = await listRunResources('containers/json', 'all=1&');
  // It takes its rules out of the kernel when it is asked to end; was it killed, it has to be there to be asked.
  for (const { Id } of containers.filter(({ Labels }) => Labels['devnet.role'] === 'links')) {
    await callEngine('POST', `/containers/${Id}/start`);
    await terminate(Id);
  }
  const left = containers.map(({ Id }) => Id);
  const remove = async () => {
    for (let id = left.pop(); id !== undefined; id = left.pop())
      await callEngine('DELETE', `/containers/${id}?force=1&v=1`);
  };
  await Promise.all(Array.from({ length: MAX_PARALLEL_REMOVALS }, remove));
  const networks = await listRunResources('networks', '');
  for (const { Id } of networks) await callEngine('DELETE', `/networks/${Id}`);
  return containers.length + networks.length;
}

async function main(): Promise<void> {
  process.stdout.write('holding\n');
  for await (const _ of process.stdin) {
    // Nothing is said; the end is what counts.
  }
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

main().then(
  () => process.exit(0),
  (error: Error) => {
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  },
);
