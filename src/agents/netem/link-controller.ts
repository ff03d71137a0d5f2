import { randomUUID } from 'node:crypto';
import { changeQdiscs, findBridgePorts, listQdiscs } from './kernel/bridge-ports.ts';
import { InterceptedRoutes } from './kernel/intercepted-routes.ts';
import { probeKernel } from './kernel/kernel-capabilities.ts';
import {
  addClosedAddress,
  fixBridgeMac,
  listTables,
  readBridgeMac,
  removeKernelState,
  removeStaleTables,
  runTcBatch,
  setBridge,
} from './kernel/kernel-state.ts';
import { type Interception, nftScript, routeScript } from './kernel/nftables.ts';
import type { RunTool } from './kernel/run-tool.ts';
import { buildTcBatches, type Qdisc } from './kernel/tc.ts';
import type { Dial } from './kernel/watch-dials.ts';
import { createTcpProxy, type ProxyRoute } from './proxy/tcp-proxy.ts';
import { type LogFunction, NetemError } from './shared/reporting.ts';
import { isOutdated, ownConditions, ownPlan } from './state/host-part.ts';
import { type LinkState, nextFaultExpiry, removeExpiredFaults, stampFaults } from './state/link-state.ts';
import {
  type ClientServer,
  linkSettingsLookup,
  newlyIntercepted,
  planShaping,
  type ShapingCapabilities,
  type ShapingPlan,
} from './state/shaping-plan.ts';
import { diffLinkStates } from './state/state-changes.ts';

/** Time until it is tried again to heal a fault that has expired. */
const HEAL_RETRY_MS = 5_000;
/** Longest delay that setTimeout takes. */
const MAX_TIMER_MS = 2 ** 31 - 1;

export interface LinkControllerOptions {
  run: RunTool;
  log: LogFunction;
  /** Network that the agent is for. @default that of the first state */
  devnet?: string | undefined;
  /** Calls back with each dial whose first packet the rules of a network have dropped. @returns a function that stops it */
  watchDials: (devnet: string, onDial: (dial: Dial) => void) => Promise<() => void>;
  /** Saves the state for the next run; undefined if there is none any more. */
  save: (state: LinkState | undefined) => Promise<void>;
}

/** The state in force, and a revision that no other state had or will have. */
export interface VersionedLinkState {
  state: LinkState | undefined;
  revision: string;
  /** Directions whose delay, jitter and rate the proxy applies: to TCP only. Addresses. */
  proxied: { from: string; to: string }[];
  /** True if this agent began without a state, and with rules that an earlier one had left. @default false */
  hadLeftovers?: boolean;
}

/** Outcome of applying a state. */
export interface ApplyResult {
  plan: ShapingPlan;
  /** Names of nodes that packets are to be shaped towards and that are not running; this happens when they start. */
  away: string[];
  /** Queues that are not ours: nothing is shaped towards these nodes. */
  foreign: UnmanagedQueue[];
  /** Connections that the proxy intercepts and did not before. One that is open gets there when it is redialed. */
  fresh: ClientServer[];
  /** Reason that the state could not be saved: it is in force, but only for as long as this agent runs. */
  unsaved?: string;
}

export interface UnmanagedQueue {
  /** Name of the node. */
  to: string;
  address: string;
  interface: string;
  kind: string;
}

/** The state in force, and what the kernel and the proxy have of it. */
export interface LinkControllerSnapshot extends VersionedLinkState {
  plan: ShapingPlan | undefined;
  /** Tables of the network, as nft lists them. */
  rules: unknown[];
  /** Queues of the bridge's ports, as tc lists them. */
  queues: Qdisc[];
  /** Open connections of the proxy. */
  relayed: ClientServer[];
}

