import type { Engine } from '../../engine/engine.ts';
import { describeDrift, findDrift } from '../../network/drift.ts';
import type { Fault } from '../../network/fault.ts';
import type { LogEntry } from '../../network/log-entry.ts';
import type { ScenarioDriver } from '../../scenario/model/scenario-driver.ts';
import { queryAllNodes } from '../lifecycle/current-state.ts';
import { ensureNetemContainer } from '../links/netem-agent.ts';
import { openLogTail } from '../logs/log-tail.ts';
import { findNode, sendMessage } from '../peers/send-message.ts';
import { findDevnet, type NetworkState } from '../state/network-state.ts';
import { injectFault } from './inject-fault.ts';

/** How long a node may take to answer, milliseconds. */
const REPLY_TIMEOUT_MS = 2_000;

const LINK_FAULT_KINDS: ReadonlySet<Fault['kind']> = new Set(['partition', 'messages', 'link']);

/** What a scenario does, done to a devnet that runs. */
export function createScenarioDriver(engine: Engine, devnet: NetworkState): ScenarioDriver {
  // Names and addresses stay, so what acts need not look anew; what tells how things stand does.
  const field = { engine, devnet };
  const now = () => findDevnet(engine, devnet.name);
  const addresses = (observed: NetworkState) =>
    new Map(observed.nodes.map(({ name, address, port }) => [name, `${address}:${port}`]));
  return {
    // The container that cuts and shapes links takes a second to come: no fault's own time is to pay for it.
    prepare: async (faults) => {
      if (faults.some(({ kind }) => LINK_FAULT_KINDS.has(kind)))
        devnet.netemId = await ensureNetemContainer(engine, devnet);
    },
    inject: (fault, tag) => injectFault(field, fault, tag),
    gossip: async (from, news) => {
      await sendMessage(engine, devnet, from, { message_type: 'gossip', payload: news }, REPLY_TIMEOUT_MS);
    },
    send: (to, message) => sendMessage(engine, devnet, to, message, REPLY_TIMEOUT_MS),
    drift: async () => {
      const observed = await now();
      const links = observed.topology?.links ?? [];
      return describeDrift(findDrift(links, addresses(observed), await queryAllNodes(engine, observed)));
    },
    connectedPeers: async (node) => {
      const observed = await now();
      if (findNode(observed, node).state !== 'running') return [];
      const names = new Map([...addresses(observed)].map(([name, address]) => [address, name]));
      const [report] = await queryAllNodes(engine, { ...observed, nodes: [findNode(observed, node)] });
      return (report?.peers ?? [])
        .filter(({ connected }) => connected !== false)
        .map(({ address }) => names.get(address) ?? address);
    },
    followLog: async (since, signal) =>
      withNodeNames(await openLogTail(engine, devnet, { follow: true, since: since / 1_000, signal }), devnet),
    receivedGossipId: ({ event, fields }) =>
      event === 'gossip_received' && typeof fields.id === 'string' ? fields.id : undefined,
  };
}

/** Entries in which nodes go by their names, as on the screen, and not by their addresses. */
async function* withNodeNames(batches: AsyncIterable<LogEntry[]>, { nodes }: NetworkState): AsyncGenerator<LogEntry[]> {
  const names = new Map(nodes.map(({ name, address, port }) => [`${address}:${port}`, name]));
  const named = (field: unknown) => (typeof field === 'string' ? (names.get(field) ?? field) : field);
  for await (const entries of batches) {
    yield entries.map((entry) => ({
      ...entry,
      fields: Object.fromEntries(Object.entries(entry.fields).map(([key, field]) => [key, named(field)])),
    }));
  }
}
