import { conditionsInForce, type LinkCut, type LinkState } from '../state/link-state.ts';
import type { ShapingPlan } from '../state/shaping-plan.ts';
import type { InterceptedRoute } from './intercepted-routes.ts';
import { ROOT_HANDLE, tcClassId } from './tc.ts';

/** Loss is compared with a random number below this. */
const LOSS_SCALE = 1_000_000;

/** A cut of at most this many pairs is listed pair by pair: any number of such cuts takes one lookup. */
const MAX_LISTED_PAIRS = 64;

/**
 * Conntrack zone of proxied connections. A connection that was open before is unknown in it, so the proxy answers its next
 * packet with a reset, and the node redials.
 */
const CONNTRACK_ZONE = 0xde7;

/**
 * Port of the bridge's address that packets of unknown connections are led to: this machine's own stack resets them, whether
 * something listens there or not. A rule's reset would bear this machine's address where bridged packets pass iptables.
 */
const RESET_PORT = 9;

/** Input of the rules that hand connections to the proxy. */
export interface Interception {
  /** Hardware address of the bridge. */
  bridgeMac: string;
  routes: readonly InterceptedRoute[];
}

const TABLE_PREFIX = 'devnet-';
/** Prefix of the table that closes a network: it stays when all rules of links are gone. */
const CLOSED_TABLE_PREFIX = 'devnet.closed-';
/** Of the table that is there for a moment, while the agent begins to watch for dials. */
const TRACE_TABLE_PREFIX = 'devnet.trace-';
/** Chain that reports the first packets of connections. */
export const DIAL_CHAIN = 'tracked_in';
/** Prefix of the empty chain whose name says which bridge a table is for. */
const BRIDGE_CHAIN_PREFIX = 'for_';

/** Name of the empty chain that says that the bridge has an address only because these rules are there. */
export const ADDRESS_ADDED_CHAIN = 'address_added';

/** Returns the name of a network's tables. */
export const tableName = (devnet: string): string => `${TABLE_PREFIX}${devnet}`;

/** Returns the name of the table that is there while the agent begins to watch for dials. */
export const traceTableName = (devnet: string): string => `${TRACE_TABLE_PREFIX}${devnet}`;

/** Returns the network that a table belongs to; undefined if none. */
export const networkOfTable = (table: string): string | undefined =>
  withoutPrefix(TABLE_PREFIX, table) ?? withoutPrefix(CLOSED_TABLE_PREFIX, table);

/** Returns the bridge that a chain names; undefined if none. */
export const bridgeOfChain = (chain: string): string | undefined => withoutPrefix(BRIDGE_CHAIN_PREFIX, chain);

const withoutPrefix = (prefix: string, text: string): string | undefined =>
  text.startsWith(prefix) ? text.slice(prefix.length) : undefined;

/** Returns the nft script that removes everything of a network, whether there is anything or not. */
export function removalScript(devnet: string): string {
  const tables = [`bridge ${tableName(devnet)}`, `ip ${tableName(devnet)}`, `ip ${traceTableName(devnet)}`];
  return tables.map(tableRemoval).join('') + openingScript(devnet);
}

/** Returns the nft script that opens a network, whether it is closed or not. */
function openingScript(devnet: string): string {
  return tableRemoval(`inet ${CLOSED_TABLE_PREFIX}${devnet}`);
}

const tableRemoval = (table: string): string => `table ${table}\ndelete table ${table}\n`;

/**
 * Returns the nft script that keeps a closed network's nodes from everything but each other: from this machine on any of its
 * addresses, and from what it would forward to. Answers to what this machine itself began pass, since it dials nodes, and so do
 * connections that are redirected to the proxy. Empty for an open network.
 */
