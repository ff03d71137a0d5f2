import { randomBytes } from 'node:crypto';
import { appendFileSync, existsSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { describeFault } from '../../../network/describe-fault.ts';
import type { Fault } from '../../../network/fault.ts';
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
  createFault: (names: N, network: RunningNetwork) => Fault,
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
  fault: Fault,
  { for: seconds, as }: FaultOptions,
): Promise<void> {
  const name = as ?? `${fault.kind}-${randomBytes(2).toString('hex')}`;
  const until = seconds === undefined ? {} : { until: Date.now() + seconds * 1_000 + SELF_HEAL_DELAY_MS };
  const handle = await network.inject(fault, { name, ...until });
  appendToJournal(network, { event: 'fault_injected', fault: name, ...fault });
  if (handle.warning !== undefined) writeToStderr(`warning: ${handle.warning}`);
  if (seconds === undefined) {
    writeToStderr(`${describeFault(fault)}${healHint(fault, name)}`);
    return;
  }
  writeToStderr(`${describeFault(fault)} for ${formatDuration(seconds)}; Ctrl-C heals it at once`);
  const { signal, release } = handleInterrupt();
  await wait(seconds * 1_000, undefined, { signal }).catch((cause: unknown) => {
    if (!signal.aborted) throw cause;
  });
  await handle.heal();
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

function healHint(fault: Fault, name: string): string {
  if (fault.kind === 'restart') return '';
  const command =
    fault.kind === 'link' ? `link ${fault.from} ${fault.to} --clear` : `heal ${'node' in fault ? fault.node : name}`;
  return `; to heal it: ${formatCommand(`devnet ${command}`)}`;
}
