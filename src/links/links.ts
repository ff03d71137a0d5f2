import { changesBetween } from './changes.ts';
import { healed, nextHealing } from './healing.ts';
import { findPorts, readQueues } from './interfaces.ts';
import { LinksError } from './links-error.ts';
import type { Log } from './log.ts';
import { type Abilities, type Dialing, lanesOf, newlyIntercepted, type Plan, planOf } from './plan.ts';
import { probe } from './probe.ts';
import { createRelay, type Dialed } from './relay/relay.ts';
import { clientPorts, type Interception, removalOf, rulesOf, tableOf } from './rules.ts';
import { batchesOf, type Queue, removalBatch } from './shaping.ts';
import { removeStale } from './stale.ts';
import type { LinkState } from './state.ts';
import type { Run } from './tools.ts';

/** The longest that a timer can wait, milliseconds. */
const MAX_WAIT = 2 ** 31 - 1;

/** What {@link createLinks} needs of the world. */
export interface LinksOptions {
  run: Run;
  log: Log;
  /** Remembers the state for a start after this one; undefined: there is none any more. */
  save: (state: LinkState | undefined) => Promise<void>;
}

/** How a state is carried out. */
export interface Applied {
  plan: Plan;
  /** Names of nodes that something is to be shaped towards, and that are away: shaped when they come. */
  away: string[];
  foreign: Foreign[];
  /** Connections that are to go through the relay, and did not before. One that stands gets there once it is dialed anew. */
  fresh: Dialing[];
}

/** Somebody else's queue where ours would be: nothing is shaped towards this node. */
export interface Foreign {
  to: string;
  interface: string;
  kind: string;
}

/** What is asked for beside what is there. */
export interface Shown {
  state: LinkState | undefined;
  plan: Plan | undefined;
  /** The devnet's tables as nft lists them. */
  rules: unknown[];
  /** The queues of the bridge's ports as tc lists them. */
  queues: Queue[];
  /** Connections that go through the relay. */
  relayed: { client: string; server: string }[];
}

/** The network between the nodes of one devnet. Its jobs are done one after another. */
export interface Links {
  /** Makes the network behave as the state says. @throws LinksError; then it behaves as before */
  apply(state: LinkState): Promise<Applied>;
  /** A node with this hardware address was heard on a port of a bridge: shapes it as it was before. */
  heard(mac: string): void;
  show(): Promise<Shown>;
  /** Leaves nothing behind, and forgets what was asked for. */
  clear(): Promise<void>;
  /** Leaves nothing behind, and remembers what was asked for. */
  stop(): Promise<void>;
}