export function closingScript({ devnet, bridge, gateway, closed }: LinkState): string {
  if (closed === undefined) return '';
  const table = block(`table inet ${CLOSED_TABLE_PREFIX}${devnet}`, [
    block(`chain ${BRIDGE_CHAIN_PREFIX}${bridge}`, []),
    ...(closed.prefix === undefined ? [] : [block(`chain ${ADDRESS_ADDED_CHAIN}`, [])]),
    block('chain to_this_machine', [
      'type filter hook input priority filter - 1; policy accept;',
      `iifname ${bridge} ct state established,related accept`,
      `iifname ${bridge} ct zone ${CONNTRACK_ZONE} ct status dnat accept`,
      ...(closed.dns ? [`iifname ${bridge} ip daddr ${gateway} meta l4proto { tcp, udp } th dport 53 accept`] : []),
      `iifname ${bridge} drop`,
    ]),
    block('chain through_this_machine', [
      'type filter hook forward priority filter - 1; policy accept;',
      `iifname ${bridge} oifname != ${bridge} drop`,
      `oifname ${bridge} iifname != ${bridge} drop`,
    ]),
  ]);
  return `${openingScript(devnet)}${table}\n`;
}

/**
 * Returns the nft script that makes the kernel cut, lose and classify packets as the state says, and redirect connections to
 * the proxy. Run as one file it is one transaction: the network's tables are replaced as a whole, there is never a moment
 * without rules, and no other table is touched.
 *
 * Pairs are matched by IPv4 addresses, so ARP passes: packets are dropped silently, as by a cut further away, and no neighbour
 * is remembered as unreachable when the cut heals. Traffic of the gateway matches no pair of nodes.
 */
export function nftScript(state: LinkState, plan: ShapingPlan, interception?: Interception): string {
  const table = tableName(state.devnet);
  const loss = lossRules(state);
  const cuts = cutRules(state.cuts);
  const classes = classRules(plan);
  const redirects = interception ? redirectRules(plan, interception) : NO_RULES;
  const parts = [loss, cuts, classes, redirects];
  const closing = closingScript(state);
  const always = `${removalScript(state.devnet)}${closing}${interception ? '' : untrackedTable(state)}`;
  if (parts.every(({ objects }) => objects.length === 0)) return always;
  // Packets of the proxy do not pass `arriving`, so cuts are applied in `leaving` too.
  const bridge = block(`table bridge ${table}`, [
    block(`chain ${BRIDGE_CHAIN_PREFIX}${state.bridge}`, []),
    ...parts.flatMap(({ objects }) => objects),
    ...(cuts.rules.length > 0 ? [block('chain cuts', cuts.rules)] : []),
    block('chain arriving', [
      'type filter hook prerouting priority dstnat; policy accept;',
      ...(cuts.rules.length > 0 ? ['jump cuts'] : []),
      ...loss.rules,
      ...redirects.rules,
    ]),
    block('chain leaving', [
      'type filter hook postrouting priority 0; policy accept;',
      ...(cuts.rules.length > 0 ? ['jump cuts'] : []),
      ...classes.rules,
    ]),
  ]);
  const nat = interception ? `${natTable(state, plan, interception)}\n` : '';
  return `${always}${bridge}\n${nat}`;
}

/** Keeps the connections between nodes out of conntrack, but not those with the bridge's address, whose answers the other rules know by it. */
function untrackedTable({ devnet, bridge, gateway, untracked }: LinkState): string {
  if (untracked === undefined) return '';
  const table = block(`table ip ${tableName(devnet)}`, [
    block(`chain ${BRIDGE_CHAIN_PREFIX}${bridge}`, []),
    block('chain untracked', [
      'type filter hook prerouting priority raw; policy accept;',
      `iifname ${bridge} ip saddr ${untracked} ip saddr != ${gateway} ip daddr ${untracked} ip daddr != ${gateway} notrack`,
    ]),
  ]);
  return `${table}\n`;
}

/** Sets, maps and chains, with the rules that use them. */
interface RulePart {
  objects: string[];
  rules: string[];
}

const NO_RULES: RulePart = { objects: [], rules: [] };

function lossRules(state: LinkState): RulePart {
  const chances = conditionsInForce(state)
    .map(({ from, to, loss = 0 }) => ({ from, to, chance: Math.round(loss * LOSS_SCALE) }))
    .filter(({ chance }) => chance > 0);
  if (chances.length === 0) return NO_RULES;
  const chains = [...new Set(chances.map(({ chance }) => chance))].map((chance) =>
    block(`chain loss_${chance}`, [`numgen random mod ${LOSS_SCALE} < ${chance} drop`]),
  );
  const elements = chances.map(({ from, to, chance }) => `${from} . ${to} : jump loss_${chance}`);
  return {
    objects: [...chains, setOrMap('map loss', 'ipv4_addr . ipv4_addr : verdict', elements)],
    rules: ['ip saddr . ip daddr vmap @loss'],
  };
}

