import { formatList } from '../../../shared/text.ts';
import { NetemError } from '../shared/netem-error.ts';
import type { LinkSettings } from './link-settings.ts';
import type { DirectedLinkConditions, LinkConditions, LinkNode, LinkState } from './link-state.ts';

/** What the kernel can, of what is needed. */
export interface ShapingCapabilities {
  /** Delay, jitter, duplicate, reorder and corrupt. */
  netem: boolean;
  /** Rate, and queues for some of the packets only. */
  htb: boolean;
}

/** A node that dials and the node that it dials. */
export interface ClientServer {
  client: string;
  server: string;
}

/** Who carries out what of a state. Loss and cuts are always the rules'. */
export interface ShapingPlan {
  /** Conditions for tc, and what of them is its part. */
  kernel: DirectedLinkConditions[];
  /** Conditions for the relay, likewise. */
  relay: DirectedLinkConditions[];
  /** Connections that go through the relay. */
  intercepted: ClientServer[];
}

/** Of each quality, the kernel's module that does it, and whether a relay of TCP connections can do it too. */
const SHAPING_METHODS = {
  delay: { module: 'netem', relay: true },
  jitter: { module: 'netem', relay: true },
  rate: { module: 'htb', relay: true },
  duplicate: { module: 'netem', relay: false },
  reorder: { module: 'netem', relay: false },
  corrupt: { module: 'netem', relay: false },
} as const satisfies Partial<Record<keyof LinkConditions, { module: keyof ShapingCapabilities; relay: boolean }>>;

type ShapedCondition = keyof typeof SHAPING_METHODS;
const SHAPED_CONDITIONS = Object.keys(SHAPING_METHODS) as ShapedCondition[];

/**
 * Decides between the kernel and the relay, for each condition as a whole.
 * @param standing connections that go through the relay now: they are led through it for as long as they last
 * @throws LinksError when neither can do what is asked, with the missing module and the links
 */
export function planShaping(
  state: LinkState,
  can: ShapingCapabilities,
  standing: readonly ClientServer[],
): ShapingPlan {
  const kernel: DirectedLinkConditions[] = [];
  const relay: DirectedLinkConditions[] = [];
  const impossible: UnsupportedCondition[] = [];
  const inKernel = (key: ShapedCondition): boolean => can.htb && can[SHAPING_METHODS[key].module];
  const inRelay = (key: ShapedCondition): boolean => SHAPING_METHODS[key].relay;
  for (const condition of state.conditions) {
    const asked = SHAPED_CONDITIONS.filter((key) => condition[key]);
    if (asked.length === 0) continue;
    if (state.shaping !== 'relay' && asked.every(inKernel)) kernel.push(withoutLoss(condition));
    else if (state.shaping !== 'kernel' && asked.every(inRelay)) relay.push(withoutLoss(condition));
    else {
      const kept = { kernel: inKernel, relay: inRelay, auto: (key: ShapedCondition) => inKernel(key) || inRelay(key) };
      impossible.push({ condition, unsupported: asked.filter((key) => !kept[state.shaping](key)) });
    }
  }
  if (impossible.length > 0) throw unsupportedConditionsError(state, can, impossible);
  return { kernel, relay, intercepted: interceptedConnections(state, relay, standing) };
}

/** Connections that go through the relay by the later plan only: those that stand do not yet. */
export function newlyIntercepted(before: ShapingPlan | undefined, { intercepted }: ShapingPlan): ClientServer[] {
  const known = new Set(before?.intercepted.map(({ client, server }) => `${client} ${server}`));
  return intercepted.filter(({ client, server }) => !known.has(`${client} ${server}`));
}

/** What the plan says of the way from one node to another, for the relay. */
export function linkSettingsLookup(
  state: LinkState,
  { relay }: ShapingPlan,
): (from: string, to: string) => LinkSettings {
  const lanes = new Map<string, LinkSettings>();
  const lane = (from: string, to: string): LinkSettings => {
    const key = `${from} ${to}`;
    const found = lanes.get(key) ?? { conditions: {}, messageFaults: [] };
    lanes.set(key, found);
    return found;
  };
  for (const condition of relay) lane(condition.from, condition.to).conditions = condition;
  for (const fault of state.messageFaults) {
    const hit = lane(fault.from, fault.to);
    hit.messageFaults = [...hit.messageFaults, fault];
  }
  const nothing: LinkSettings = { conditions: {}, messageFaults: [] };
  return (from, to) => lanes.get(`${from} ${to}`) ?? nothing;
}

/** A condition on one way needs the connections of both: either node may be the one that dials. */
function interceptedConnections(
  state: LinkState,
  relay: readonly DirectedLinkConditions[],
  standing: readonly ClientServer[],
): ClientServer[] {
  const pairs = new Map<string, ClientServer>();
  const add = (client: string, server: string) => pairs.set(`${client} ${server}`, { client, server });
  for (const { from, to } of [...relay, ...state.messageFaults]) {
    add(from, to);
    add(to, from);
  }
  const nodes = new Set(state.nodes.map(({ address }: LinkNode) => address));
  for (const { client, server } of standing) if (nodes.has(client) && nodes.has(server)) add(client, server);
  return [...pairs.values()];
}

function withoutLoss({ loss: _loss, ...condition }: DirectedLinkConditions): DirectedLinkConditions {
  return condition;
}

interface UnsupportedCondition {
  condition: DirectedLinkConditions;
  /** What of it nothing that may do it can do. */
  unsupported: ShapedCondition[];
}

function unsupportedConditionsError(
  state: LinkState,
  can: ShapingCapabilities,
  impossible: readonly UnsupportedCondition[],
): NetemError {
  const names = new Map(state.nodes.map(({ address, name }) => [address, name]));
  const links = impossible.map(({ condition: { from, to } }) => `${names.get(from)} -> ${names.get(to)}`);
  const qualities = [...new Set(impossible.flatMap(({ unsupported: lacking }) => lacking))];
  const modules = [
    ...new Set<keyof ShapingCapabilities>(['htb', ...qualities.map((key) => SHAPING_METHODS[key].module)]),
  ]
    .filter((module) => !can[module])
    .map((module) => `sch_${module}`);
  const some = formatList(links);
  if (state.shaping === 'relay') {
    return new NetemError(`a relay cannot do ${qualities.join(', ')}, asked for on ${some}`, {
      hint: 'leave out "shaping: relay", so that the kernel does it',
    });
  }
  return new NetemError(`this kernel lacks ${modules.join(' and ')}, which ${qualities.join(', ')} on ${some} needs`, {
    hint: 'loss and cuts work, and with "shaping: auto" also delay, jitter and rate',
  });
}
