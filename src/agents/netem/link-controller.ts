import { findBridgePorts, listQdiscs } from './kernel/bridge-ports.ts';
import { probeKernel } from './kernel/kernel-capabilities.ts';
import { assignClientPorts, type Interception, nftScript, removalScript, tableName } from './kernel/nftables.ts';
import { removeStaleTables } from './kernel/remove-stale.ts';
import type { RunTool } from './kernel/run-tool.ts';
import { buildRemovalBatch, buildTcBatches, type Qdisc } from './kernel/tc.ts';
import { createTcpProxy, type ProxiedServer } from './proxy/tcp-proxy.ts';
import type { LogFunction } from './shared/json-log.ts';
import { NetemError } from './shared/netem-error.ts';
import { nextFaultExpiry, removeExpiredFaults } from './state/fault-expiry.ts';
import type { LinkState } from './state/link-state.ts';
import {
  type ClientServer,
  linkSettingsLookup,
  newlyIntercepted,
  planShaping,
  type ShapingCapabilities,
  type ShapingPlan,
} from './state/shaping-plan.ts';
import { diffLinkStates } from './state/state-changes.ts';

/** The longest that a timer can wait, milliseconds. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** What {@link createLinkController} needs of the world. */
export interface LinkControllerOptions {
  run: RunTool;
  log: LogFunction;
  /** Remembers the state for a start after this one; undefined: there is none any more. */
  save: (state: LinkState | undefined) => Promise<void>;
}

/** How a state is carried out. */
export interface ApplyResult {
  plan: ShapingPlan;
  /** Names of nodes that something is to be shaped towards, and that are away: shaped when they come. */
  away: string[];
  foreign: UnmanagedQueue[];
  /** Connections that are to go through the relay, and did not before. One that stands gets there once it is dialed anew. */
  fresh: ClientServer[];
}

/** Somebody else's queue where ours would be: nothing is shaped towards this node. */
export interface UnmanagedQueue {
  to: string;
  interface: string;
  kind: string;
}

/** What is asked for beside what is there. */
export interface LinkControllerSnapshot {
  state: LinkState | undefined;
  plan: ShapingPlan | undefined;
  /** The devnet's tables as nft lists them. */
  rules: unknown[];
  /** The queues of the bridge's ports as tc lists them. */
  queues: Qdisc[];
  /** Connections that go through the relay. */
  relayed: { client: string; server: string }[];
}

/** The network between the nodes of one devnet. Its jobs are done one after another. */
export interface LinkController {
  /** Makes the network behave as the state says. @throws LinksError; then it behaves as before */
  apply(state: LinkState): Promise<ApplyResult>;
  /** A node with this hardware address was heard on a port of a bridge: shapes it as it was before. */
  onMacLearned(mac: string): void;
  show(): Promise<LinkControllerSnapshot>;
  /** Leaves nothing behind, and forgets what was asked for. */
  clear(): Promise<void>;
  /** Leaves nothing behind, and remembers what was asked for. */
  stop(): Promise<void>;
}