/** Controls the links of one network. Its operations run one after another. */
export interface LinkController {
  /**
   * Applies a state.
   * @param expected revision that it was made from; where another one is in force by now, nothing is changed @default any. Nor is
   *   anything where the state is older than the one in force
   * @returns undefined where nothing was changed
   * @throws NetemError that says what is in force
   */
  apply(state: LinkState, expected?: string): Promise<ApplyResult | undefined>;
  /** Returns the state in force. */
  read(): Promise<VersionedLinkState>;
  /** Must be called when a bridge learned a hardware address on a port: restores the shaping towards that node. */
  onMacLearned(mac: string): void;
  show(): Promise<LinkControllerSnapshot>;
  /**
   * Removes everything from the kernel, and the saved state. From then on, only a state of no revision is applied. The bridge of a network
   * that is not tracked passes nothing more until then: what its nodes send to those that are gone would be a broadcast to all that are left.
   */
  clear(): Promise<void>;
  /** Removes from the kernel what an earlier agent of the network left there. */
  removeLeftovers(): Promise<void>;
  /** Removes everything from the kernel but what closes the network, and keeps the saved state. */
  stop(): Promise<void>;
}

export function createLinkController(options: LinkControllerOptions): LinkController {
  const { run, log, devnet, save, watchDials } = options;
  const routes = new InterceptedRoutes();
  let settings = linkSettingsLookup();
  const proxy = createTcpProxy({ routeTo, settings: (from, to) => settings(from, to) });
  let unwatchDials = () => {};
  let watchesDials = false;
  let capabilities: ShapingCapabilities | undefined;
  let current: { state: LinkState; applied: ApplyResult } | undefined;
  let revision: string = randomUUID();
  /** Changes that were made from an earlier state come too late. */
  let cleared = false;
  let hadLeftovers = false;
  let expiryTimer: NodeJS.Timeout | undefined;
  let learnedMacs = new Set<string>();
  let last: Promise<unknown> = Promise.resolve();

  function enqueue<T>(operation: () => Promise<T>): Promise<T> {
    const done = last.then(operation, operation);
    last = done.catch(() => {});
    return done;
  }

  async function prepare(): Promise<ShapingCapabilities> {
    for (const devnet of await removeStaleTables(run)) log('warn', 'stale_rules_removed', { devnet });
    return await probeKernel(run);
  }

  /** Makes the kernel and the proxy do what the state says. */
  async function execute(state: LinkState): Promise<ApplyResult> {
    capabilities ??= await prepare();
    if (state.untracked !== undefined) await setBridge(run, state.bridge, 'up');
    const plan = ownPlan(state, planShaping(state, capabilities, proxy.connections()));
    if (plan.intercepted.length > 0) await prepareInterception(state);
    const applied = await updateKernel(state, plan);
    settings = linkSettingsLookup(state, plan);
    return applied;
  }

  async function prepareInterception(state: LinkState): Promise<void> {
    if (!watchesDials) {
      unwatchDials = await watchDials(state.devnet, proxy.onDial);
      watchesDials = true;
    }
    await addClosedAddress(run, state);
  }

  async function interceptionOf(state: LinkState, plan: ShapingPlan): Promise<Interception | undefined> {
    if (plan.intercepted.length === 0) return undefined;
    // Docker sets the address of its bridges, but not of those of overlay networks.
    const readMac = state.part === undefined ? readBridgeMac : fixBridgeMac;
    return { bridgeMac: await readMac(run, state.bridge), routes: routes.of(state, plan) };
  }

  /** Returns the route for a connection that a node dials. A port that is not the node's own gets one when it is dialed. */
  async function routeTo(dial: Dial, taken?: number): Promise<ProxyRoute | undefined> {
    const known = taken === undefined ? routes.find(dial, dial.serverPort) : undefined;
    if (known && current) return { ...known, gateway: current.state.gateway };
    return await enqueue(async () => {
      if (!current?.applied.plan.intercepted.some((pair) => isSamePair(pair, dial))) return undefined;
      const route = routes.add(dial, dial.serverPort, taken);
      await run('nft', ['-f', '-'], routeScript(current.state.devnet, route));
      return { ...route, gateway: current.state.gateway };
    });
  }

  function updateKernel(state: LinkState, plan: ShapingPlan): Promise<ApplyResult> {
    const receivers = shapedReceivers(plan);
    return changeQdiscs(run, state.bridge, async (queues) => {
      const [ports, interception] = await Promise.all([
        findBridgePorts(run, state, receivers),
        interceptionOf(state, plan),
      ]);
      const { before, after, unmanaged } = buildTcBatches(plan.kernel, ports, queues);
      await runTcBatch(run, before);
      await run('nft', ['-f', '-'], nftScript(ownConditions(state), plan, interception));
      await runTcBatch(run, after);
      const away = state.nodes.filter(({ address }) => receivers.has(address) && !ports.has(address));
      return {
        plan,
        away: away.map(({ name }) => name),
        foreign: toUnmanagedQueues(state, ports, unmanaged),
        fresh: newlyIntercepted(current?.applied.plan, plan),
      };
    });
  }

  async function applyState(next: LinkState): Promise<ApplyResult> {
    const state = stampFaults(removeExpiredFaults(next, Date.now()), Date.now());
    const before = current;
    try {
      current = { state, applied: await execute(state) };
    } catch (error) {
      await rollBack(before?.state, state, error as Error);
      throw error;
    }
    revision = randomUUID();
    armExpiryTimer();
    const unsaved = await trySave(state);
    if (unsaved !== undefined) current.applied.unsaved = unsaved;
    logChanges(before?.state, state);
    const { plan, foreign } = current.applied;
    if (plan.proxy.length > 0 && !before?.applied.plan.proxy.length) {
      log('info', 'shaping_by_relay', { reason: proxyReason(state, capabilities), conditions: plan.proxy.length });
    }
    logUnmanaged(foreign);
    return current.applied;
  }

  /** Saves a state that is in force. @returns the reason that it could not be saved, if so */
  async function trySave(state: LinkState): Promise<string | undefined> {
    try {
      await save(state);
      return undefined;
    } catch (error) {
      const { message } = error as Error;
      log('warn', 'state_not_saved', { message });
      return message;
    }
  }

  /**
   * Restores the state before one that failed, perhaps halfway.
   * @throws NetemError when that fails too, so that the kernel has neither of the two as a whole
   */
  async function rollBack(before: LinkState | undefined, failed: LinkState, cause: Error): Promise<void> {
    try {
      if (before) await execute(before);
      else await remove(failed);
    } catch (error) {
      const { message } = error as Error;
      log('error', 'not_undone', { message });
      revision = randomUUID();
      throw new NetemError(
        `${cause.message}; the change is in force in part, since undoing it failed too: ${message}`,
        {
          hint: 'devnet heal applies the declared state',
          cause,
        },
      );
    }
  }

  async function remove(state: LinkState, closed?: LinkState): Promise<void> {
    unwatchDials();
    watchesDials = false;
    // First, while the rules still lead the ends of its connections to the nodes.
    await proxy.close();
    await removeKernelState(run, state.devnet, state.bridge, closed);
  }

  async function tearDown({ staysClosed }: { staysClosed: boolean }): Promise<LinkState | undefined> {
    const state = current?.state;
    clearTimeout(expiryTimer);
    if (state) await remove(state, staysClosed ? state : undefined);
    // Without a state of its own there may still be what an earlier agent left.
    else if (devnet !== undefined) await removeKernelState(run, devnet);
    current = undefined;
    return state;
  }

  function proxiedDirections(): VersionedLinkState['proxied'] {
    return (current?.applied.plan.proxy ?? []).map(({ from, to }) => ({ from, to }));
  }

  function logUnmanaged(queues: readonly UnmanagedQueue[]): void {
    for (const fields of queues) log('warn', 'queue_not_ours', { ...fields });
  }

  function logChanges(before: LinkState | undefined, after: LinkState): void {
    for (const { event, fields } of diffLinkStates(before, after)) log('info', event, fields);
  }

  function armExpiryTimer(): void {
    clearTimeout(expiryTimer);
    const time = current && nextFaultExpiry(current.state);
    if (time === undefined) return;
    expireFaultsIn(Math.min(Math.max(0, time - Date.now()), MAX_TIMER_MS));
  }

  function expireFaultsIn(ms: number): void {
    expiryTimer = setTimeout(() => void enqueue(expireFaults), ms);
  }

  async function expireFaults(): Promise<void> {
    if (current === undefined) return;
    try {
      await applyState(current.state);
    } catch (error) {
      log('error', 'heal_failed', { message: (error as Error).message });
      expireFaultsIn(HEAL_RETRY_MS);
    }
  }

  /** Shapes packets towards the nodes that were learned on new ports, all since the last time at once. */
  async function reshapeLearned(): Promise<void> {
    const macs = learnedMacs;
    learnedMacs = new Set();
    if (current === undefined) return;
    const { state, applied } = current;
    const receivers = shapedReceivers(applied.plan);
    const nodes = state.nodes.filter(({ mac, address }) => macs.has(mac) && receivers.has(address));
    if (nodes.length === 0) return;
    try {
      await changeQdiscs(run, state.bridge, async (queues) => {
        const ports = await findBridgePorts(run, state, new Set(nodes.map(({ address }) => address)));
        const { before, newlyManaged, unmanaged } = buildTcBatches(applied.plan.kernel, ports, queues);
        await runTcBatch(run, before);
        for (const { name, address } of nodes) {
          if (newlyManaged.includes(ports.get(address) ?? ''))
            log('info', 'link_conditions', { to: name, restored: true });
        }
        logUnmanaged(toUnmanagedQueues(state, ports, unmanaged));
      });
    } catch (error) {
      log('error', 'not_shaped', { nodes: nodes.map(({ name }) => name), message: (error as Error).message });
    }
  }

  return {
    apply: (next, expected) =>
      enqueue(async () => {
        if (expected !== undefined && cleared) throw new NetemError(`${next.devnet} is being taken down`);
        if (expected !== undefined && expected !== revision) return undefined;
        if (isOutdated(next, current?.state)) return undefined;
        cleared = false;
        const served = devnet ?? current?.state.devnet;
        if (served !== undefined && served !== next.devnet) {
          throw new NetemError(`this agent serves ${served}, not ${next.devnet}`);
        }
        return await applyState(next);
      }),
    read: () => enqueue(async () => ({ state: current?.state, revision, proxied: proxiedDirections(), hadLeftovers })),
    onMacLearned(mac) {
      learnedMacs.add(mac);
      if (learnedMacs.size === 1) void enqueue(reshapeLearned);
    },
    show: () =>
      enqueue(async () => ({
        state: current?.state,
        revision,
        proxied: proxiedDirections(),
        plan: current?.applied.plan,
        rules: current ? await listTables(run, current.state.devnet) : [],
        queues: current ? await listQdiscs(run, current.state.bridge) : [],
        relayed: proxy.connections(),
      })),
    clear: () =>
      enqueue(async () => {
        cleared = true;
        const state = await tearDown({ staysClosed: false });
        if (state?.untracked !== undefined) await setBridge(run, state.bridge, 'down');
        revision = randomUUID();
        await save(undefined);
        if (state) logChanges(state, { ...state, conditions: [], overrides: [], cuts: [], messageFaults: [] });
      }),
    removeLeftovers: () =>
      enqueue(async () => {
        if (devnet !== undefined && current === undefined) hadLeftovers = await removeKernelState(run, devnet);
      }),
    stop: () => enqueue(async () => void (await tearDown({ staysClosed: true }))),
  };
}

const shapedReceivers = ({ kernel }: ShapingPlan): Set<string> => new Set(kernel.map(({ to }) => to));

function toUnmanagedQueues(
  { nodes }: LinkState,
  ports: ReadonlyMap<string, string>,
  queues: readonly Qdisc[],
): UnmanagedQueue[] {
  const nodesByPort = new Map(nodes.map((node) => [ports.get(node.address), node]));
  return queues.flatMap(({ dev, kind }) => {
    const node = nodesByPort.get(dev);
    return node ? [{ to: node.name, address: node.address, interface: dev, kind }] : [];
  });
}

function proxyReason({ shaping }: LinkState, capabilities: ShapingCapabilities | undefined): string {
  if (shaping === 'relay') return 'shaping: relay';
  return `this kernel lacks ${capabilities?.htb ? 'sch_netem' : 'sch_htb'}`;
}

const isSamePair = (pair: ClientServer, { client, server }: Dial): boolean =>
  pair.client === client && pair.server === server;
