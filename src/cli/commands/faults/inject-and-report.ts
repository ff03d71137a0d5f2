import { randomBytes } from 'node:crypto';
import { appendFileSync, existsSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import type { PlannedFault } from '../../../network/fault.ts';
import { describeFault, describeFaults } from '../../../network/faults/describe-fault.ts';
import { resolveHostFaults } from '../../../network/faults/host-fault.ts';
import type { RunningNetwork } from '../../../network/running-network.ts';
import { attachNetwork } from '../../../runtimes/find-networks.ts';
import { describeFileError } from '../../../shared/files/file-error.ts';
import { PRIVATE_FILE_MODE } from '../../../shared/files/private-folder.ts';
import { handleInterrupt } from '../../input/interrupt.ts';
import { journalFile, networkFolder } from '../../input/log-files.ts';
import { formatCommand } from '../../input/npm-run.ts';
import { selectNodes } from '../../input/select-network.ts';
import { formatDuration, warn, writeToStderr } from '../../output/format.ts';

/** Link faults heal this long after `--for` has passed if this process does not live to heal them. */
const SELF_HEAL_DELAY_MS = 2_000;

/** Options of every command that injects a fault. */
export interface FaultOptions {
  name?: string;
  /** Seconds. */
  for?: number;
  as?: string;
}

/** Injects a fault on nodes, each named as NODE or NETWORK/NODE. @throws DevnetError as {@link injectAndReport} */
export async function runFaultCommand<N extends [string, ...string[]]>(
  nodes: N,
  options: FaultOptions,
  createFault: (names: N, network: RunningNetwork) => PlannedFault,
): Promise<void> {
  const { name, words } = selectNodes(nodes, options.name);
  const network = await attachNetwork(name);
  await injectAndReport(network, createFault(words as N, network), options);
}

/**
 * Injects a fault and prints how to heal it; with `--for`, waits and heals it.
 * @throws DevnetError `no_such_node`, `links_failed`, `engine_failed`
 */
export async function injectAndReport(
  network: RunningNetwork,
  fault: PlannedFault,
  { for: seconds, as }: FaultOptions,
): Promise<void> {
  const faults = await resolveHostFaults(network, [fault]);
  const kind = fault.kind === 'host' ? `${fault.action}-${fault.host}` : fault.kind;
  const name = as ?? `${kind}-${randomBytes(2).toString('hex')}`;
  const until = seconds === undefined ? {} : { until: Date.now() + seconds * 1_000 + SELF_HEAL_DELAY_MS };
  const handles = await Promise.all(faults.map((one) => network.inject(one, { name, ...until })));
  appendToJournal(network, ...faults.map((one) => ({ event: 'fault_injected', fault: name, ...one })));
  for (const warning of new Set(handles.flatMap((handle) => handle.warning ?? [])))
    writeToStderr(`warning: ${warning}`);
  const description =
    fault.kind === 'host' ? `${describeFault(fault)}: ${describeFaults(faults)}` : describeFault(fault);
  if (seconds === undefined) {
    writeToStderr(`${description}${healHint(fault, name)}`);
    return;
  }
  writeToStderr(`${description} for ${formatDuration(seconds)}; Ctrl-C heals it at once`);
  const { signal, release } = handleInterrupt();
  await wait(seconds * 1_000, undefined, { signal }).catch((cause: unknown) => {
    if (!signal.aborted) throw cause;
  });
  await Promise.all(handles.map((handle) => handle.heal()));
  release();
  appendToJournal(network, { event: 'fault_healed', fault: name });
  writeToStderr(`healed: ${name}`);
}

/** Appends to the journal beside a network's log, if `up` has written one in this folder. Warns when it cannot be written. */
export function appendToJournal({ topology: { name } }: RunningNetwork, ...entries: Record<string, unknown>[]): void {
  if (!existsSync(networkFolder(name))) return;
  const file = journalFile(name);
  const time = new Date().toISOString();
  const lines = entries.map((entry) => `${JSON.stringify({ time, ...entry })}\n`).join('');
  try {
    appendFileSync(file, lines, { mode: PRIVATE_FILE_MODE });
  } catch (cause) {
    warn(`cannot write ${file}: ${describeFileError(cause)}`);
  }
}

function healHint(fault: PlannedFault, name: string): string {
  if (fault.kind === 'restart') return '';
  const command = fault.kind === 'link' ? `link ${fault.from} ${fault.to} --clear` : `heal ${healTarget(fault, name)}`;
  return `; to heal it: ${formatCommand(`devnet ${command}`)}`;
}

/** Faults on nodes are healed by the name of the node, or of the host that they are on. */
function healTarget(fault: PlannedFault, name: string): string {
  if ('node' in fault) return fault.node;
  return fault.kind === 'host' && fault.action !== 'cut' ? fault.host : name;
}