function cutRules(cuts: readonly LinkCut[]): RulePart {
  const pairs: string[] = [];
  const objects: string[] = [];
  const rules: string[] = [];
  for (const { from, to } of cuts) {
    if (from.length === 0 || to.length === 0) continue;
    if (from.length * to.length <= MAX_LISTED_PAIRS) {
      for (const one of from) for (const other of to) pairs.push(`${one} . ${other}`);
      continue;
    }
    const name = `cut${rules.length}`;
    objects.push(setOrMap(`set ${name}_from`, 'ipv4_addr', from), setOrMap(`set ${name}_to`, 'ipv4_addr', to));
    rules.push(`ip saddr @${name}_from ip daddr @${name}_to drop`);
  }
  if (pairs.length > 0) {
    objects.push(setOrMap('set cut_pairs', 'ipv4_addr . ipv4_addr', pairs));
    rules.push('ip saddr . ip daddr @cut_pairs drop');
  }
  return { objects, rules };
}

/** Assigns packets to tc's classes by one lookup; tc's own filters would be tried one after another. */
function classRules({ kernel }: ShapingPlan): RulePart {
  if (kernel.length === 0) return NO_RULES;
  const elements = kernel.map(({ from, to }) => `${from} . ${to} : ${ROOT_HANDLE}:${tcClassId(from)}`);
  return {
    objects: [setOrMap('map classes', 'ipv4_addr . ipv4_addr : classid', elements)],
    rules: ['meta priority set ip saddr . ip daddr map @classes'],
  };
}

/** Delivers TCP between intercepted nodes to this machine, whoever it is addressed to. */
function redirectRules(plan: ShapingPlan, { bridgeMac }: Interception): RulePart {
  return {
    objects: [interceptedSet(plan)],
    rules: [`ip saddr . ip daddr @intercepted meta l4proto tcp ether daddr set ${bridgeMac} meta pkttype set host`],
  };
}

/** Leads the packets of both ends of a connection to the proxy's sockets, each in the name of the other end. */
function natTable({ devnet, bridge, gateway }: LinkState, plan: ShapingPlan, { routes }: Interception): string {
  const maps = routeElements(routes);
  const zone = `ct zone set ${CONNTRACK_ZONE}`;
  const arriving = `iifname ${bridge} ip saddr . ip daddr @intercepted`;
  return block(`table ip ${tableName(devnet)}`, [
    interceptedSet(plan),
    ...Object.entries(ROUTE_MAPS).map(([name, { kind, type }]) =>
      setOrMap(`${kind} ${name}`, type, maps[name as RouteMap]),
    ),
    block(`chain ${DIAL_CHAIN}`, [
      'type filter hook prerouting priority raw; policy accept;',
      `${arriving} meta l4proto tcp ${zone}`,
      // The proxy is told of it, and opens the connection when the server has answered.
      `${arriving} tcp flags & (syn | ack) == syn meta nftrace set 1 drop`,
    ]),
    block('chain tracked_out', [
      'type filter hook output priority raw; policy accept;',
      `ip saddr ${gateway} ip daddr . tcp dport @dialed ${zone}`,
      `ip saddr ${gateway} tcp sport @answering ${zone}`,
      `ip saddr ${gateway} tcp sport ${RESET_PORT} ${zone}`,
    ]),
    block('chain unknown', [
      'type nat hook prerouting priority dstnat - 5; policy accept;',
      // Packets of a connection that was open before, which the proxy does not know.
      `${arriving} meta l4proto tcp dnat ip to ${gateway}:${RESET_PORT}`,
    ]),
    block('chain refused', [
      'type filter hook input priority filter; policy accept;',
      // A client answers the proxy's dial. Only an ICMP error ends its own dial as a refusal, and not as a reset.
      `iifname ${bridge} tcp dport @refusing tcp flags & (syn | ack) == (syn | ack) reject with icmp port-unreachable`,
    ]),
    block('chain dialing', [
      'type nat hook output priority -105; policy accept;',
      `ip saddr ${gateway} dnat ip to ip daddr . tcp dport map @dials`,
    ]),
    block('chain named', [
      'type nat hook postrouting priority srcnat - 5; policy accept;',
      `oifname ${bridge} ip saddr ${gateway} meta l4proto tcp ct status dnat snat to ct original proto-dst map @clients`,
      `oifname ${bridge} ip saddr ${gateway} snat ip to tcp sport map @answers`,
    ]),
    // Docker has the kernel forget the connections of a container that ended, often before the proxy has passed their end on: no
    // packet that ends a connection is translated then, and the other end would take it for a live one.
    block('chain forgotten', [
      'type filter hook postrouting priority srcnat + 5; policy accept;',
      `oifname ${bridge} ip saddr ${gateway} ct state invalid tcp sport @answering ip saddr set tcp sport map @answer_hosts tcp sport set tcp sport map @answer_ports`,
      `oifname ${bridge} ip saddr ${gateway} ct state invalid ip daddr . tcp dport @dialed ip saddr set tcp dport map @clients tcp dport set ip daddr . tcp dport map @dial_ports`,
    ]),
  ]);
}

