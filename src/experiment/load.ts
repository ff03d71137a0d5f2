import { setTimeout as delay } from 'node:timers/promises';
import { now } from '../devnet/log-entry.ts';
import type { Observed } from '../devnet/observe.ts';
import type { Route } from '../devnet/route.ts';
import { DevnetError } from '../errors.ts';
import { graphOf, hops } from '../topology/index.ts';
import { Counting } from './counting.ts';
import type { Load, Run } from './experiment.ts';
import { type Receipts, receiptsOf } from './receipts.ts';
import type { FaultSpan, LinkTraffic, MessageSample, Traffic } from './sample.ts';
import { type Address, tell } from './tell.ts';
import type { Timeline } from './timeline.ts';
import { type Count, countTraffic, isAtRest, linksOf, trafficOf } from './traffic.ts';

/** When nothing has come for so long, the nodes are asked whether anything is still under way, milliseconds. */
const LULL = 400;
/** How long what is under way at the end of a run may take to arrive and to be logged, milliseconds. */
const SETTLING = 2_000;

/** A running network that news can be spread on. */
export interface Stage {
  devnet: Observed;
  route: Route;
  receipts: Receipts;
  /** Begins with what the run does to the network, with nodes asked what they counted before they end. */
  faults: (counting: Counting) => Promise<Timeline>;
  /** Told how many of the messages that count have been sent. */
  told: (done: number) => void;
}

/** What came of a run. */
export interface Spread {
  samples: MessageSample[];
  /** By node; empty where some node does not count. */
  traffic: Record<string, Traffic>;
  /** Absent where the traffic is empty. */
  links?: LinkTraffic[];
  /** ISO 8601, UTC. */
  began: string;
  faults: FaultSpan[];
}

/** What all pieces of a run share. */
interface Round {
  stage: Stage;
  counting: Counting;
  addresses: readonly Address[];
  run: Run;
  load: Load;
  /** Of the ids. */
  prefix: string;
}

type Counts = ReadonlyMap<string, Count>;

/** A piece of gossip under way. */
interface Piece {
  id: string;
  sender: string;
  sent: string;
  /** Milliseconds since the epoch. */
  deadline: number;
  /** False where the sender was not there to be told. */
  told: boolean;
}

/**
 * Spreads the gossip of a run, with what is done to the network meanwhile, and waits until each piece has come as far as it
 * goes. Then all faults are taken back.
 * @param prefix of the ids, not used before on this network: nodes know again what they have had
 * @throws DevnetError `node_unreachable` where nothing was done to the network; `not_verified` when the log does not hold
 *   what the nodes counted; what faults fail with
 */
export async function spread(stage: Stage, run: Run, load: Load, prefix: string, signal: AbortSignal): Promise<Spread> {
  const addresses = stage.devnet.nodes.map(({ name, address, port }) => ({ node: name, host: address, port }));
  const counting = new Counting((some) => countTraffic(stage.route, some), addresses);
  const round: Round = { stage, counting, addresses, run, load, prefix };
  const warm = new Spreading(round, signal);
  await counting.start();
  for (const sender of run.origins.slice(0, load.warmup)) await warm.arrived(await warm.send(sender));
  // A link that did not outlive the change from the run before shows here, where it does no harm.
  await warm.rest();

  const timeline = await stage.faults(counting);
  try {
    const both = AbortSignal.any([signal, timeline.failed]);
    const spreading = new Spreading(round, both, load.warmup);
    await counting.start();
    for (const [index, sender] of run.origins.slice(load.warmup).entries()) {
      if (load.every !== undefined) await spreading.until(timeline.began + index * load.every);
      const piece = await spreading.send(sender);
      stage.told(index + 1);
      if (load.every === undefined) await spreading.arrived(piece);
    }
    const result = await spreading.complete();
    return { ...result, began: new Date(timeline.began).toISOString(), faults: await timeline.end() };
  } catch (cause) {
    // What cannot be taken back counts for less than why the run failed, and the next has other nodes.
    await timeline.end().catch(() => {});
    throw cause;
  }
}

/** Pieces of gossip under way on a network. */
class Spreading {
  readonly #stage: Stage;
  readonly #counting: Counting;
  readonly #addresses: readonly Address[];
  readonly #run: Run;
  readonly #load: Load;
  readonly #prefix: string;
  readonly #signal: AbortSignal;
  readonly #first: number;
  readonly #reach: ReadonlyMap<string, number>;
  readonly #pieces: Piece[] = [];

  /** @param first pieces of the run that came before these */
  constructor({ stage, counting, addresses, run, load, prefix }: Round, signal: AbortSignal, first = 0) {
    this.#stage = stage;
    this.#counting = counting;
    this.#addresses = addresses;
    this.#run = run;
    this.#load = load;
    this.#prefix = prefix;
    this.#signal = signal;
    this.#first = first;
    const graph = graphOf(run.topology);
    this.#reach = new Map(run.origins.map((origin) => [origin, hops(graph, origin).size]));
  }

