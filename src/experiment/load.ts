import { setTimeout as delay } from 'node:timers/promises';
import { now } from '../devnet/log-entry.ts';
import type { Observed } from '../devnet/observe.ts';
import type { Route } from '../devnet/route.ts';
import { DevnetError } from '../errors.ts';
import { graphOf, hops } from '../topology/index.ts';
import type { Load, Run } from './experiment.ts';
import { type Receipts, receiptsOf } from './receipts.ts';
import type { MessageSample, Traffic } from './sample.ts';
import { type Address, tell } from './tell.ts';
import { countTraffic, isAtRest, trafficBetween } from './traffic.ts';

/** When nothing has come for so long, the nodes are asked whether anything is still under way, milliseconds. */
const LULL = 400;
/** How long what is under way at the end of a run may take to arrive and to be logged, milliseconds. */
const SETTLING = 2_000;

/** A running network that news can be spread on. */
export interface Stage {
  devnet: Observed;
  route: Route;
  receipts: Receipts;
}

/** A piece of gossip under way. */
interface Piece {
  id: string;
  sender: string;
  sent: string;
  /** Milliseconds since the epoch. */
  deadline: number;
}

/**
 * Spreads the gossip of a run and waits until each piece has come as far as it goes.
 * @param prefix of the ids, not used before on this network: nodes know again what they have had
 * @throws DevnetError `node_unreachable`; `not_verified` when the log does not hold what the nodes counted
 */
export async function spread(
  { devnet, route, receipts }: Stage,
  run: Run,
  load: Load,
  prefix: string,
  signal: AbortSignal,
): Promise<{ samples: MessageSample[]; traffic: Record<string, Traffic> }> {
  const addresses = devnet.nodes.map(({ name, address, port }): Address => ({ node: name, host: address, port }));
  const byName = new Map(addresses.map((address) => [address.node, address]));
  const graph = graphOf(run.topology);
  const reach = new Map(run.origins.map((origin) => [origin, hops(graph, origin).size]));
  const pieces: Piece[] = [];
  const data = 'x'.repeat(load.size);
  let before = await countTraffic(route, addresses);
  /** The first of the pieces that have been counted since `before`. */
  let first = 0;

  const traffic = async (): Promise<Record<string, Traffic> | undefined> => {
    const after = before && (await countTraffic(route, addresses));
    return before && after ? trafficBetween(before, after) : undefined;
  };
  const ids = () => pieces.slice(first).map(({ id }) => id);
  /** Nothing moves, and the log has told all of it. */
  const settled = (counted: Record<string, Traffic>): boolean =>
    isAtRest(counted, pieces.length - first) && logged(counted, receipts, ids());
  const arrived = async ({ id, sender, deadline }: Piece): Promise<void> => {
    while (receipts.of(id).length < reach.get(sender)! && Date.now() < deadline) {
      if (await receipts.next(Math.min(LULL, deadline - Date.now()), signal)) continue;
      const counted = Date.now() < deadline ? await traffic() : undefined;
      if (counted && settled(counted) && !announces(counted)) return;
    }
  };
  /** Waits for the duplicates as well. @returns what was counted; undefined where nodes do not count */
  const rest = async (): Promise<Record<string, Traffic> | undefined> => {
    const deadline = Date.now() + SETTLING;
    let counted = await traffic();
    while (counted && !settled(counted) && Date.now() < deadline) {
      await receipts.next(LULL / 4, signal);
      counted = await traffic();
    }
    return counted;
  };
  const send = async (sender: string): Promise<Piece> => {
    signal.throwIfAborted();
    const id = `${prefix}-${pieces.length + 1}`;
    const piece = { id, sender, sent: now(), deadline: Date.now() + load.within };
    pieces.push(piece);
    await tell(route, byName.get(sender)!, { id, data });
    return piece;
  };

  for (const sender of run.origins.slice(0, load.warmup)) await arrived(await send(sender));
  // A link that did not outlive the change from the run before shows here, where it does no harm.
  await rest();
  before = await countTraffic(route, addresses);
  first = load.warmup;

  const began = Date.now();
  for (const [index, sender] of run.origins.slice(load.warmup).entries()) {
    const due = load.every === undefined ? 0 : began + index * load.every - Date.now();
    if (due > 0) await delay(due, undefined, { signal }).catch(() => signal.throwIfAborted());
    const piece = await send(sender);
    if (load.every === undefined) await arrived(piece);
  }
  for (const piece of pieces) await arrived(piece);
  const counted = await rest();
  if (counted && !logged(counted, receipts, ids())) throw incomplete(counted, receipts.count(ids()));
  const nodes = new Map(addresses.map(({ node, host }) => [node, host]));
  const samples = pieces.slice(first).map(({ id, sender, sent }): MessageSample => {
    const { receipts: list, never } = receiptsOf(receipts.of(id), sender, nodes, load.within);
    return { kind: 'message', run: run.key, parameters: run.parameters, id, sender, sent, receipts: list, never };
  });
  return { samples, traffic: counted ?? {} };
}

/** Nobody counts the announcements that came, so that nobody can tell whether some are still under way. */
const announces = (traffic: Readonly<Record<string, Traffic>>): boolean =>
  Object.values(traffic).some(({ announced }) => announced > 0);

const receivedIn = (traffic: Readonly<Record<string, Traffic>>): number =>
  Object.values(traffic).reduce((sum, { received }) => sum + received, 0);

function logged(traffic: Readonly<Record<string, Traffic>>, receipts: Receipts, ids: readonly string[]): boolean {
  return receipts.count(ids) >= receivedIn(traffic);
}

function incomplete(traffic: Readonly<Record<string, Traffic>>, found: number): DevnetError {
  return new DevnetError(
    'not_verified',
    `the nodes counted ${receivedIn(traffic)} receipts, and ${found} of them are in the log`,
    { hint: 'the machine may be too busy, or somebody else sends gossip on this devnet' },
  );
}
