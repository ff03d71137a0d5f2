import { join } from 'node:path';
import { dumpAtOnce, dumpFolder } from '../diagnostics/dump.ts';
import { connectEngine } from '../engine/engine.ts';
import type { RunningNetwork } from '../network/running-network.ts';
import type { StartOptions } from '../network/runtime.ts';
import { startContainerNetwork } from '../runtimes/containers/container-runtime.ts';
import { startProcessNetwork } from '../runtimes/process/process-network.ts';
import type { Topology } from '../topology/index.ts';
import type { ActionJournal } from './artifacts/action-journal.ts';
import { dumpAtExit } from './artifacts/exit-dump.ts';
import { type LastDump, startLastDump } from './artifacts/last-dump.ts';

/** A network of this process, of which a dump is written if the process ends before `onEnd` is called. */
export interface OwnedNetwork {
  network: RunningNetwork;
  onEnd: () => void;
}

/**
 * Brings a network up in containers that belong to this process.
 * @param folder below which each network has its own for dumps; undefined: no dump is written
 * @throws what `startContainerNetwork` throws
 */
export async function startInContainers(
  topology: Topology,
  options: StartOptions,
  folder: string | undefined,
  journal: ActionJournal,
): Promise<OwnedNetwork> {
  let lastDump: LastDump | undefined;
  const onEnd = () => lastDump?.dismiss();
  try {
    const { network } = await startContainerNetwork(await connectEngine(), topology, {
      ...options,
      ownedByProcess: true,
      onReaperStarted: (reaper) => {
        if (folder === undefined) return;
        lastDump = startLastDump(topology.name, folder, reaper);
        journal.listen(lastDump.note);
      },
    });
    return { network, onEnd };
  } catch (cause) {
    onEnd();
    throw cause;
  }
}

/**
 * Brings a network up in this process.
 * @param folder below which each network has its own for dumps; undefined: no dump is written
 * @throws what `startProcessNetwork` throws
 */
export async function startInProcess(
  topology: Topology,
  options: StartOptions,
  folder: string | undefined,
  journal: ActionJournal,
): Promise<OwnedNetwork> {
  const network = await startProcessNetwork(topology, options);
  if (folder === undefined) return { network, onEnd: () => {} };
  const onEnd = dumpAtExit(() => {
    const ended = `the process of "${network.name}" ended while it was up`;
    journal.add('failed', { message: ended });
    const dump = dumpFolder(join(folder, network.name));
    dumpAtOnce(network.topology, network.loggedEntries, { folder: dump, journal: journal.text });
    return `devnet: ${ended}\n  artifacts: ${dump}`;
  });
  return { network, onEnd };
}