export function createLinks({ run, log, save }: LinksOptions): Links {
  const relay = createRelay(log);
  let abilities: Abilities | undefined;
  let current: { state: LinkState; applied: Applied } | undefined;
  let alarm: NodeJS.Timeout | undefined;
  let toShape = new Set<string>();
  let last: Promise<unknown> = Promise.resolve();

  function inTurn<T>(job: () => Promise<T>): Promise<T> {
    const done = last.then(job, job);
    last = done.catch(() => {});
    return done;
  }

  /** Once, before anything is applied. */
  async function prepare(): Promise<Abilities> {
    for (const devnet of await removeStale(run)) log('warn', 'stale_rules_removed', { devnet });
    return await probe(run);
  }

  /** Has the kernel and the relay do what the state says. */
  async function carryOut(state: LinkState): Promise<Applied> {
    abilities ??= await prepare();
    const plan = planOf(state, abilities, relay.connections());
    const servers = serversOf(state, plan);
    const interception =
      servers.length === 0
        ? undefined
        : { bridgeMac: await macOf(run, state.bridge), listeners: await relay.listen(state.gateway, servers) };
    const applied = await shapeAndRule(state, plan, interception);
    relay.listenOnly(servers);
    relay.shape(lanesOf(state, plan));
    return applied;
  }

  async function shapeAndRule(state: LinkState, plan: Plan, interception?: Interception): Promise<Applied> {
    const receivers = new Set(plan.kernel.map(({ to }) => to));
    const byAddress = await findPorts(run, state, receivers);
    const { before, after, foreign } = batchesOf(plan.kernel, byAddress, await readQueues(run, state.bridge));
    if (before !== '') await run('tc', ['-batch', '-'], before);
    await run('nft', ['-f', '-'], rulesOf(state, plan, interception));
    if (after !== '') await run('tc', ['-batch', '-'], after);
    const away = state.nodes.filter(({ address }) => receivers.has(address) && !byAddress.has(address));
    return {
      plan,
      away: away.map(({ name }) => name),
      foreign: foreignTo(state, byAddress, foreign),
      fresh: newlyIntercepted(current?.applied.plan, plan),
    };
  }

  async function become(asked: LinkState): Promise<Applied> {
    const state = healed(asked, Date.now());
    const before = current;
    try {
      current = { state, applied: await carryOut(state) };
    } catch (error) {
      await undo(before?.state, state);
      throw error;
    }
    setAlarm();
    await save(state);
    report(before?.state, state);
    const { plan, foreign } = current.applied;
    const relays = ({ length }: { length: number } = []) => length > 0;
    if (relays(plan.relay) && !relays(before?.applied.plan.relay)) {
      log('info', 'shaping_by_relay', { reason: reasonFor(state, abilities), conditions: plan.relay.length });
    }
    tellForeign(foreign);
    return current.applied;
  }

  /** After a state that could not be carried out, or only in part. */
  async function undo(before: LinkState | undefined, failed: LinkState): Promise<void> {
    try {
      if (before) await carryOut(before);
      else await remove(failed);
    } catch (error) {
      log('error', 'not_undone', { message: (error as Error).message });
    }
  }

  async function remove(state: LinkState): Promise<void> {
    // Ends go out while the rules still lead them to where they belong.
    await relay.close();
    await removeAll(run, state.devnet, state.bridge);
  }

  async function end(): Promise<LinkState | undefined> {
    const state = current?.state;
    clearTimeout(alarm);
    if (state) await remove(state);
    current = undefined;
    return state;
  }

  function tellForeign(foreign: readonly Foreign[]): void {
    for (const fields of foreign) log('warn', 'queue_not_ours', { ...fields });
  }

  function report(before: LinkState | undefined, after: LinkState): void {
    for (const { event, fields } of changesBetween(before, after)) log('info', event, fields);
  }

  /** For the next fault that heals by itself. */
  function setAlarm(): void {
    clearTimeout(alarm);
    const time = current && nextHealing(current.state);
    if (time === undefined) return;
    alarm = setTimeout(() => void inTurn(heal), Math.min(Math.max(0, time - Date.now()), MAX_WAIT));
  }

  async function heal(): Promise<void> {
    if (current === undefined) return;
    try {
      await become(current.state);
    } catch (error) {
      log('error', 'heal_failed', { message: (error as Error).message });
    }
  }

  /** Shapes what leads to the nodes that were heard on new ports; all that came meanwhile at once. */
  async function reshape(): Promise<void> {
    const macs = toShape;
    toShape = new Set();
    if (current === undefined) return;
    const { state, applied } = current;
    const receivers = new Set(applied.plan.kernel.map(({ to }) => to));
    const nodes = state.nodes.filter(({ mac, address }) => macs.has(mac) && receivers.has(address));
    if (nodes.length === 0) return;
    try {
      const byAddress = await findPorts(run, state, new Set(nodes.map(({ address }) => address)));
      const queues = await readQueues(run, state.bridge);
      const { before, fresh, foreign } = batchesOf(applied.plan.kernel, byAddress, queues);
      if (before !== '') await run('tc', ['-batch', '-'], before);
      const restored = nodes.filter(({ address }) => fresh.includes(byAddress.get(address) ?? ''));
      for (const { name } of restored) log('info', 'link_conditions', { to: name, restored: true });
      tellForeign(foreignTo(state, byAddress, foreign));
    } catch (error) {
      log('error', 'not_shaped', { nodes: nodes.map(({ name }) => name), message: (error as Error).message });
    }
  }

  return {
    apply: (next) =>
      inTurn(async () => {
        if (current !== undefined && current.state.devnet !== next.devnet) {
          throw new LinksError(`these are the links of ${current.state.devnet}, not of ${next.devnet}`);
        }
        return await become(next);
      }),
    heard(mac) {
      toShape.add(mac);
      if (toShape.size === 1) void inTurn(reshape);
    },
    show: () =>
      inTurn(async () => ({
        state: current?.state,
        plan: current?.applied.plan,
        rules: current ? await tablesOf(run, current.state.devnet) : [],
        queues: current ? await readQueues(run, current.state.bridge) : [],
        relayed: relay.connections(),
      })),
    clear: () =>
      inTurn(async () => {
        const state = await end();
        await save(undefined);
        if (state) report(state, { ...state, conditions: [], cuts: [], messageFaults: [] });
      }),
    stop: () =>
      inTurn(async () => {
        await end();
      }),
  };
}

function foreignTo({ nodes }: LinkState, ports: ReadonlyMap<string, string>, queues: readonly Queue[]): Foreign[] {
  const names = new Map(nodes.map(({ name, address }) => [ports.get(address), name]));
  return queues.map(({ dev, kind }) => ({ to: names.get(dev) ?? '', interface: dev, kind }));
}

function reasonFor({ shaping }: LinkState, abilities: Abilities | undefined): string {
  if (shaping === 'relay') return 'shaping: relay';
  return `this kernel lacks ${abilities?.htb ? 'sch_netem' : 'sch_htb'}`;
}

/** Removes all that is a devnet's, without a program that serves it. */
export async function removeAll(run: Run, devnet: string, bridge: string): Promise<void> {
  await run('nft', ['-f', '-'], removalOf(devnet));
  await removeQueues(run, bridge);
}

async function removeQueues(run: Run, bridge: string): Promise<void> {
  const batch = removalBatch(await readQueues(run, bridge));
  if (batch !== '') await run('tc', ['-batch', '-'], batch);
}

function serversOf(state: LinkState, { intercepted }: Plan): Dialed[] {
  const ports = clientPorts(state);
  const servers = new Map<string, Map<string, number>>();
  for (const { client, server } of intercepted) {
    const clients = servers.get(server) ?? new Map<string, number>();
    servers.set(server, clients.set(client, ports.get(client) as number));
  }
  return [...servers].map(([address, clients]) => ({ address, clients }));
}

async function macOf(run: Run, bridge: string): Promise<string> {
  const [found] = JSON.parse(await run('ip', ['-j', 'link', 'show', 'dev', bridge])) as { address: string }[];
  if (found === undefined) throw new LinksError(`there is no bridge ${bridge}`);
  return found.address;
}

/** The devnet's tables in nft's own JSON. */
async function tablesOf(run: Run, devnet: string): Promise<unknown[]> {
  const { nftables } = JSON.parse(await run('nft', ['-j', 'list', 'tables'])) as {
    nftables: { table?: { family: string; name: string } }[];
  };
  const families = nftables.flatMap(({ table }) => (table?.name === tableOf(devnet) ? table.family : []));
  return await Promise.all(
    families.map(async (family) => {
      const listed = await run('nft', ['-j', 'list', 'table', family, tableOf(devnet)]);
      return (JSON.parse(listed) as { nftables: unknown[] }).nftables;
    }),
  );
}
