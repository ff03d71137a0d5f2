// Runs in a container with the engine's socket, or in a process beside its owner where no container can have that. Its
// standard input is held open by its owner: when the owner ends, however it does, the reaper removes everything of the owner's
// run, and then ends too.
import { text } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import { EngineClient, EngineStatusError } from '../../engine/connection/engine-client.ts';
import { HOLDING, REAPER_TASK_ENV, RELEASED, type ReaperTask } from './reaper-task.ts';

const task = JSON.parse(process.env[REAPER_TASK_ENV] ?? '') as ReaperTask;
const engine = new EngineClient(task.engine);

/** Time for the engine's first answer: a socket that is mounted from elsewhere may accept and never answer. */
const FIRST_ANSWER_TIMEOUT_MS = 10_000;
/** Requests that the owner had under way may still take effect: the reaper ends after this long without anything new. */
const QUIET_PERIOD_MS = 2_000;
const MAX_SWEEPS = 60;
/** Number of SIGTERMs that a program gets before it is killed. */
const MAX_TERM_ATTEMPTS = 50;
/** Number of processes of a netem agent that get them: where the first does not end, as one that is stopped, the second does. */
const MAX_AGENT_STARTS = 2;
const TERM_INTERVAL_MS = 200;
/** With more at once, some engines lose count of the endpoints of a network. */
const MAX_PARALLEL_REMOVALS = 2;

/** Sends a request that has nothing to do where its container or network is gone, stopped or being removed already. */
async function callUnlessGone(method: string, path: string): Promise<void> {
  try {
    await engine.call(method, path);
  } catch (error) {
    const isGone = error instanceof EngineStatusError && (error.status === 404 || error.status === 409);
    if (!isGone) throw error;
  }
}

const labelFilter = (label: string) => encodeURIComponent(JSON.stringify({ label: [label] }));
const runFilter = labelFilter(`devnet.run=${task.run}`);

interface EngineResource {
  Id: string;
  Names?: string[];
  Labels: Record<string, string>;
  /** Of a container. */
  State?: string;
}

async function listResources(kind: string, query = '', idleTimeoutMs?: number): Promise<EngineResource[]> {
  return (await engine.call('GET', `/${kind}?${query}filters=${runFilter}`, idleTimeoutMs)) as EngineResource[];
}

async function listRunResources(kind: string, query?: string): Promise<EngineResource[]> {
  return (await listResources(kind, query)).filter(({ Labels }) => Labels['devnet.role'] !== 'reaper');
}

async function listRunVolumes(): Promise<string[]> {
  const found = (await engine.call('GET', `/volumes?filters=${runFilter}`)) as { Volumes: { Name: string }[] | null };
  return (found.Volumes ?? []).map(({ Name }) => Name);
}

/** @throws Error where no engine answers, or one that is not the owner's */
async function assertOwnEngine(): Promise<void> {
  const containers = await listResources('containers/json', 'all=1&', FIRST_ANSWER_TIMEOUT_MS);
  if (containers.some(({ Names = [] }) => Names.some((name) => name.replace('/', '') === task.container))) return;
  throw new Error(`another engine answers: it has no container ${task.container}`);
}

/**
 * Sends SIGTERM until the container has stopped: a program that has only just started has no listener for it yet.
 * @returns whether it has
 */
async function terminate(id: string): Promise<boolean> {
  for (let attempts = 0; attempts < MAX_TERM_ATTEMPTS; attempts++) {
    await callUnlessGone('POST', `/containers/${id}/kill?signal=SIGTERM`);
    await wait(TERM_INTERVAL_MS);
    const running = await listRunResources('containers/json');
    if (!running.some(({ Id }) => Id === id)) return true;
  }
  return false;
}

/** Ends a netem agent by SIGTERM, on which it removes its rules from the kernel. One that was killed is started again for that. */
async function endNetemAgent({ Id, State }: EngineResource): Promise<void> {
  if (State === 'paused') await callUnlessGone('POST', `/containers/${Id}/unpause`);
  for (let starts = 0; starts < MAX_AGENT_STARTS; starts++) {
    await callUnlessGone('POST', `/containers/${Id}/start`);
    if (await terminate(Id)) return;
    await kill(Id);
  }
}

const report = (error: unknown) => void process.stderr.write(`${(error as Error).message}\n`);

async function kill(id: string): Promise<void> {
  await engine.call('POST', `/containers/${id}/kill?signal=SIGKILL`).catch(() => {});
}

