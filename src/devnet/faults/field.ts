import type { Engine } from '../../engine/engine.ts';
import { DevnetError } from '../../errors.ts';
import type { LinkState } from '../../links/state.ts';
import { applyLinks, declaredState, linkState, openLinks } from '../links.ts';
import type { Observed } from '../observe.ts';
import { redial } from '../redial.ts';
import { findNode } from '../send.ts';

/** Where faults are injected. */
export interface Field {
  engine: Engine;
  devnet: Observed;
}

/** How a fault is known from others: what `heal` is told, and what the log says. */
export interface Tag {
  name: string;
  /** When it heals by itself, whatever becomes of this process; milliseconds since the epoch. Only of faults on links. */
  until?: number;
}

/** Takes a fault back. Once it has, more calls do nothing. */
export type Heal = () => Promise<void>;

type Change = (state: LinkState) => LinkState;

/** Changes of one devnet's links, one after the other: each starts from what the last one made. By run. */
const turns = new Map<string, Promise<unknown>>();
/** Changes whose turn has not come. They have it together: a fault of every link is one change of the rules, not hundreds. */
const waiting = new Map<string, { changes: Change[]; done: Promise<void> }>();

/** Replaces what is asked of the links by what `change` makes of it. */
export function changeLinks(field: Field, change: Change): Promise<void> {
  const { engine, devnet } = field;
  const same = waiting.get(devnet.run);
  if (same) {
    same.changes.push(change);
    return same.done;
  }
  const changes = [change];
  const done = (turns.get(devnet.run) ?? Promise.resolve()).then(async () => {
    waiting.delete(devnet.run);
    const id = await openLinks(engine, devnet);
    devnet.linksId = id;
    // Nodes may have come since; what was asked before stays.
    const declared = undisturbed(devnet);
    const present = { ...((await linkState(engine, devnet)) ?? declared), nodes: declared.nodes };
    const state = changes.reduce((made, one) => one(made), present);
    const fresh = await applyLinks(engine, id, state);
    await redial(engine, devnet, devnet.topology?.links ?? [], fresh);
  });
  waiting.set(devnet.run, { changes, done });
  turns.set(
    devnet.run,
    done.catch(() => {}),
  );
  return done;
}

/** Addresses of nodes, in the order of their names. @throws DevnetError `no_such_node` */
export function addressesOf(devnet: Observed, nodes: readonly string[]): string[] {
  return nodes.map((name) => findNode(devnet, name).address);
}

function undisturbed({ name, topology, network, nodes }: Observed): LinkState {
  if (!topology || !network) {
    throw new DevnetError('no_such_devnet', `of "${name}" only remains are there: it has no links to change`, {
      hint: `devnet down ${name}`,
    });
  }
  return declaredState(topology, network, new Map(nodes.map((node) => [node.name, node.address])));
}

/** Makes a heal that can be called more than once: again after it failed, to no effect after it did not. */
export function once(heal: Heal): Heal {
  let healing: Promise<void> | undefined;
  return () => {
    healing ??= heal().catch((cause: unknown) => {
      healing = undefined;
      throw cause;
    });
    return healing;
  };
}
