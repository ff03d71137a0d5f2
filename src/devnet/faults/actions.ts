import type { Engine } from '../../engine/engine.ts';
import type { Actions } from '../../scenario/actions.ts';
import type { Fault } from '../../scenario/fault.ts';
import { describeDrift, findDrift } from '../drift.ts';
import { openLinks } from '../links.ts';
import type { LogEntry } from '../log-entry.ts';
import { findDevnet, type Observed } from '../observe.ts';
import { askAll } from '../present.ts';
import { findNode, send } from '../send.ts';
import { openLogs } from '../tail.ts';
import { inject } from './inject.ts';

/** How long a node may take to answer, milliseconds. */
const PATIENCE = 2_000;

const ON_LINKS: ReadonlySet<Fault['kind']> = new Set(['partition', 'messages', 'link']);

/** What a scenario does, done to a devnet that runs. */
export function devnetActions(engine: Engine, devnet: Observed): Actions {
  // Names and addresses stay, so what acts need not look anew; what tells how things stand does.
  const field = { engine, devnet };
  const now = () => findDevnet(engine, devnet.name);
  const addresses = (observed: Observed) =>
    new Map(observed.nodes.map(({ name, address, port }) => [name, `${address}:${port}`]));
  return {
    // The container that cuts and shapes links takes a second to come: no fault's own time is to pay for it.
    prepare: async (faults) => {
      if (faults.some(({ kind }) => ON_LINKS.has(kind))) devnet.linksId = await openLinks(engine, devnet);
    },
    inject: (fault, tag) => inject(field, fault, tag),
    gossip: async (from, news) => {
      await send(engine, devnet, from, { message_type: 'gossip', payload: news }, PATIENCE);
    },
    send: (to, message) => send(engine, devnet, to, message, PATIENCE),
    drift: async () => {
      const observed = await now();
      const links = observed.topology?.links ?? [];
      return describeDrift(findDrift(links, addresses(observed), await askAll(engine, observed)));
    },
    peers: async (node) => {
      const observed = await now();
      if (findNode(observed, node).state !== 'running') return [];
      const names = new Map([...addresses(observed)].map(([name, address]) => [address, name]));
      const [report] = await askAll(engine, { ...observed, nodes: [findNode(observed, node)] });
      return (report?.peers ?? [])
        .filter(({ connected }) => connected !== false)
        .map(({ address }) => names.get(address) ?? address);
    },
    log: async (since, signal) =>
      byName(await openLogs(engine, devnet, { follow: true, since: since / 1_000, signal }), devnet),
    heard: ({ event, fields }) =>
      event === 'gossip_received' && typeof fields.id === 'string' ? fields.id : undefined,
  };
}

/** Entries in which nodes go by their names, as on the screen, and not by their addresses. */
async function* byName(batches: AsyncIterable<LogEntry[]>, { nodes }: Observed): AsyncGenerator<LogEntry[]> {
  const names = new Map(nodes.map(({ name, address, port }) => [`${address}:${port}`, name]));
  const named = (field: unknown) => (typeof field === 'string' ? (names.get(field) ?? field) : field);
  for await (const entries of batches) {
    yield entries.map((entry) => ({
      ...entry,
      fields: Object.fromEntries(Object.entries(entry.fields).map(([key, field]) => [key, named(field)])),
    }));
  }
}