export function createLinkController({ run, log, save }: LinkControllerOptions): LinkController {
  const relay = createTcpProxy(log);
  let abilities: ShapingCapabilities | undefined;
  let current: { state: LinkState; applied: ApplyResult } | undefined;
  let alarm: NodeJS.Timeout | undefined;
  let toShape = new Set<string>();
  let last: Promise<unknown> = Promise.resolve();

  function inTurn<T>(job: () => Promise<T>): Promise<T> {
    const done = last.then(job, job);
    last = done.catch(() => {});
    return done;
  }

  /** Once, before anything is applied. */
  async function prepare(): Promise<ShapingCapabilities> {
    for (const devnet of await removeStaleTables(run)) log('warn', 'stale_rules_removed', { devnet });
    return await probeKernel(run);
  }

  /** Has the kernel and the relay do what the state says. */
  async function carryOut(state: LinkState): Promise<ApplyResult> {
    abilities ??= await prepare();
    const plan = planShaping(state, abilities, relay.connections());
    const servers = proxiedServers(state, plan);
    const interception =
      servers.length === 0
        ? undefined
        : { bridgeMac: await readBridgeMac(run, state.bridge), listeners: await relay.listen(state.gateway, servers) };
    const applied = await shapeAndRule(state, plan, interception);
    relay.closeListenersExcept(servers);
    relay.setLinkSettings(linkSettingsLookup(state, plan));
    return applied;
  }

  async function shapeAndRule(state: LinkState, plan: ShapingPlan, interception?: Interception): Promise<ApplyResult> {
    const receivers = new Set(plan.kernel.map(({ to }) => to));
    const byAddress = await findBridgePorts(run, state, receivers);
    const {
      before,
      after,
      unmanaged: foreign,
    } = buildTcBatches(plan.kernel, byAddress, await listQdiscs(run, state.bridge));
    if (before !== '') await run('tc', ['-batch', '-'], before);
    await run('nft', ['-f', '-'], nftScript(state, plan, interception));
    if (after !== '') await run('tc', ['-batch', '-'], after);
    const away = state.nodes.filter(({ address }) => receivers.has(address) && !byAddress.has(address));
    return {
      plan,
      away: away.map(({ name }) => name),
      foreign: toUnmanagedQueues(state, byAddress, foreign),
      fresh: newlyIntercepted(current?.applied.plan, plan),
    };
  }

  async function become(asked: LinkState): Promise<ApplyResult> {
    const state = removeExpiredFaults(asked, Date.now());
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
      log('info', 'shaping_by_relay', { reason: proxyReason(state, abilities), conditions: plan.relay.length });
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
    await removeKernelState(run, state.devnet, state.bridge);
  }

  async function end(): Promise<LinkState | undefined> {
    const state = current?.state;
    clearTimeout(alarm);
    if (state) await remove(state);
    current = undefined;
    return state;
  }

  function tellForeign(foreign: readonly UnmanagedQueue[]): void {
    for (const fields of foreign) log('warn', 'queue_not_ours', { ...fields });
  }

  function report(before: LinkState | undefined, after: LinkState): void {
    for (const { event, fields } of diffLinkStates(before, after)) log('info', event, fields);
  }

  /** For the next fault that heals by itself. */
  function setAlarm(): void {
    clearTimeout(alarm);
    const time = current && nextFaultExpiry(current.state);
    if (time === undefined) return;
    alarm = setTimeout(() => void inTurn(heal), Math.min(Math.max(0, time - Date.now()), MAX_TIMER_MS));
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
      const byAddress = await findBridgePorts(run, state, new Set(nodes.map(({ address }) => address)));
      const queues = await listQdiscs(run, state.bridge);
      const {
        before,
        newlyManaged: fresh,
        unmanaged: foreign,
      } = buildTcBatches(applied.plan.kernel, byAddress, queues);
      if (before !== '') await run('tc', ['-batch', '-'], before);
      const restored = nodes.filter(({ address }) => fresh.includes(byAddress.get(address) ?? ''));
      for (const { name } of restored) log('info', 'link_conditions', { to: name, restored: true });
      tellForeign(toUnmanagedQueues(state, byAddress, foreign));
    } catch (error) {
      log('error', 'not_shaped', { nodes: nodes.map(({ name }) => name), message: (error as Error).message });
    }
  }

  return {
    apply: (next) =>
      inTurn(async () => {
        if (current !== undefined && current.state.devnet !== next.devnet) {
          throw new NetemError(`these are the links of ${current.state.devnet}, not of ${next.devnet}`);
        }
        return await become(next);
      }),
    onMacLearned(mac) {
      toShape.add(mac);
      if (toShape.size === 1) void inTurn(reshape);
    },
    show: () =>
      inTurn(async () => ({
        state: current?.state,
        plan: current?.applied.plan,
        rules: current ? await listTables(run, current.state.devnet) : [],
        queues: current ? await listQdiscs(run, current.state.bridge) : [],
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

function toUnmanagedQueues(
  { nodes }: LinkState,
  ports: ReadonlyMap<string, string>,
  queues: readonly Qdisc[],
): UnmanagedQueue[] {
  const names = new Map(nodes.map(({ name, address }) => [ports.get(address), name]));
  return queues.map(({ dev, kind }) => ({ to: names.get(dev) ?? '', interface: dev, kind }));
}

function proxyReason({ shaping }: LinkState, abilities: ShapingCapabilities | undefined): string {
  if (shaping === 'relay') return 'shaping: relay';
  return `this kernel lacks ${abilities?.htb ? 'sch_netem' : 'sch_htb'}`;
}

/** Removes all that is a devnet's, without a program that serves it. */
export async function removeKernelState(run: RunTool, devnet: string, bridge: string): Promise<void> {
  await run('nft', ['-f', '-'], removalScript(devnet));
  await removeQdiscs(run, bridge);
}

async function removeQdiscs(run: RunTool, bridge: string): Promise<void> {
  const batch = buildRemovalBatch(await listQdiscs(run, bridge));
  if (batch !== '') await run('tc', ['-batch', '-'], batch);
}

function proxiedServers(state: LinkState, { intercepted }: ShapingPlan): ProxiedServer[] {
  const ports = assignClientPorts(state);
  const servers = new Map<string, Map<string, number>>();
  for (const { client, server } of intercepted) {
    const clients = servers.get(server) ?? new Map<string, number>();
    servers.set(server, clients.set(client, ports.get(client) as number));
  }
  return [...servers].map(([address, clients]) => ({ address, clients }));
}

async function readBridgeMac(run: RunTool, bridge: string): Promise<string> {
  const [found] = JSON.parse(await run('ip', ['-j', 'link', 'show', 'dev', bridge])) as { address: string }[];
  if (found === undefined) throw new NetemError(`there is no bridge ${bridge}`);
  return found.address;
}

/** The devnet's tables in nft's own JSON. */
async function listTables(run: RunTool, devnet: string): Promise<unknown[]> {
  const { nftables } = JSON.parse(await run('nft', ['-j', 'list', 'tables'])) as {
    nftables: { table?: { family: string; name: string } }[];
  };
  const families = nftables.flatMap(({ table }) => (table?.name === tableName(devnet) ? table.family : []));
  return await Promise.all(
    families.map(async (family) => {
      const listed = await run('nft', ['-j', 'list', 'table', family, tableName(devnet)]);
      return (JSON.parse(listed) as { nftables: unknown[] }).nftables;
    }),
  );
}
