import { join } from 'node:path';
import { addReplayPageAtOnce } from '../dashboard/server/replay/add-replay-page.ts';
import { dumpAtOnce, dumpFolder } from '../diagnostics/dump.ts';
import { connectEngine, type Engine } from '../engine/connection/engine.ts';
import type { RuntimeName } from '../network/capabilities.ts';
import type { RunningNetwork } from '../network/running-network.ts';
import type { StartedNetwork, StartOptions } from '../network/runtime.ts';
import { startContainerNetwork } from '../runtimes/containers/container-runtime.ts';
import { startNamespaceNetwork } from '../runtimes/namespaces/namespace-runtime.ts';
import { startProcessNetwork } from '../runtimes/process/process-network.ts';
import { connectSwarm } from '../runtimes/swarm/connect-swarm.ts';
import type { Topology } from '../topology/index.ts';
import type { ActionJournal } from './artifacts/action-journal.ts';
import { dumpAtExit } from './artifacts/exit-dump.ts';
import { type LastDump, startLastDump } from './artifacts/last-dump.ts';

/** A network of this process, of which a dump is written if the process ends before `onEnd` is called. */
export interface OwnedNetwork {
  network: RunningNetwork;
  /** Sentences for the user: what is not as usual, and why. @default none */
  notes?: readonly string[];
  onEnd: () => void;
}

/**
 * Brings a network up that belongs to this process.
 * @param folder below which each network has its own for dumps; undefined: no dump is written
 * @throws what the start of the runtime throws
 */
type StartOwned = (
  topology: Topology,
  options: StartOptions,
  folder: string | undefined,
  journal: ActionJournal,
) => Promise<OwnedNetwork>;

/** Starts a network on each runtime. */
export const START_OWNED: Record<RuntimeName, StartOwned> = {
  containers: async (...args) => startInContainers(await connectEngine(), ...args),
  namespaces: startInNamespaces,
  process: startInProcess,
  swarm: async (...args) => startInContainers(await connectSwarm(await connectEngine()), ...args),
};

async function startInContainers(
  engine: Engine,
  ...[topology, options, folder, journal]: Parameters<StartOwned>
): Promise<OwnedNetwork> {
  return startWithLastDump(topology, folder, journal, async (hold) => {
    const started = startContainerNetwork(engine, topology, {
      ...options,
      ownedByProcess: true,
      onReaperStarted: hold,
    });
    return started;
  });
}

async function startInNamespaces(
  ...[topology, options, folder, journal]: Parameters<StartOwned>
): Promise<OwnedNetwork> {
  return startWithLastDump(topology, folder, journal, async (hold) => {
    const started = startNamespaceNetwork(topology, {
      ...options,
      ownedByProcess: true,
      onSupervisorStarted: (connection) => hold({ connection }),
    });
    return started;
  });
}

/** @param start calls `hold` with the connection whose end removes the network, before anything of it exists */
async function startWithLastDump(
  { name }: Topology,
  folder: string | undefined,
  journal: ActionJournal,
  start: (hold: (held: Parameters<typeof startLastDump>[2]) => void) => Promise<StartedNetwork>,
): Promise<OwnedNetwork> {
  let lastDump: LastDump | undefined;
  const onEnd = () => lastDump?.dismiss();
  try {
    const { network, notes = [] } = await start((held) => {
      if (folder === undefined) return;
      lastDump = startLastDump(name, folder, held);
      journal.listen(lastDump.note);
    });
    return { network, notes, onEnd };
  } catch (cause) {
    onEnd();
    throw cause;
  }
}

async function startInProcess(...[topology, options, folder, journal]: Parameters<StartOwned>): Promise<OwnedNetwork> {
  const network = await startProcessNetwork(topology, options);
  if (folder === undefined) return { network, onEnd: () => {} };
  let dump = '';
  const write = () => {
    dump = dumpFolder(join(folder, network.name));
    const ended = `the process of "${network.name}" ended while it was up`;
    journal.add('failed', { message: ended });
    dumpAtOnce(network, network.loggedEntries, { folder: dump, journal: journal.text });
    return `devnet: ${ended}\n  artifacts: ${dump}`;
  };
  const onEnd = dumpAtExit({ write, complete: () => addReplayPageAtOnce(dump) });
  return { network, onEnd };
}
