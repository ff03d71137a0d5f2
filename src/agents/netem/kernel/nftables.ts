import { conditionsInForce, type LinkCut, type LinkNode, type LinkState } from '../state/link-state.ts';
import type { ShapingPlan } from '../state/shaping-plan.ts';
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

/** First of the ports that stand for a client when the proxy dials a server. */
const FIRST_CLIENT_PORT = 61_000;

/** Addresses that the rules need to redirect connections to the proxy. */
export interface Interception {
  /** Hardware address of the bridge. */
  bridgeMac: string;
  /** Port of the gateway's address that the proxy listens on, by the address of the server. */
  listeners: ReadonlyMap<string, number>;
}

const TABLE_PREFIX = 'devnet-';
/** Prefix of the table that closes a network: it stays when all rules of links are gone. */
const CLOSED_TABLE_PREFIX = 'devnet.closed-';
/** Prefix of the empty chain whose name says which bridge a table is for. */
const BRIDGE_CHAIN_PREFIX = 'for_';

/** Name of the empty chain that says that the bridge has an address only because these rules are there. */
export const ADDRESS_ADDED_CHAIN = 'address_added';

/** Returns the name of a network's tables. */
export const tableName = (devnet: string): string => `${TABLE_PREFIX}${devnet}`;

/** Returns the network that a table belongs to; undefined if none. */
export const networkOfTable = (table: string): string | undefined =>
  withoutPrefix(TABLE_PREFIX, table) ?? withoutPrefix(CLOSED_TABLE_PREFIX, table);

/** Returns the bridge that a chain names; undefined if none. */
export const bridgeOfChain = (chain: string): string | undefined => withoutPrefix(BRIDGE_CHAIN_PREFIX, chain);

const withoutPrefix = (prefix: string, text: string): string | undefined =>
  text.startsWith(prefix) ? text.slice(prefix.length) : undefined;

/** Returns the nft script that removes everything of a network, whether there is anything or not. */
export function removalScript(devnet: string): string {
  return (
    ['bridge', 'ip'].map((family) => tableRemoval(`${family} ${tableName(devnet)}`)).join('') + openingScript(devnet)
  );
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
  const redirects = interception ? redirectRules(state, plan, interception) : NO_RULES;
  const parts = [loss, cuts, classes, redirects];
  const closing = closingScript(state);
  if (parts.every(({ objects }) => objects.length === 0)) return `${removalScript(state.devnet)}${closing}`;
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
  return `${removalScript(state.devnet)}${closing}${bridge}\n${nat}`;
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

/** Delivers packets of proxied connections to this machine, whoever they are addressed to. */
function redirectRules(state: LinkState, plan: ShapingPlan, { bridgeMac }: Interception): RulePart {
  const here = `ether daddr set ${bridgeMac} meta pkttype set host`;
  return {
    objects: [proxiedSet(state, plan)],
    rules: [`ip saddr . ip daddr . tcp dport @relayed ${here}`, `ip daddr . ip saddr . tcp sport @relayed ${here}`],
  };
}

function natTable(state: LinkState, plan: ShapingPlan, { listeners }: Interception): string {
  const { devnet, bridge, gateway } = state;
  const port = listenPortLookup(state);
  const clientPort = assignClientPorts(state);
  const listening = [...listeners].map(([server, at]) => `${server} . ${port(server)} : ${gateway} . ${at}`);
  const dials = plan.intercepted.map(
    ({ client, server }) => `${server} . ${clientPort.get(client)} : ${server} . ${port(server)}`,
  );
  const clients = [...new Set(plan.intercepted.map(({ client }) => client))];
  const zone = `ct zone set ${CONNTRACK_ZONE}`;
  return block(`table ip ${tableName(devnet)}`, [
    proxiedSet(state, plan),
    setOrMap('map listening', 'ipv4_addr . inet_service : ipv4_addr . inet_service', listening),
    setOrMap('map dials', 'ipv4_addr . inet_service : ipv4_addr . inet_service', dials),
    setOrMap(
      'set dialed',
      'ipv4_addr . inet_service',
      dials.map((element) => element.split(' : ')[0] as string),
    ),
    setOrMap('set listeners', 'inet_service', [...listeners.values()].map(String)),
    setOrMap(
      'map clients',
      'inet_service : ipv4_addr',
      clients.map((client) => `${clientPort.get(client)} : ${client}`),
    ),
    block('chain tracked_in', [
      'type filter hook prerouting priority raw; policy accept;',
      `iifname ${bridge} ip saddr . ip daddr . tcp dport @relayed ${zone}`,
      `iifname ${bridge} ip daddr . ip saddr . tcp sport @relayed ${zone}`,
    ]),
    block('chain tracked_out', [
      'type filter hook output priority raw; policy accept;',
      `ip saddr ${gateway} ip daddr . tcp dport @dialed ${zone}`,
      `ip saddr ${gateway} tcp sport @listeners ${zone}`,
    ]),
    block('chain accepted', [
      'type nat hook prerouting priority dstnat - 5; policy accept;',
      `iifname ${bridge} ip saddr . ip daddr . tcp dport @relayed dnat ip to ip daddr . tcp dport map @listening`,
      // Packets of a connection that was open before: the proxy does not know it and resets it.
      `iifname ${bridge} ip daddr . ip saddr . tcp sport @relayed dnat ip to ip saddr . tcp sport map @listening`,
    ]),
    block('chain dialing', [
      'type nat hook output priority -105; policy accept;',
      `ip saddr ${gateway} dnat ip to ip daddr . tcp dport map @dials`,
    ]),
    block('chain named', [
      'type nat hook postrouting priority srcnat - 5; policy accept;',
      `oifname ${bridge} ip saddr ${gateway} meta l4proto tcp ct status dnat snat to ct original proto-dst map @clients`,
    ]),
  ]);
}

function proxiedSet(state: LinkState, { intercepted }: ShapingPlan): string {
  const port = listenPortLookup(state);
  const elements = intercepted.map(({ client, server }) => `${client} . ${server} . ${port(server)}`);
  return setOrMap('set relayed', 'ipv4_addr . ipv4_addr . inet_service', elements);
}

/** Returns the port that stands for each node as a client of the proxy; none is a port that a node listens on. */
export function assignClientPorts({ nodes }: LinkState): Map<string, number> {
  const taken = new Set(nodes.map(({ port }: LinkNode) => port));
  const ports = new Map<string, number>();
  let port = FIRST_CLIENT_PORT;
  for (const { address } of nodes) {
    while (taken.has(port)) port++;
    ports.set(address, port++);
  }
  return ports;
}

function listenPortLookup({ nodes }: LinkState): (address: string) => number | undefined {
  const ports = new Map(nodes.map(({ address, port }) => [address, port]));
  return (address) => ports.get(address);
}

function setOrMap(name: string, type: string, elements: readonly string[]): string {
  const unique = [...new Set(elements)];
  return `${name} { type ${type}; ${unique.length > 0 ? `elements = { ${unique.join(', ')} }; ` : ''}}`;
}

function block(head: string, lines: readonly string[]): string {
  return `${head} {\n${lines.map((line) => `  ${line.replaceAll('\n', '\n  ')}`).join('\n')}\n}`;
}
