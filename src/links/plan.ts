import { LinksError } from './links-error.ts';
import type { Lane } from './relay/lane.ts';
import type { Condition, LinkNode, LinkState, Quality } from './state.ts';

/** What the kernel can, of what is needed. */
export interface Abilities {
  /** Delay, jitter, duplicate, reorder and corrupt. */
  netem: boolean;
  /** Rate, and queues for some of the packets only. */
  htb: boolean;
}

/** A node that dials and the node that it dials. */
export interface Dialing {
  client: string;
  server: string;
}

/** Who carries out what of a state. Loss and cuts are always the rules'. */
export interface Plan {
  /** Conditions for tc, and what of them is its part. */
  kernel: Condition[];
  /** Conditions for the relay, likewise. */
  relay: Condition[];
  /** Connections that go through the relay. */
  intercepted: Dialing[];
}

/** Of each quality, the kernel's module that does it, and whether a relay of TCP connections can do it too. */
const MEANS = {
  delay: { module: 'netem', relay: true },
  jitter: { module: 'netem', relay: true },
  rate: { module: 'htb', relay: true },
  duplicate: { module: 'netem', relay: false },
  reorder: { module: 'netem', relay: false },
  corrupt: { module: 'netem', relay: false },
} as const satisfies Partial<Record<keyof Quality, { module: keyof Abilities; relay: boolean }>>;

type Shaped = keyof typeof MEANS;
const SHAPED = Object.keys(MEANS) as Shaped[];

/**
 * Decides between the kernel and the relay, for each condition as a whole.
 * @param standing connections that go through the relay now: they are led through it for as long as they last
 * @throws LinksError when neither can do what is asked, with the missing module and the links
 */
export function planOf(state: LinkState, can: Abilities, standing: readonly Dialing[]): Plan {
  const kernel: Condition[] = [];
  const relay: Condition[] = [];
  const impossible: Impossible[] = [];
  const inKernel = (key: Shaped): boolean => can.htb && can[MEANS[key].module];
  const inRelay = (key: Shaped): boolean => MEANS[key].relay;
  for (const condition of state.conditions) {
    const asked = SHAPED.filter((key) => condition[key]);
    if (asked.length === 0) continue;
    if (state.shaping !== 'relay' && asked.every(inKernel)) kernel.push(shapeOf(condition));
    else if (state.shaping !== 'kernel' && asked.every(inRelay)) relay.push(shapeOf(condition));
    else {
      const kept = { kernel: inKernel, relay: inRelay, auto: (key: Shaped) => inKernel(key) || inRelay(key) };
      impossible.push({ condition, lacking: asked.filter((key) => !kept[state.shaping](key)) });
    }
  }
  if (impossible.length > 0) throw refusal(state, can, impossible);
  return { kernel, relay, intercepted: intercepted(state, relay, standing) };
}

/** Connections that go through the relay by the later plan only: those that stand do not yet. */
export function newlyIntercepted(before: Plan | undefined, { intercepted }: Plan): Dialing[] {
  const known = new Set(before?.intercepted.map(({ client, server }) => `${client} ${server}`));
  return intercepted.filter(({ client, server }) => !known.has(`${client} ${server}`));
}

/** What the plan says of the way from one node to another, for the relay. */
export function lanesOf(state: LinkState, { relay }: Plan): (from: string, to: string) => Lane {
  const lanes = new Map<string, Lane>();
  const lane = (from: string, to: string): Lane => {
    const key = `${from} ${to}`;
    const found = lanes.get(key) ?? { quality: {}, faults: [] };
    lanes.set(key, found);
    return found;
  };
  for (const condition of relay) lane(condition.from, condition.to).quality = condition;
  for (const fault of state.messageFaults) {
    const hit = lane(fault.from, fault.to);
    hit.faults = [...hit.faults, fault];
  }
  const nothing: Lane = { quality: {}, faults: [] };
  return (from, to) => lanes.get(`${from} ${to}`) ?? nothing;
}

/** A condition on one way needs the connections of both: either node may be the one that dials. */
function intercepted(state: LinkState, relay: readonly Condition[], standing: readonly Dialing[]): Dialing[] {
  const pairs = new Map<string, Dialing>();
  const add = (client: string, server: string) => pairs.set(`${client} ${server}`, { client, server });
  for (const { from, to } of [...relay, ...state.messageFaults]) {
    add(from, to);
    add(to, from);
  }
  const nodes = new Set(state.nodes.map(({ address }: LinkNode) => address));
  for (const { client, server } of standing) if (nodes.has(client) && nodes.has(server)) add(client, server);
  return [...pairs.values()];
}

function shapeOf({ loss: _loss, ...condition }: Condition): Condition {
  return condition;
}

interface Impossible {
  condition: Condition;
  /** What of it nothing that may do it can do. */
  lacking: Shaped[];
}

function refusal(state: LinkState, can: Abilities, impossible: readonly Impossible[]): LinksError {
  const names = new Map(state.nodes.map(({ address, name }) => [address, name]));
  const links = impossible.map(({ condition: { from, to } }) => `${names.get(from)} -> ${names.get(to)}`);
  const qualities = [...new Set(impossible.flatMap(({ lacking }) => lacking))];
  const modules = [...new Set<keyof Abilities>(['htb', ...qualities.map((key) => MEANS[key].module)])]
    .filter((module) => !can[module])
    .map((module) => `sch_${module}`);
  const some = links.length > 8 ? `${links.slice(0, 8).join(', ')} and ${links.length - 8} more` : links.join(', ');
  if (state.shaping === 'relay') {
    return new LinksError(`a relay cannot do ${qualities.join(', ')}, asked for on ${some}`, {
      hint: 'leave out "shaping: relay", so that the kernel does it',
    });
  }
  return new LinksError(`this kernel lacks ${modules.join(' and ')}, which ${qualities.join(', ')} on ${some} needs`, {
    hint: 'loss and cuts work, and with "shaping: auto" also delay, jitter and rate',
  });
}
