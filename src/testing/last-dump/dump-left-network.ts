import { attachNetwork } from '../../runtimes/find-networks.ts';
import { DevnetError, describeError } from '../../shared/errors.ts';
import { ActionJournal } from '../artifacts/action-journal.ts';
import { FailureArtifacts, printArtifacts } from '../artifacts/failure-artifacts.ts';

/**
 * Writes the artifacts of a network whose process has ended, and prints where they are. Never throws.
 * @param lines the process's journal
 */
export async function dumpLeftNetwork(name: string, folder: string, lines: readonly string[]): Promise<void> {
  const ended = `the process of "${name}" ended while it was up`;
  try {
    const network = await attachNetwork(name);
    const journal = new ActionJournal(lines);
    journal.add('failed', { message: ended });
    const artifacts = new FailureArtifacts(name, journal, { folder, keepOnFailure: false });
    printArtifacts(ended, await artifacts.report(new Error(ended), network));
    network.close();
  } catch (cause) {
    // The process had begun to take it down.
    if (cause instanceof DevnetError && cause.code === 'no_such_devnet') return;
    printArtifacts(ended, [`no artifacts: ${describeError(cause)}`]);
  }
}