async function removeContainer(id: string): Promise<void> {
  // Podman gives a program time to end where Docker kills it.
  await kill(id);
  await callUnlessGone('DELETE', `/containers/${id}?force=1&v=1`);
}

/**
 * Removes what is left of a network's rules, by the newest image of a netem agent: those that keep a network closed outlive its agent,
 * and all of them one that somebody removed.
 */
async function clearRules(network: string): Promise<void> {
  const images = (await engine.call('GET', `/images/json?filters=${labelFilter('devnet.image=links')}`)) as {
    Id: string;
  }[];
  const [image] = images;
  if (image === undefined) return;
  const { Id } = (await engine.call('POST', '/containers/create', undefined, {
    Image: image.Id,
    Cmd: ['clear', network],
    User: '0:0',
    Labels: { 'devnet.name': network, 'devnet.run': task.run, 'devnet.role': 'links' },
    HostConfig: { NetworkMode: 'host', CapDrop: ['ALL'], CapAdd: ['NET_ADMIN'] },
  })) as { Id: string };
  await engine.call('POST', `/containers/${Id}/start`);
  await engine.call('POST', `/containers/${Id}/wait`);
  await removeContainer(Id);
}

/** @returns the number of containers and networks that there were */
async function removeRunResources(): Promise<number> {
  const containers = await listRunResources('containers/json', 'all=1&');
  for (const agent of containers.filter(({ Labels }) => Labels['devnet.role'] === 'links')) await endNetemAgent(agent);
  const remaining = containers.map(({ Id }) => Id);
  const removeRemaining = async () => {
    for (let id = remaining.pop(); id !== undefined; id = remaining.pop()) await removeContainer(id);
  };
  await Promise.all(Array.from({ length: MAX_PARALLEL_REMOVALS }, removeRemaining));
  const networks = await listRunResources('networks');
  // Those of a swarm go with the namespace of its network. A network that cannot be removed is cleared with its containers, once.
  const [network] = networks;
  if (network && containers.length > 0 && task.agents === undefined)
    await clearRules(network.Labels['devnet.name'] as string).catch(report);
  for (const { Id } of networks) await callUnlessGone('DELETE', `/networks/${Id}`);
  for (const name of await listRunVolumes()) await callUnlessGone('DELETE', `/volumes/${name}`);
  return containers.length + networks.length;
}

/** Removes what there is of the run until nothing new appears. @returns whether there was anything */
async function sweep(): Promise<boolean> {
  let total = 0;
  for (let sweeps = 0; sweeps < MAX_SWEEPS; sweeps++) {
    let found = 1;
    try {
      found = await removeRunResources();
      total += found;
    } catch (error) {
      report(error);
    }
    if (found === 0 && sweeps > 0) break;
    await wait(found === 0 ? QUIET_PERIOD_MS : QUIET_PERIOD_MS / 4);
  }
  return total > 0;
}

/** Removes the agents of a swarm, unless it has other networks: their service, secret, files and network. */
async function removeAgents(name: string): Promise<void> {
  const list = async (kind: string, label: string) =>
    (await engine.call('GET', `/${kind}filters=${labelFilter(label)}`)) as { ID: string }[];
  // Each network has a record on the manager. Its overlay is listed for a moment after it was removed.
  if ((await list('containers/json?all=1&', 'devnet.runtime=swarm')).length > 0) return;
  await callUnlessGone('DELETE', `/services/${name}`);
  await callUnlessGone('DELETE', `/secrets/${name}`);
  for (const { ID } of await list('configs?', `devnet.agents=${name}`))
    await callUnlessGone('DELETE', `/configs/${ID}`);
  await callUnlessGone('DELETE', `/networks/${name}`);
}

async function main(): Promise<void> {
  await assertOwnEngine();
  process.stdout.write(`${HOLDING}\n`);
  const isReleased = (await text(process.stdin)) === RELEASED;
  const foundAny = await sweep();
  // An owner that has ended in order has removed them, and the next command may have started them again.
  if (task.agents !== undefined && (foundAny || !isReleased)) await removeAgents(task.agents);
  if (task.removesContainer) await callUnlessGone('DELETE', `/containers/${task.container}?force=1`);
}

// Without a listener, the first process of a container ignores it. The engine stops, or somebody stopped the reaper: what the
// owner runs is none of its business then.
process.on('SIGTERM', () => process.exit(0));
// Its owner reads them no more.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

main().then(
  () => process.exit(0),
  (error: Error) => {
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  },
);