/** Sets and maps that routes are elements of. */
const ROUTE_MAPS = {
  dialed: { kind: 'set', type: 'ipv4_addr . inet_service' },
  dials: { kind: 'map', type: 'ipv4_addr . inet_service : ipv4_addr . inet_service' },
  dial_ports: { kind: 'map', type: 'ipv4_addr . inet_service : inet_service' },
  clients: { kind: 'map', type: 'inet_service : ipv4_addr' },
  answering: { kind: 'set', type: 'inet_service' },
  answers: { kind: 'map', type: 'inet_service : ipv4_addr . inet_service' },
  answer_hosts: { kind: 'map', type: 'inet_service : ipv4_addr' },
  answer_ports: { kind: 'map', type: 'inet_service : inet_service' },
  refusing: { kind: 'set', type: 'inet_service' },
} as const;
type RouteMap = keyof typeof ROUTE_MAPS;

function routeElements(routes: readonly InterceptedRoute[]): Record<RouteMap, string[]> {
  const both = (element: (port: number, route: InterceptedRoute) => string) =>
    routes.flatMap((route) => [element(route.answerPort, route), element(route.refusePort, route)]);
  return {
    dialed: routes.map(({ server, dialPort }) => `${server} . ${dialPort}`),
    dials: routes.map(({ server, port, dialPort }) => `${server} . ${dialPort} : ${server} . ${port}`),
    dial_ports: routes.map(({ server, port, dialPort }) => `${server} . ${dialPort} : ${port}`),
    clients: routes.map(({ client, dialPort }) => `${dialPort} : ${client}`),
    answering: both(String),
    answers: both((port, route) => `${port} : ${route.server} . ${route.port}`),
    answer_hosts: both((port, route) => `${port} : ${route.server}`),
    answer_ports: both((port, route) => `${port} : ${route.port}`),
    refusing: routes.map(({ refusePort }) => String(refusePort)),
  };
}

/** Returns the nft script that adds a route to the rules that are in force. */
export function routeScript(devnet: string, route: InterceptedRoute): string {
  const maps = routeElements([route]);
  return Object.keys(ROUTE_MAPS)
    .map((name) => `add element ip ${tableName(devnet)} ${name} { ${maps[name as RouteMap].join(', ')} }\n`)
    .join('');
}

function interceptedSet({ intercepted }: ShapingPlan): string {
  const elements = intercepted.flatMap(({ client, server }) => [`${client} . ${server}`, `${server} . ${client}`]);
  return setOrMap('set intercepted', 'ipv4_addr . ipv4_addr', elements);
}

function setOrMap(name: string, type: string, elements: readonly string[]): string {
  const unique = [...new Set(elements)];
  return `${name} { type ${type}; ${unique.length > 0 ? `elements = { ${unique.join(', ')} }; ` : ''}}`;
}

function block(head: string, lines: readonly string[]): string {
  return `${head} {\n${lines.map((line) => `  ${line.replaceAll('\n', '\n  ')}`).join('\n')}\n}`;
}