  /** @param moment milliseconds since the epoch */
  async until(moment: number): Promise<void> {
    const due = moment - Date.now();
    if (due > 0) await delay(due, undefined, { signal: this.#signal }).catch(() => this.#signal.throwIfAborted());
  }

  async send(sender: string): Promise<Piece> {
    this.#signal.throwIfAborted();
    const id = `${this.#prefix}-${this.#first + this.#pieces.length + 1}`;
    const piece = { id, sender, sent: now(), deadline: Date.now() + this.#load.within, told: true };
    this.#pieces.push(piece);
    const address = this.#addresses.find(({ node }) => node === sender)!;
    try {
      await tell(this.#stage.route, address, { id, data: 'x'.repeat(this.#load.size) });
    } catch (cause) {
      // With nodes that are killed or frozen on purpose, that one is not there is a finding, and no failure.
      if (!this.#run.faults || !(cause instanceof DevnetError && cause.code === 'node_unreachable')) throw cause;
      piece.told = false;
    }
    return piece;
  }

  /** Waits until a piece is wherever a link leads, nothing is under way any more, or its time is over. */
  async arrived({ id, sender, deadline, told }: Piece): Promise<void> {
    const { receipts } = this.#stage;
    while (told && receipts.of(id).length < this.#reach.get(sender)! && Date.now() < deadline) {
      if (await receipts.next(Math.min(LULL, deadline - Date.now()), this.#signal)) continue;
      const counted = Date.now() < deadline ? await this.#counting.read() : undefined;
      if (counted && this.#settled(counted) && !announces(counted)) return;
    }
  }

  /** Waits for the duplicates as well. @returns what was counted; undefined where nodes do not count */
  async rest(): Promise<Map<string, Count> | undefined> {
    const deadline = Date.now() + SETTLING;
    let counted = await this.#counting.read();
    while (counted && !this.#settled(counted) && Date.now() < deadline) {
      const came = await this.#stage.receipts.next(this.#counting.exact ? LULL / 4 : LULL, this.#signal);
      const before = counted;
      counted = await this.#counting.read();
      // Where counts do not fit together, that they stay as they are has to do.
      if (!this.#counting.exact && !came && counted && arrivedIn(counted) === arrivedIn(before)) break;
    }
    return counted;
  }

  /** What became of all pieces, once they have come as far as they go. @throws DevnetError `not_verified` */
  async complete(): Promise<Pick<Spread, 'samples' | 'traffic' | 'links'>> {
    const { receipts } = this.#stage;
    for (const piece of this.#pieces) await this.arrived(piece);
    const counted = await this.rest();
    // A node may have counted what it had no time to log when it was killed, and have logged what nobody asked it for.
    if (counted && this.#counting.exact && !this.#logged(counted))
      throw incomplete(counted, receipts.count(this.#ids()));
    const nodes = new Map(this.#addresses.map(({ node, host }) => [node, host]));
    const { key, parameters } = this.#run;
    const samples = this.#pieces.map(({ id, sender, sent }): MessageSample => {
      const { receipts: list, never } = receiptsOf(receipts.of(id), sender, nodes, this.#load.within);
      return { kind: 'message', run: key, parameters, id, sender, sent, receipts: list, never };
    });
    if (counted === undefined) return { samples, traffic: {} };
    return { samples, traffic: trafficOf(counted), links: linksOf(counted, this.#addresses) };
  }

  /** Nothing moves, and the log has told all of it. */
  #settled(counted: Counts): boolean {
    const told = this.#pieces.filter((piece) => piece.told).length;
    return this.#counting.exact && isAtRest(counted, told) && this.#logged(counted);
  }

  #logged(counted: Counts): boolean {
    return this.#stage.receipts.count(this.#ids()) >= receivedIn(counted);
  }

  #ids(): string[] {
    return this.#pieces.map(({ id }) => id);
  }
}

/** Nobody counts the announcements that came, so that nobody can tell whether some are still under way. */
const announces = (counts: Counts): boolean => [...counts.values()].some(({ announced }) => announced > 0);

const arrivedIn = (counts: Counts): number =>
  [...counts.values()].reduce((sum, { received, duplicates }) => sum + received + duplicates, 0);

const receivedIn = (counts: Counts): number => [...counts.values()].reduce((sum, { received }) => sum + received, 0);

function incomplete(counts: Counts, found: number): DevnetError {
  return new DevnetError(
    'not_verified',
    `the nodes counted ${receivedIn(counts)} receipts, and ${found} of them are in the log`,
    { hint: 'the machine may be too busy, or somebody else sends gossip on this devnet' },
  );
}
