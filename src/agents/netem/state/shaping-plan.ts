import { formatList } from '../../../shared/text.ts';
import { NetemError } from '../shared/reporting.ts';
import {
  conditionsInForce,
  type DirectedLinkConditions,
  type LinkConditions,
  type LinkSettings,
  type LinkState,
  nodeNameLookup,
} from './link-state.ts';

/** Features of the kernel that shaping needs. */
export interface ShapingCapabilities {
  /** Delay, jitter, duplicate, reorder and corrupt. */
  netem: boolean;
  /** Rate, and queues for some of the packets only. */
  htb: boolean;
}

/** A node that dials, and the node that it dials; addresses. */
export interface ClientServer {
  client: string;
  server: string;
}

/** Division of a link state between the kernel and the proxy. Loss and cuts are always left to nft's rules. */
export interface ShapingPlan {
  /** Conditions for tc. */
  kernel: DirectedLinkConditions[];
  /** Conditions for the proxy. */
  proxy: DirectedLinkConditions[];
  /** Connections that go through the proxy. */
  intercepted: ClientServer[];
}

/** For each condition, the kernel's module that applies it, and whether a proxy of TCP connections can apply it too. */
const SHAPING_METHODS = {
  delay: { module: 'netem', proxy: true },
  jitter: { module: 'netem', proxy: true },
  rate: { module: 'htb', proxy: true },
  duplicate: { module: 'netem', proxy: false },
  reorder: { module: 'netem', proxy: false },
  corrupt: { module: 'netem', proxy: false },
} as const satisfies Partial<Record<keyof LinkConditions, { module: keyof ShapingCapabilities; proxy: boolean }>>;

type ShapedCondition = keyof typeof SHAPING_METHODS;
const SHAPED_CONDITIONS = Object.keys(SHAPING_METHODS) as ShapedCondition[];

/**
 * Decides between the kernel and the proxy, for all conditions of a link together.
 *
 * @param open connections that go through the proxy now; they stay there until they are closed
 * @throws NetemError when neither can apply the conditions, with the missing module and the links
 */
export function planShaping(
  state: LinkState,
  capabilities: ShapingCapabilities,
  open: readonly ClientServer[],
): ShapingPlan {
  const kernel: DirectedLinkConditions[] = [];
  const proxy: DirectedLinkConditions[] = [];
  const unsupported: UnsupportedConditions[] = [];
  const byKernel = (key: ShapedCondition): boolean => capabilities.htb && capabilities[SHAPING_METHODS[key].module];
  const byProxy = (key: ShapedCondition): boolean => SHAPING_METHODS[key].proxy;
  const isSupported = {
    kernel: byKernel,
    relay: byProxy,
    auto: (key: ShapedCondition) => byKernel(key) || byProxy(key),
  }[state.shaping];
  for (const { loss: _loss, ...conditions } of conditionsInForce(state)) {
    const keys = SHAPED_CONDITIONS.filter((key) => conditions[key]);
    if (keys.length === 0) continue;
    if (state.shaping !== 'relay' && keys.every(byKernel)) kernel.push(conditions);
    else if (state.shaping !== 'kernel' && keys.every(byProxy)) proxy.push(conditions);
    else unsupported.push({ link: conditions, keys: keys.filter((key) => !isSupported(key)) });
  }
  if (unsupported.length > 0) throw unsupportedConditionsError(state, capabilities, unsupported);
  return { kernel, proxy, intercepted: interceptedConnections(state, proxy, open) };
}

const connectionKey = ({ client, server }: ClientServer): string => `${client} ${server}`;

/** Returns the connections that go through the proxy by the later plan only. Those that are open do not yet. */
export function newlyIntercepted(before: ShapingPlan | undefined, { intercepted }: ShapingPlan): ClientServer[] {
  const known = new Set(before?.intercepted.map(connectionKey));
  return intercepted.filter((connection) => !known.has(connectionKey(connection)));
}

/** Returns a function that returns the proxy's settings for the link from one node to another. @param state @default none */
export function linkSettingsLookup(state?: LinkState, plan?: ShapingPlan): (from: string, to: string) => LinkSettings {
  const links = new Map<string, LinkSettings>();
  const unchanged: LinkSettings = { conditions: {}, messageFaults: [] };
  const lookup = (from: string, to: string): LinkSettings => links.get(`${from} ${to}`) ?? unchanged;
  for (const conditions of plan?.proxy ?? []) {
    links.set(`${conditions.from} ${conditions.to}`, { conditions, messageFaults: [] });
  }
  for (const fault of state?.messageFaults ?? []) {
    const { conditions, messageFaults } = lookup(fault.from, fault.to);
    links.set(`${fault.from} ${fault.to}`, { conditions, messageFaults: [...messageFaults, fault] });
  }
  return lookup;
}

/**
 * Conditions of one direction need the connections of both: either node may be the one that dials. The rules take all packets
 * between two nodes, so both are intercepted as long as a connection of one is open.
 */
function interceptedConnections(
  state: LinkState,
  proxied: readonly DirectedLinkConditions[],
  open: readonly ClientServer[],
): ClientServer[] {
  const nodes = new Set(state.nodes.map(({ address }) => address));
  const links = [
    ...[...proxied, ...state.messageFaults],
    ...open.flatMap(({ client, server }) =>
      nodes.has(client) && nodes.has(server) ? { from: client, to: server } : [],
    ),
  ];
  const connections = links.flatMap(({ from, to }) => [
    { client: from, server: to },
    { client: to, server: from },
  ]);
  return [...new Map(connections.map((connection) => [connectionKey(connection), connection])).values()];
}

interface UnsupportedConditions {
  link: { from: string; to: string };
  /** The conditions that nothing allowed can apply. */
  keys: ShapedCondition[];
}

function unsupportedConditionsError(
  state: LinkState,
  capabilities: ShapingCapabilities,
  unsupported: readonly UnsupportedConditions[],
): NetemError {
  const name = nodeNameLookup(state);
  const links = formatList(unsupported.map(({ link: { from, to } }) => `${name(from)} -> ${name(to)}`));
  const keys = [...new Set(unsupported.flatMap((link) => link.keys))];
  if (state.shaping === 'relay') {
    return new NetemError(`"shaping: relay" does not support ${keys.join(', ')}, set on ${links}`, {
      hint: 'leave out "shaping: relay", so that the kernel is used',
    });
  }
  const modules = new Set<keyof ShapingCapabilities>(['htb', ...keys.map((key) => SHAPING_METHODS[key].module)]);
  const missing = [...modules].filter((module) => !capabilities[module]).map((module) => `sch_${module}`);
  return new NetemError(`this kernel lacks ${missing.join(' and ')}, needed for ${keys.join(', ')} on ${links}`, {
    hint: 'loss and cuts work, and with "shaping: auto" also delay, jitter and rate',
  });
}
